#include "cli/run_command.h"

#include "base/cleanup.h"
#include "base/interrupt.h"
#include "cli/console.h"
#include "cli/exit_status.h"
#include "cli/places.h"
#include "cli/run_plan.h"
#include "cli/run_session.h"

int command_run(const struct options *options, struct error *err)
{
    struct places places;
    CLEANUP(plan_freep) struct plan *plan = NULL;
    CLEANUP(console_done) struct console console;
    console_init(&console, options);
    if (places_find(&places, err) < 0 || plan_new(&plan, err) < 0 ||
        run_plan_make(options, &places, &console, plan, err) < 0 ||
        run_session_check_output(options->output_dir, err) < 0)
        return -1;
    int empty = run_plan_select_shard(options, &console, plan, err);
    if (empty != 0)
        return empty < 0 || console_finish(&console, err) < 0 ? -1 : EXIT_AS_EXPECTED;

    struct run_session session = {
        .options = options,
        .console = &console,
        .plan = plan,
        .progress = console_progress,
        .record_done = console_record_done,
    };
    if (run_session_prepare(&session, &places, err) < 0)
        return -1;
    int status = run_session_run(&session, err);
    enum exit_status exit_status = EXIT_AS_EXPECTED;
    for (size_t i = 0; i < console.n_records; i++)
        exit_status = exit_status_worse(exit_status, exit_status_of_record(console.records[i]));
    if (interrupt_count() > 0)
        exit_status = EXIT_INTERRUPTED;
    if (console_finish(&console, status < 0 ? NULL : err) < 0 || status < 0)
        return -1;
    return (int)exit_status;
}
