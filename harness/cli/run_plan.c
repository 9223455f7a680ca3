#include "cli/run_plan.h"

#include <string.h>

#include "base/cleanup.h"
#include "cli/catalogue.h"
#include "cli/overrides.h"
#include "cli/shard.h"
#include "driver/attach.h"
#include "scenario/confinement.h"
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
    /* What the command line put in its place may lie anywhere. */
    bool is_its_own = options->service_command == NULL && options->image == NULL;
    if (is_its_own && !catalogue_allows_outside(options) && scenario_check_paths(*ret, err) < 0)
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

int run_plan_scenario_of_options(const struct options *options, struct console *console,
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

int run_plan_make(const struct options *options, const struct places *places,
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
        if (run_plan_scenario_of_options(options, console, &scenario, err) < 0)
            return -1;
        return run_plan_scenario(options, scenario, &paths, plan, err);
    }
    if (options->operands[0] == NULL)
        return error_set(err, ERROR_USAGE,
                         "no scenario and no command given: leakcage run SCENARIO, or leakcage "
                         "run [options] -- COMMAND");
    for (const char *const *operand = options->operands; *operand != NULL; operand++) {
        CLEANUP(scenario_freep) struct scenario *scenario = NULL;
        if (catalogue_open(*operand, options, places, &scenario, err) < 0 ||
            run_plan_scenario(options, scenario, &paths, plan, err) < 0)
            return -1;
    }
    return 0;
}

int run_plan_repeat(const struct options *options, struct plan *plan, struct error *err)
{
    size_t n = plan->n_runs;
    for (unsigned repeat = 1; repeat < options->repeats; repeat++)
        for (size_t i = 0; i < n; i++)
            if (plan_repeat(plan, i, err) < 0)
                return error_prefix(err, "--repeats %u", options->repeats);
    return 0;
}

int run_plan_select_shard(const struct options *options, struct console *console, struct plan *plan,
                          struct error *err)
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
