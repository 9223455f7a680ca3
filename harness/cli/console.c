#include "cli/console.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/units.h"
#include "report/progress.h"
#include "scenario/record_files.h"

#define CONSOLE_TEXT_MAX_BYTES ((size_t)64 * 1024 * 1024)

static bool console_is_utf8(void)
{
    static const char *const variables[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < ARRAY_LENGTH(variables); i++) {
        const char *value = getenv(variables[i]);
        if (value == NULL || *value == '\0')
            continue;
        return strcasestr(value, "utf-8") != NULL || strcasestr(value, "utf8") != NULL;
    }
    return true; /* nothing is said: what is common today */
}

void console_init(struct console *console, const struct options *options)
{
    const char *term = getenv("TERM");
    const char *no_color = getenv("NO_COLOR");
    bool dumb = term == NULL || strcmp(term, "dumb") == 0;
    struct winsize size;
    *console = (struct console){.options = options};
    console->live = isatty(STDERR_FILENO) && !dumb && !options->quiet;
    console->style = (struct terminal_style){
        .color = isatty(STDOUT_FILENO) && !dumb && !options->no_color &&
                 (no_color == NULL || *no_color == '\0'),
        .utf8 = console_is_utf8(),
        .width = 0,
    };
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0)
        console->style.width = size.ws_col;
}

void console_done(struct console *console)
{
    for (size_t i = 0; i < console->n_records; i++)
        record_free(console->records[i]);
    free(console->records);
    console->records = NULL;
    console->n_records = 0;
}

static void console_close_line(struct console *console)
{
    if (console->line_open)
        fputs("\r\033[K", stderr);
    console->line_open = false;
}

void console_progress(void *context, const struct run_progress *progress)
{
    struct console *console = context;
    if (console->options->quiet)
        return;

    CLEANUP(buffer_done) struct buffer line = BUFFER_INIT(4096);
    if (console->live) {
        struct terminal_style style = console->style;
        style.width = style.width > 1 ? style.width - 1 : 79; /* the cursor needs a column */
        (void)progress_write(progress, &style, &line, NULL);
        fprintf(stderr, "\r\033[K%s", buffer_text(&line));
        fflush(stderr);
        console->line_open = true;
        return;
    }

    char phase[sizeof(console->last_phase)];
    snprintf(phase, sizeof(phase), "%s: %s", progress->id, progress->phase);
    if (strcmp(phase, console->last_phase) == 0)
        return;
    memcpy(console->last_phase, phase, sizeof(phase));
    char elapsed[UNITS_TEXT_MAX];
    char memory[UNITS_TEXT_MAX] = "";
    if (progress->memory_bytes != SURVEY_ABSENT)
        units_format_bytes((double)progress->memory_bytes, memory);
    fprintf(stderr, "  %s (%s%s%s)\n", phase, units_format_duration(progress->elapsed_ns, elapsed),
            *memory != '\0' ? ", " : "", memory);
}

void console_say(struct console *console, const char *format, ...)
{
    if (console->options->quiet)
        return;
    console_close_line(console);
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

void console_record_done(void *context, struct record *record, const char *dir)
{
    struct console *console = context;
    console_close_line(console);
    struct record **grown =
        realloc(console->records, (console->n_records + 1) * sizeof(struct record *));
    if (grown == NULL) {
        record_free(record);
        return;
    }
    console->records = grown;
    console->records[console->n_records++] = record;
    if (console->options->json)
        return;

    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(CONSOLE_TEXT_MAX_BYTES);
    if (!console->options->quiet)
        (void)terminal_write_record(record, dir, &console->style, &text, NULL);
    fputs(buffer_text(&text), stdout);
    fflush(stdout);
}

/* One run: its object; several: an array of them. */
static int console_print_json(const struct console *console, struct error *err)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(CONSOLE_TEXT_MAX_BYTES);
    struct json_writer writer;
    json_writer_begin(&writer, &text);
    if (console->n_records != 1)
        json_write_array(&writer, NULL);
    for (size_t i = 0; i < console->n_records; i++)
        record_write_json(&writer, NULL, console->records[i]);
    if (console->n_records != 1)
        json_write_close_array(&writer);
    if (json_writer_end(&writer, err) < 0)
        return -1;
    fputs(buffer_text(&text), stdout);
    return 0;
}

int console_finish(struct console *console, struct error *err)
{
    console_close_line(console);
    if (console->options->json)
        return console_print_json(console, err);
    if (console->n_records > 1 || console->options->quiet) {
        CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(CONSOLE_TEXT_MAX_BYTES);
        const struct record *const *records = (const struct record *const *)console->records;
        if (terminal_write_summary(records, console->n_records, &console->style, &text, err) < 0)
            return -1;
        fputs(buffer_text(&text), stdout);
    }
    return fflush(stdout) == 0 ? 0 : error_set(err, ERROR_ENVIRONMENT, "cannot write the output");
}

void console_error(const struct error *err)
{
    fprintf(stderr, "leakcage: %s\n", err->text);
}
