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
#include "cli/shard.h"
#include "driver/attach.h"
#include "driver/container.h"
#include "driver/registry.h"
#include "run/session.h"
#include "scenario/pod.h"

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

/* The scenario that a manifest is, and what of it changes nothing here. */
static int run_scenario_of_pod(const struct options *options, struct console *console,
                               struct scenario **ret, struct error *err)
{
    CLEANUP(buffer_done) struct buffer notes = BUFFER_INIT(POD_NOTES_MAX_BYTES);
    const struct pod_options pod = {
        .container = options->container,
        .command = options->service_command,
        .image = options->image,
        .has_limit = options->limit_bytes > 0,
    };
    if (pod_load(options->pod, &pod, &notes, ret, err) < 0)
        return -1;
    char *rest = notes.data;
    for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n"))
        if (*line != '\0')
            console_say(console, "%s", line);
    return 0;
}

/* Of what the command line itself is, there is one. */
static int run_check_one(const struct options *options, struct error *err)
{
    const char *const *command = options->service_command;
    if (options->operands[0] != NULL)
        return error_set(err, ERROR_USAGE,
                         "found both a scenario (%.60s) and %s; expected one of them",
                         options->operands[0],
                         options->pod != NULL     ? "--pod"
                         : command != NULL        ? "a command after --"
                         : options->image != NULL ? "--image"
                                                  : "--attach");
    if (command != NULL && command[0] == NULL)
        return error_set(err, ERROR_USAGE, "found no command after --");
    if ((command != NULL || options->pod != NULL) && options->attach != NULL)
        return error_set(err, ERROR_USAGE, "found both --attach and %s; expected one of them",
                         options->pod != NULL ? "--pod" : "a command");
    return 0;
}

/* The scenario that a command, an image or something to attach to is. */
static int run_scenario_of_words(const struct options *options, struct scenario **ret,
                                 struct error *err)
{
    char attached[64];
    const char *name = options->image;
    if (options->attach != NULL) {
        if (attach_name(options->attach, attached, sizeof(attached), err) < 0)
            return -1;
        name = attached;
    }
    if (name == NULL)
        name = options->service_command[0];
    return scenario_from_command(name, options->service_command, ret, err);
}

/* The scenario that the command line itself is. */
static int run_scenario_of_options(const struct options *options, struct console *console,
                                   struct scenario **ret, struct error *err)
{
    if (run_check_one(options, err) < 0)
        return -1;
    int status = options->pod != NULL ? run_scenario_of_pod(options, console, ret, err)
                                      : run_scenario_of_words(options, ret, err);
    if (status < 0)
        return -1;
    struct load_profile *load = &(*ret)->settings.load;
    if (options->load_command != NULL) {
        load->n_requests = 0;
    } else if (load->n_requests == 0) {
        load->n_requests = 1;
        load->requests[0] = (struct request_kind){.method = "GET", .path = "/", .weight = 1};
    }
    return 0;
}

static int run_make_plan(const struct options *options, const struct places *places,
                         struct console *console, struct plan *plan, struct error *err)
{
    const struct plan_paths paths = {
        .services_dir = places->services[0] != '\0' ? places->services : NULL,
    };
    if (options->container != NULL && options->pod == NULL)
        return error_set(err, ERROR_USAGE, "--container: found no --pod, expected one beside it");
    if (options->service_command != NULL || options->image != NULL || options->attach != NULL ||
        options->pod != NULL) {
        CLEANUP(scenario_freep) struct scenario *scenario = NULL;
        if (run_scenario_of_options(options, console, &scenario, err) < 0)
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

/* Why the first place that `auto` would take is not the one that it took, in short; `leakcage
 * doctor` has the whole of it. */
static void run_say_choice(const struct driver *chosen, const struct driver_options *driver_options,
                           const struct plan *plan, struct console *console)
{
    struct error why = {0};
    const struct driver *first = plan->n_runs > 0 && plan->runs[0].settings.image != NULL
                                     ? &container_driver
                                     : registry_drivers[0];
    if (chosen != first && first->probe(driver_options, &why) != 0)
        console_say(console, "driver %s; driver %s cannot run here: %.*s (leakcage doctor)",
                    chosen->name, first->name, (int)strcspn(why.text, ":;\n"), why.text);
}

/* What runs already runs here, and can be driven from nowhere else. 1: the plan attaches to
 * nothing; 0: to something in all its runs, and *ret is the driver for it. */
static int run_choose_attach(const struct options *options, const struct plan *plan,
                             const struct driver **ret, struct error *err)
{
    size_t attached = 0;
    for (size_t i = 0; i < plan->n_runs; i++)
        attached += plan->runs[i].settings.attach != NULL;
    if (attached == 0)
        return 1;
    if (attached < plan->n_runs)
        return error_set(err, ERROR_USAGE,
                         "found scenarios that attach to what runs already beside others; run them "
                         "one after the other");
    if (options->driver != NULL && strcmp(options->driver, "vm") == 0)
        return error_set(err, ERROR_USAGE,
                         "--driver vm: what is attached to runs on this machine, not in a guest; "
                         "leave --driver out");
    if (options->jobs > 1)
        return error_set(err, ERROR_USAGE,
                         "--jobs %u: what is attached to runs on this machine, where one run would "
                         "disturb the other; use --jobs 1",
                         options->jobs);
    *ret = &attach_driver;
    return 0;
}

/* The driver that was asked for, if it works here; else the first that does, and say which. */
static int run_choose_driver(const struct options *options, const struct plan *plan,
                             const struct driver_options *driver_options, struct console *console,
                             const struct driver **ret, struct error *err)
{
    int status = run_choose_attach(options, plan, ret, err);
    if (status <= 0)
        return status;
    if (options->driver == NULL || strcmp(options->driver, "auto") == 0) {
        if (registry_choose(driver_options, plan, ret, err) < 0)
            return -1;
        run_say_choice(*ret, driver_options, plan, console);
        return run_check_jobs(*ret, options->jobs, err);
    }
    if (registry_find(options->driver, ret, err) < 0 ||
        run_check_jobs(*ret, options->jobs, err) < 0)
        return -1;
    if ((*ret)->probe(driver_options, err) != 0 ||
        registry_check_plan(*ret, driver_options, plan, err) < 0)
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

/* Leave what belongs to other shards to them. 1: that is everything, and it was said. */
static int run_select_shard(const struct options *options, struct console *console,
                            struct plan *plan, struct error *err)
{
    struct shard shard;
    size_t all = plan->n_runs;
    if (options->shard == NULL)
        return 0;
    if (shard_parse(options->shard, &shard, err) < 0)
        return error_prefix(err, "--shard");
    shard_select(&shard, plan);
    console_say(console, "shard %zu/%zu: %zu of %zu run%s%s", shard.index, shard.count,
                plan->n_runs, all, all == 1 ? "" : "s", plan->n_runs == 0 ? ": nothing to do" : "");
    return plan->n_runs == 0;
}

int command_run(const struct options *options, struct error *err)
{
    struct places places;
    CLEANUP(plan_freep) struct plan *plan = NULL;
    CLEANUP(console_done) struct console console;
    console_init(&console, options);
    if (places_find(&places, err) < 0 || plan_new(&plan, err) < 0 ||
        run_make_plan(options, &places, &console, plan, err) < 0 ||
        run_check_output(options->output_dir, err) < 0)
        return -1;
    int empty = run_select_shard(options, &console, plan, err);
    if (empty != 0)
        return empty < 0 || console_finish(&console, err) < 0 ? -1 : EXIT_AS_EXPECTED;

    struct driver_options driver_options = options->driver_options;
    driver_options.program_path = places.program;
    driver_options.guest_init_path = places.guest_init;
    /* No more guests than runs. */
    driver_options.guests = options->jobs < plan->n_runs ? options->jobs : (unsigned)plan->n_runs;
    console.n_planned = plan->n_runs;
    const struct driver *driver = NULL;
    if (run_choose_driver(options, plan, &driver_options, &console, &driver, err) < 0)
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
