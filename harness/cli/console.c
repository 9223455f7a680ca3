#include "cli/console.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/units.h"
#include "cli/watch_terminal.h"
#include "report/line_text.h"
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
        .explains = options->command == COMMAND_EXPLAIN,
    };
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0)
        console->style.width = size.ws_col;
}

void console_watch(struct console *console, const struct plan *plan, const char *driver,
                   unsigned jobs)
{
    const struct options *options = console->options;
    struct error err = {.kind = ERROR_NONE};
    const char *no_color = getenv("NO_COLOR");
    if (options->no_watch || (!options->watch && (jobs > 1 || options->bisect)))
        return;
    const struct watch_settings settings = {
        .color = !options->no_color && (no_color == NULL || *no_color == '\0'),
        .utf8 = console->style.utf8,
        .several = jobs > 1,
        .n_planned = plan->n_runs,
        .driver = driver,
        .title = plan->n_runs == 1 ? plan->runs[0].id : NULL,
    };
    bool fails = watch_terminal_obstacle(options, err.text, sizeof(err.text)) ||
                 watch_terminal_new(&settings, &console->watch, &err) < 0;
    if (fails && options->watch)
        fprintf(stderr, "leakcage: --watch: %s; what goes on is told in lines\n", err.text);
}

void console_watch_end(struct console *console)
{
    watch_terminal_free(console->watch);
    console->watch = NULL;
}

void console_done(struct console *console)
{
    console_watch_end(console);
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

static struct console_run *console_find_run(struct console *console, const char *id)
{
    for (unsigned i = 0; i < console->n_running; i++)
        if (strcmp(console->running[i].id, id) == 0)
            return &console->running[i];
    return NULL;
}

/* Note what is told about a run; *ret_changed: it is in another phase now. NULL: no room. */
static const struct console_run *console_note(struct console *console,
                                              const struct run_progress *progress,
                                              bool *ret_changed)
{
    struct console_run *run = console_find_run(console, progress->id);
    if (run == NULL && console->n_running == OPTIONS_JOBS_MAX)
        return NULL;
    if (run == NULL) {
        run = &console->running[console->n_running++];
        *run = (struct console_run){.phase = ""};
        snprintf(run->id, sizeof(run->id), "%s", progress->id);
    }
    *ret_changed = strncmp(run->phase, progress->phase, sizeof(run->phase) - 1) != 0;
    snprintf(run->phase, sizeof(run->phase), "%s", progress->phase);
    run->progress = *progress;
    return run;
}

static void console_forget_run(struct console *console, const char *id)
{
    struct console_run *run = console_find_run(console, id);
    if (run == NULL)
        return;
    struct console_run *end = &console->running[console->n_running--];
    memmove(run, run + 1, (size_t)((char *)end - (char *)(run + 1)));
}

static enum line_text_form console_form(const struct console *console)
{
    return console->style.utf8 ? LINE_TEXT_UTF8 : LINE_TEXT_ASCII;
}

/* All that goes on in one line, in place of the one before. */
static void console_show_line(struct console *console)
{
    CLEANUP(buffer_done) struct buffer line = BUFFER_INIT(65536);
    struct run_progress running[OPTIONS_JOBS_MAX];
    struct terminal_style style = console->style;
    style.width = style.width > 1 ? style.width - 1 : 79; /* the cursor needs a column */
    for (unsigned i = 0; i < console->n_running; i++) {
        running[i] = console->running[i].progress;
        running[i].id = console->running[i].id;
        running[i].phase = console->running[i].phase;
    }
    const struct progress_tally tally = {.done = console->n_records, .all = console->n_planned};
    if (console->n_running == 1)
        (void)progress_write(&running[0], &style, &line, NULL);
    else
        (void)progress_write_several(running, console->n_running, &tally, &style, &line);
    fprintf(stderr, "\r\033[K%s", buffer_text(&line));
    fflush(stderr);
    console->line_open = true;
}

void console_progress(void *context, const struct run_progress *progress)
{
    struct console *console = context;
    bool changed = false;
    if (console->watch != NULL) {
        watch_terminal_progress(console->watch, progress);
        return;
    }
    if (console->options->quiet || console_note(console, progress, &changed) == NULL)
        return;
    if (console->live) {
        console_show_line(console);
        return;
    }
    if (!changed)
        return;
    char elapsed[UNITS_TEXT_MAX];
    char memory[UNITS_TEXT_MAX] = "";
    if (progress->memory_bytes != SURVEY_ABSENT)
        units_format_bytes((double)progress->memory_bytes, memory);
    console_say(console, "  %s: %s (%s%s%s)", progress->id, progress->phase,
                units_format_duration(progress->elapsed_ns, elapsed), *memory != '\0' ? ", " : "",
                memory);
}

void console_say(struct console *console, const char *format, ...)
{
    CLEANUP(buffer_done) struct buffer line = BUFFER_INIT(CONSOLE_TEXT_MAX_BYTES);
    CLEANUP(freep) char *text = NULL;
    if (console->options->quiet)
        return;
    console_close_line(console);
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0)
        text = NULL;
    if (text != NULL)
        line_text_append_lines(text, console_form(console), &line, NULL);
    fprintf(stderr, "%s\n", buffer_text(&line));
}

/* False: out of memory, and the record is released. */
static bool console_keep(struct console *console, struct record *record)
{
    console_close_line(console);
    console_forget_run(console, record->id);
    if (console->watch != NULL)
        watch_terminal_record(console->watch, record);
    struct record **grown =
        realloc(console->records, (console->n_records + 1) * sizeof(struct record *));
    if (grown == NULL) {
        record_free(record);
        return false;
    }
    console->records = grown;
    console->records[console->n_records++] = record;
    return true;
}

void console_progress_in_place(void *context, const struct run_progress *progress)
{
    const struct console *console = context;
    if (console->live)
        console_progress(context, progress);
}

void console_record_kept(void *context, struct record *record, const char *dir)
{
    struct console *console = context;
    char duration[UNITS_TEXT_MAX];
    (void)dir;
    if (!console_keep(console, record))
        return;
    const char *verdict =
        record->error.kind != ERROR_NONE ? "failed" : verdict_kind_name(record->verdict.kind);
    console_say(console, "  %3zu/%zu %-32s %-13s %-12s %s", console->n_records, console->n_planned,
                record->id, verdict,
                record->error.kind != ERROR_NONE ? "" : cause_name(record->verdict.cause),
                units_format_duration(record->duration_ns, duration));
}

int console_print(struct console *console, const char *text, struct error *err)
{
    console_close_line(console);
    fputs(text, stdout);
    return fflush(stdout) == 0 ? 0 : error_set(err, ERROR_ENVIRONMENT, "cannot write the output");
}

void console_record_done(void *context, struct record *record, const char *dir)
{
    struct console *console = context;
    if (!console_keep(console, record) || console->options->json)
        return;

    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(CONSOLE_TEXT_MAX_BYTES);
    if (!console->options->quiet)
        (void)terminal_write_record(record, dir, &console->style, &text, NULL);
    bool covered = console->watch != NULL && isatty(STDOUT_FILENO);
    if (covered)
        watch_terminal_hide(console->watch);
    fputs(buffer_text(&text), stdout);
    fflush(stdout);
    if (covered && console->n_records < console->n_planned)
        watch_terminal_show(console->watch);
}

void console_sort(struct console *console, const struct plan *plan)
{
    size_t sorted = 0;
    for (size_t i = 0; i < plan->n_runs; i++)
        for (size_t k = sorted; k < console->n_records; k++)
            if (strcmp(console->records[k]->id, plan->runs[i].id) == 0) {
                struct record *found = console->records[k];
                console->records[k] = console->records[sorted];
                console->records[sorted++] = found;
                break;
            }
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
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(CONSOLE_TEXT_MAX_BYTES);
    line_text_append_lines(err->text, LINE_TEXT_UTF8, &text, NULL);
    fprintf(stderr, "leakcage: %s\n", buffer_text(&text));
}
