#pragma once
/* The user's terminal: progress on standard error while a run goes on, results on standard output
 * as they come. The only place that prints. */
#include "cli/options.h"
#include "report/terminal.h"
#include "run/run.h"

#define CONSOLE_RECORDS_MAX 4096

/* A run that goes on, as it was told last. */
struct console_run {
    char id[2 * SCENARIO_NAME_MAX + 16];
    char phase[64];
    struct run_progress progress; /* its strings are the two above */
};

struct console {
    const struct options *options;
    struct terminal_style style;
    bool live;               /* standard error is a terminal: progress in place */
    bool line_open;          /* a progress line stands there */
    size_t n_planned;        /* runs in all; 0: not known */
    struct record **records; /* owned; those that are done */
    size_t n_records;
    struct watch_terminal *watch;                 /* owned; NULL: lines, not a live view */
    struct console_run running[OPTIONS_JOBS_MAX]; /* in the order in which they began */
    unsigned n_running;
};

/* Look at the terminal and the environment (NO_COLOR, TERM, COLUMNS, LANG). */
void console_init(struct console *console, const struct options *options);
void console_done(struct console *console); /* for CLEANUP */

/* From here on a live view is shown, if it was asked for or the terminal has room for it; where it
 * was asked for and cannot be that is said. `driver` is where the plan's runs are run, `jobs` at a
 * time. */
void console_watch(struct console *console, const struct plan *plan, const char *driver,
                   unsigned jobs);

/* The view is over, and what was kept from the screen stands there. */
void console_watch_end(struct console *console);

/* For struct run_observer and struct session_options; the context is the console. */
void console_progress(void *context, const struct run_progress *progress);
void console_record_done(void *context, struct record *record, const char *dir);

/* For a comparison: progress where it can be shown in place, and of each record that is done one
 * line on standard error; nothing on standard output. */
void console_progress_in_place(void *context, const struct run_progress *progress);
void console_record_kept(void *context, struct record *record, const char *dir);

/* Standard output, all at once. */
int console_print(struct console *console, const char *text, struct error *err);

/* A remark on standard error, unless --quiet. */
void console_say(struct console *console, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Put the records into the order of the plan: several jobs are done with them in any order. */
void console_sort(struct console *console, const struct plan *plan);

/* What comes after the last run: the JSON, or the table of several runs. */
int console_finish(struct console *console, struct error *err);

/* "leakcage: …" on standard error. */
void console_error(const struct error *err);
