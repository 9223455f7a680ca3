#include "cli/run_command.h"

#include "base/cleanup.h"
#include "base/interrupt.h"
#include "cli/bisect.h"
#include "cli/console.h"
#include "cli/exit_status.h"
#include "cli/places.h"
#include "cli/run_plan.h"
#include "cli/run_session.h"

/* Everything that comes before the first run. 1: there is nothing to run, and *ret is the exit
 * status. *ret_once: how many runs there are without their repeats. */
static int run_command_plan(const struct options *options, const struct places *places,
                            struct console *console, struct plan *plan, size_t *ret_once, int *ret,
                            struct error *err)
{
    int status = options->bisect ? bisect_build(options, console, ret, err) : 0;
    if (status != 0)
        return status;
    if (run_plan_make(options, places, console, plan, err) < 0 ||
        run_session_check_output(options->output_dir, err) < 0)
        return -1;
    *ret_once = plan->n_runs;
    if (run_plan_repeat(options, plan, err) < 0)
        return -1;
    status = run_plan_select_shard(options, console, plan, err);
    if (status > 0 && console_finish(console, err) < 0)
        return -1;
    *ret = EXIT_AS_EXPECTED;
    return status;
}

static int run_command_status(const struct options *options, const struct console *console,
                              size_t once)
{
    enum exit_status exit_status = EXIT_AS_EXPECTED;
    if (options->bisect)
        return bisect_end(options, console, once);
    for (size_t i = 0; i < console->n_records; i++)
        exit_status = exit_status_worse(exit_status, exit_status_of_record(console->records[i]));
    return interrupt_count() > 0 ? EXIT_INTERRUPTED : (int)exit_status;
}

int command_run(const struct options *options, struct error *err)
{
    struct places places;
    CLEANUP(plan_freep) struct plan *plan = NULL;
    CLEANUP(console_done) struct console console;
    size_t once = 0;
    int exit_status = EXIT_AS_EXPECTED;
    console_init(&console, options);
    if (places_find(&places, err) < 0 || plan_new(&plan, err) < 0)
        return -1;
    int status = run_command_plan(options, &places, &console, plan, &once, &exit_status, err);
    if (status != 0)
        return status < 0 ? -1 : exit_status;

    struct run_session session = {
        .options = options,
        .console = &console,
        .plan = plan,
        .progress = console_progress,
        .record_done = console_record_done,
    };
    if (run_session_prepare(&session, &places, err) < 0)
        return -1;
    status = run_session_run(&session, err);
    if (console_finish(&console, status < 0 ? NULL : err) < 0 || status < 0)
        return -1;
    return run_command_status(options, &console, once);
}
