#include "cli/run_command.h"

#include "base/cleanup.h"
#include "base/interrupt.h"
#include "cli/bisect.h"
#include "cli/console.h"
#include "cli/exit_status.h"
#include "cli/places.h"
#include "cli/run_plan.h"
#include "cli/run_session.h"
#include "cli/sanitized.h"

/* What one call of `leakcage run` works on. */
struct run_command {
    const struct options *options;
    struct places places;
    struct console console;
    struct plan *plan;
    size_t once; /* runs of the plan without their repeats */
};

static void run_command_done(struct run_command *command)
{
    plan_free(command->plan);
    console_done(&command->console);
}

/* Everything that comes before the first run. 1: there is nothing to run, and *ret is the exit
 * status. */
static int run_command_plan(struct run_command *command, int *ret, struct error *err)
{
    const struct options *options = command->options;
    int status = options->bisect ? bisect_build(options, &command->console, ret, err) : 0;
    if (status != 0)
        return status;
    if (run_plan_make(options, &command->places, &command->console, command->plan, err) < 0 ||
        sanitized_prepare(command->plan, err) < 0 ||
        run_session_check_output(options->output_dir, err) < 0)
        return -1;
    command->once = command->plan->n_runs;
    if (run_plan_repeat(options, command->plan, err) < 0)
        return -1;
    status = run_plan_select_shard(options, &command->console, command->plan, err);
    if (status > 0 && console_finish(&command->console, err) < 0)
        return -1;
    *ret = EXIT_AS_EXPECTED;
    return status;
}

static int run_command_status(const struct run_command *command)
{
    const struct console *console = &command->console;
    enum exit_status exit_status = EXIT_AS_EXPECTED;
    if (command->options->bisect)
        return bisect_end(command->options, console, command->once);
    for (size_t i = 0; i < console->n_records; i++)
        exit_status = exit_status_worse(exit_status, exit_status_of_record(console->records[i]));
    return interrupt_count() > 0 ? EXIT_INTERRUPTED : (int)exit_status;
}

int command_run(const struct options *options, struct error *err)
{
    CLEANUP(run_command_done) struct run_command command = {.options = options};
    int exit_status = EXIT_AS_EXPECTED;
    console_init(&command.console, options);
    if (places_find(&command.places, err) < 0 || plan_new(&command.plan, err) < 0)
        return -1;
    int status = run_command_plan(&command, &exit_status, err);
    if (status != 0)
        return status < 0 ? -1 : exit_status;

    struct run_session session = {
        .options = options,
        .console = &command.console,
        .plan = command.plan,
        .progress = console_progress,
        .record_done = console_record_done,
    };
    if (run_session_prepare(&session, &command.places, err) < 0)
        return -1;
    console_watch(&command.console, command.plan, session.driver->name,
                  session.driver_options.guests);
    status = run_session_run(&session, err);
    console_watch_end(&command.console);
    if (console_finish(&command.console, status < 0 ? NULL : err) < 0 || status < 0)
        return -1;
    return run_command_status(&command);
}
