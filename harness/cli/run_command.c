#include "cli/run_command.h"

#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "cli/console.h"
#include "cli/exit_status.h"
#include "cli/places.h"
#include "cli/run_place.h"
#include "cli/run_plan.h"
#include "run/session.h"
#include "scenario/plan_groups.h"

/* Results must be writable before anything is measured. */
static int run_check_output(const char *dir, struct error *err)
{
    if (file_make_directories(dir, err) < 0)
        return error_prefix(err, "results cannot go to %s", dir);
    if (access(dir, W_OK) < 0)
        return error_set(err, ERROR_ENVIRONMENT, "results cannot go to %s: it is not writable",
                         dir);
    return 0;
}

int command_run(const struct options *options, struct error *err)
{
    struct places places;
    CLEANUP(plan_freep) struct plan *plan = NULL;
    CLEANUP(console_done) struct console console;
    console_init(&console, options);
    if (places_find(&places, err) < 0 || plan_new(&plan, err) < 0 ||
        run_plan_make(options, &places, &console, plan, err) < 0 ||
        run_check_output(options->output_dir, err) < 0)
        return -1;
    int empty = run_plan_select_shard(options, &console, plan, err);
    if (empty != 0)
        return empty < 0 || console_finish(&console, err) < 0 ? -1 : EXIT_AS_EXPECTED;

    struct driver_options driver_options = options->driver_options;
    driver_options.program_path = places.program;
    driver_options.guest_init_path = places.guest_init;
    /* No more guests than there are parts to take. */
    size_t parts = plan_count_parts(plan);
    driver_options.guests = options->jobs < parts ? options->jobs : (unsigned)parts;
    console.n_planned = plan->n_runs;
    const struct driver *driver = NULL;
    if (run_place_choose(options, plan, &driver_options, &console, &driver, err) < 0)
        return -1;
    run_place_warn_of_crowd(driver_options.guests, &console);

    const struct run_observer observer = {.progress = console_progress, .context = &console};
    const struct session_options session = {
        .driver = driver,
        .driver_options = &driver_options,
        .results_dir = options->output_dir,
        .jobs = driver_options.guests,
        .observer = &observer,
        .record_done = console_record_done,
        .context = &console,
    };
    int status = session_run(plan, &session, err);
    console_sort(&console, plan);
    enum exit_status exit_status = EXIT_AS_EXPECTED;
    for (size_t i = 0; i < console.n_records; i++)
        exit_status = exit_status_worse(exit_status, exit_status_of_record(console.records[i]));
    if (interrupt_count() > 0)
        exit_status = EXIT_INTERRUPTED;
    if (console_finish(&console, status < 0 ? NULL : err) < 0 || status < 0)
        return -1;
    return (int)exit_status;
}
