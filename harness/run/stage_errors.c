#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/utf8.h"
#include "run/stage.h"

/* The end of a log that is shown fits a screen with what is said about it. */
#define LOG_TAIL_LINES   12
#define LOG_TAIL_COLUMNS 120

/* Make the end of a log fit to be shown: what is no UTF-8 becomes '?', long lines are cut. */
static void stage_tidy_log(char *text)
{
    char *out = text;
    unsigned column = 0;
    for (const char *in = text; *in != '\0';) {
        size_t length = utf8_length(in);
        column = *in == '\n' ? 0 : column + 1;
        if (column <= LOG_TAIL_COLUMNS && length == 0) {
            *out++ = '?';
        } else if (column <= LOG_TAIL_COLUMNS) {
            memmove(out, in, length);
            out += length;
        }
        in += length > 0 ? length : 1;
    }
    *out = '\0';
}

/* `text` and the end of a log, as ERROR_SERVICE. */
static int stage_log_error(const char *log_path, const char *text, struct error *err)
{
    char tail[8192];
    size_t length = file_tail(AT_FDCWD, log_path, LOG_TAIL_LINES, tail, sizeof(tail));
    while (length > 0 && tail[length - 1] == '\n')
        tail[--length] = '\0';
    stage_tidy_log(tail);
    if (length == 0)
        return error_set(err, ERROR_SERVICE, "%s; it printed nothing", text);
    return error_set(err, ERROR_SERVICE, "%s; the end of what it printed:\n%s", text, tail);
}

int stage_service_error(struct stage *stage, struct error *err, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (stage->record->question.attached) /* what it prints goes elsewhere */
        return error_set(err, ERROR_SERVICE, "%s", text);
    if (stage->instance != NULL && stage->context->driver->catch_up != NULL)
        (void)stage->context->driver->catch_up(stage->instance);
    return stage_log_error(stage->context->files.log_path, text, err);
}

int stage_load_error(struct stage *stage, const char *text, struct error *err)
{
    return stage_log_error(stage->context->files.load_log_path, text, err);
}
