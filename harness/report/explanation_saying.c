#include "report/explanation_saying.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

#define SAYING_FILE_MAX 32 /* columns; a longer one is shown by its last part */

enum line_text_form saying_form(const struct saying *writer)
{
    return writer->style->utf8 ? LINE_TEXT_UTF8 : LINE_TEXT_ASCII;
}

const char *saying_per(const struct saying *writer)
{
    return writer->text->explanation->by_time ? "second" : "request";
}

/* Our own words, as they are. */
void saying_raw(struct saying *writer, const char *words)
{
    if (writer->status == 0)
        writer->status = buffer_append_text(writer->out, words, writer->err);
}

void saying_code(struct saying *writer, const char *code)
{
    if (writer->style->color)
        saying_raw(writer, code);
}

/* Whatever it is, made harmless. */
void saying_say(struct saying *writer, const char *format, ...)
{
    char text[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (writer->status == 0)
        writer->status = line_text_append(text, saying_form(writer), writer->out, writer->err);
}

/* "  missing  …", over as many lines as it takes. */
void saying_labelled(struct saying *writer, const char *label, const char *words)
{
    CLEANUP(buffer_done) struct buffer harmless = BUFFER_INIT(SAYING_MAX_BYTES);
    char first[64];
    if (*words == '\0' || writer->status < 0)
        return;
    snprintf(first, sizeof(first), "  %s%-8s%s ", writer->style->color ? SAYING_DIM : "", label,
             writer->style->color ? SAYING_PLAIN : "");
    const struct line_text_indent indent = {.first = "", .next = "           "};
    writer->status = line_text_append(words, saying_form(writer), &harmless, writer->err);
    saying_raw(writer, first);
    unsigned width = writer->style->width;
    if (writer->status == 0)
        writer->status = line_text_wrap(buffer_text(&harmless), &indent,
                                        width > 40 ? width - 11 : width, writer->out, writer->err);
}

/* A file's name as it is shown: without the folder, or its last part where it is long. */
const char *saying_file(const struct saying *writer, const char *file)
{
    const char *folder = writer->text->folder;
    size_t length = folder != NULL ? strlen(folder) : 0;
    const char *slash = strrchr(file, '/');
    if (length > 1 && strncmp(file, folder, length) == 0 && file[length] == '/')
        file += length + 1;
    if (slash != NULL && line_text_columns(file) > SAYING_FILE_MAX)
        return slash + 1;
    return file;
}

/* "fetch unclosed-body.c:57"; "socket" of a library, whose lines nobody asks for; "0x61ab in
 * libx.so" where there is no name. Returns text. */
const char *saying_frame(const struct saying *writer, const struct explanation_frame *frame,
                         char *text, size_t size)
{
    const char *file = saying_file(writer, frame->file);
    const char *slash = strrchr(frame->module, '/');
    if (*file != '\0' && frame->line > 0 && !frame->is_system)
        snprintf(text, size, "%.200s %.100s:%" PRId64, frame->function, file, frame->line);
    else if (strncmp(frame->function, "0x", 2) == 0 && *frame->module != '\0')
        snprintf(text, size, "%.200s in %.100s", frame->function,
                 slash != NULL ? slash + 1 : frame->module);
    else
        snprintf(text, size, "%.200s", frame->function);
    return text;
}

/* So many of them, with as many digits as say something. */
void saying_number(double number, char *text, size_t size)
{
    double whole = round(number);
    if (fabs(number - whole) <= 0.005 * number || number >= 100)
        snprintf(text, size, "%.0f", whole);
    else
        snprintf(text, size, number < 10 ? "%.2f" : "%.1f", number);
}
