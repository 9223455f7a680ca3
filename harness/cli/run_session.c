#include "cli/run_session.h"

#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "cli/guard.h"
#include "cli/run_place.h"
#include "instrument/instruments.h"
#include "scenario/plan_groups.h"
#include "view/view_html.h"

int run_session_check_output(const char *dir, struct error *err)
{
    if (file_make_directories(dir, err) < 0)
        return error_prefix(err, "results cannot go to %s", dir);
    if (access(dir, W_OK) < 0)
        return error_set(err, ERROR_ENVIRONMENT, "results cannot go to %s: it is not writable",
                         dir);
    return 0;
}

void run_session_continue(struct run_session *session)
{
    size_t parts = plan_count_parts(session->plan);
    unsigned jobs = session->options->jobs;
    /* No more guests than there are parts to take. */
    session->driver_options.guests = jobs < parts ? jobs : (unsigned)parts;
    session->console->n_planned = session->plan->n_runs;
}

int run_session_prepare(struct run_session *session, const struct places *places, struct error *err)
{
    const struct options *options = session->options;
    struct driver_options *driver_options = &session->driver_options;
    *driver_options = options->driver_options;
    driver_options->program_path = places->program;
    driver_options->guest_init_path = places->guest_init;
    run_session_continue(session);
    if (run_place_choose(options, session->plan, driver_options, session->console, &session->driver,
                         err) < 0)
        return -1;
    run_place_warn_of_crowd(driver_options->guests, session->console);
    return 0;
}

/* Whom a record goes to when it is stored. */
struct run_session_taker {
    struct console *console;
    void (*record_done)(void *context, struct record *record, const char *dir);
    void *context; /* of record_done */
};

/* A page goes with every result. It is for people to look at: without it the run is what it was. */
static void run_session_record_done(void *context, struct record *record, const char *dir)
{
    const struct run_session_taker *taker = context;
    const struct stored_record run = {.record = record, .dir = dir};
    struct error failure = {.kind = ERROR_NONE};
    if (view_html_store(&run, &failure) < 0)
        console_say(taker->console, "  %s: warning: no %s: %s", record->id, VIEW_HTML_NAME,
                    failure.text);
    taker->record_done(taker->context, record, dir);
}

int run_session_run(const struct run_session *session, struct error *err)
{
    const struct run_observer observer = {.progress = session->progress,
                                          .context = session->console};
    struct run_session_taker taker = {
        .console = session->console,
        .record_done = session->record_done,
        .context = session->record_context != NULL ? session->record_context : session->console,
    };
    const struct session_options options = {
        .driver = session->driver,
        .driver_options = &session->driver_options,
        .results_dir = session->options->output_dir,
        .jobs = session->driver_options.guests,
        .observer = &observer,
        .instruments = &instruments_table,
        .record_done = run_session_record_done,
        .context = &taker,
    };
    CLEANUP(guard_end) struct guard guard;
    guard_start(session->driver_options.program_path, session->options->output_dir,
                session->driver->name, &guard);
    int status = session_run(session->plan, &options, err);
    console_sort(session->console, session->plan);
    return status;
}
