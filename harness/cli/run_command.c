#include "cli/run_command.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "cli/catalogue.h"
#include "cli/console.h"
#include "cli/exit_status.h"
#include "cli/overrides.h"
#include "cli/places.h"
#include "driver/registry.h"
#include "run/session.h"

/* Options that replace settings, for the scenario and each of its variants; then into the plan. */
static int run_plan_scenario(const struct options *options, struct scenario *scenario,
                             const struct plan_paths *paths, struct plan *plan, struct error *err)
{
    if (overrides_apply(options, scenario, err) < 0)
        return -1;
    if (options->variant != NULL && strcmp(options->variant, "all") == 0)
        return plan_add_all(plan, scenario, paths, err);
    return plan_add(plan, scenario, options->variant, paths, err);
}

/* The scenario that the command line itself is. */
static int run_scenario_of_options(const struct options *options, struct scenario **ret,
                                   struct error *err)
{
    const char *const *command = options->service_command;
    if (options->operands[0] != NULL)
        return error_set(err, ERROR_USAGE,
                         "found both a scenario (%.60s) and %s; expected one of them",
                         options->operands[0],
                         command != NULL          ? "a command after --"
                         : options->image != NULL ? "--image"
                                                  : "--attach");
    if (command != NULL && command[0] == NULL)
        return error_set(err, ERROR_USAGE, "found no command after --");
    if (command != NULL && options->attach != NULL)
        return error_set(err, ERROR_USAGE,
                         "found both --attach and a command; expected one of them");
    const char *name = options->image != NULL    ? options->image
                       : options->attach != NULL ? options->attach
                                                 : command[0];
    if (scenario_from_command(name, command, ret, err) < 0)
        return -1;
    struct load_profile *load = &(*ret)->settings.load;
    if (options->load_command != NULL)
        return 0;
    load->n_requests = 1;
    load->requests[0] = (struct request_kind){.method = "GET", .path = "/", .weight = 1};
    return 0;
}

static int run_make_plan(const struct options *options, const struct places *places,
                         struct plan *plan, struct error *err)
{
    const struct plan_paths paths = {
        .services_dir = places->services[0] != '\0' ? places->services : NULL,
    };
    if (options->service_command != NULL || options->image != NULL || options->attach != NULL) {
        CLEANUP(scenario_freep) struct scenario *scenario = NULL;
        if (run_scenario_of_options(options, &scenario, err) < 0)
            return -1;
        return run_plan_scenario(options, scenario, &paths, plan, err);
    }
    if (options->operands[0] == NULL)
        return error_set(err, ERROR_USAGE,
                         "no scenario and no command given: leakcage run SCENARIO, or leakcage "
                         "run [options] -- COMMAND");
    for (const char *const *operand = options->operands; *operand != NULL; operand++) {
        CLEANUP(scenario_freep) struct scenario *scenario = NULL;
        if (catalogue_load(*operand, places, &scenario, err) < 0 ||
            run_plan_scenario(options, scenario, &paths, plan, err) < 0)
            return -1;
    }
    return 0;
}

/* Several runs at a time need a machine each. */
static int run_check_jobs(const struct driver *driver, unsigned jobs, struct error *err)
{
    if (jobs <= 1 || driver->relocate != NULL)
        return 0;
    return error_set(err, ERROR_USAGE,
                     "--jobs %u: driver %s runs services on this machine itself, where they would "
                     "take processor time and memory from each other, and the figures would be "
                     "wrong; use --driver vm, which has a guest for each, or --jobs 1",
                     jobs, driver->name);
}

/* Guests that share processors are slow ones. */
static void run_warn_of_crowd(unsigned guests, struct console *console)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    if (cpus > 0 && guests > (unsigned long)cpus)
        console_say(console,
                    "warning: %u guests on %ld processor%s: they wait for each other, samples come "
                    "late, and no time is won (--jobs %ld)",
                    guests, cpus, cpus == 1 ? "" : "s", cpus);
}

/* The driver that was asked for, if it works here; else the first that does, and say which. */
static int run_choose_driver(const struct options *options,
                             const struct driver_options *driver_options, struct console *console,
                             const struct driver **ret, struct error *err)
{
    if (options->driver == NULL || strcmp(options->driver, "auto") == 0) {
        struct error why = {0};
        if (registry_choose(driver_options, ret, err) < 0)
            return -1;
        const struct driver *first = registry_drivers[0];
        /* Why, in short; `leakcage doctor` has the whole of it. */
        if (*ret != first && first->probe(driver_options, &why) != 0)
            console_say(console, "driver %s; driver %s cannot run here: %.*s (leakcage doctor)",
                        (*ret)->name, first->name, (int)strcspn(why.text, ":;\n"), why.text);
        return run_check_jobs(*ret, options->jobs, err);
    }
    if (registry_find(options->driver, ret, err) < 0 ||
        run_check_jobs(*ret, options->jobs, err) < 0)
        return -1;
    if ((*ret)->probe(driver_options, err) != 0)
        return error_prefix(err, "driver %s cannot run here", (*ret)->name);
    return 0;
}

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
        run_make_plan(options, &places, plan, err) < 0 ||
        run_check_output(options->output_dir, err) < 0)
        return -1;

    struct driver_options driver_options = options->driver_options;
    driver_options.program_path = places.program;
    driver_options.guest_init_path = places.guest_init;
    /* No more guests than runs. */
    driver_options.guests = options->jobs < plan->n_runs ? options->jobs : (unsigned)plan->n_runs;
    console.n_planned = plan->n_runs;
    const struct driver *driver = NULL;
    if (run_choose_driver(options, &driver_options, &console, &driver, err) < 0)
        return -1;
    run_warn_of_crowd(driver_options.guests, &console);

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
