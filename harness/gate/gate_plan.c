#include "gate/gate_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/catalogue.h"
#include "cli/run_plan.h"
#include "cli/sanitized.h"
#include "gate/gate_against.h"
#include "scenario/tables.h"

/* The word behind the ids of a side's runs: "race-jemalloc", "race-baseline"; NULL: none, or out of
 * memory, and then the ids are less telling. */
static const char *gate_plan_tag(struct gate *gate, const struct run_spec *run,
                                 enum gate_side_of side)
{
    static const char *const sides[] = {"candidate", "baseline"};
    char text[RECORD_LABEL_MAX] = "";
    char name[SCENARIO_NAME_MAX];
    const char *words[] = {run->build, run->allocator,
                           gate->options->against != NULL ? sides[side] : NULL};
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
        size_t used = strlen(text);
        if (words[i] != NULL)
            snprintf(text + used, sizeof(text) - used, "%s%s", used > 0 ? "-" : "", words[i]);
    }
    if (text[0] == '\0')
        return NULL;
    scenario_make_name(text, name);
    return arena_strdup(gate->arena, name);
}

/* The template of one side of a variant. 1: it cannot be run here, and variant->skipped says why.
 */
static int gate_plan_side(struct gate *gate, const struct scenario *scenario,
                          enum gate_side_of side, struct compare_variant *variant,
                          struct gate_case *ret, struct error *err)
{
    const struct compare_request request = {
        .options = gate->options,
        .scenario = scenario,
        .places = &gate->places,
        .revisions = &gate->revisions,
    };
    variant->rev = gate->rev_names[side];
    variant->command = side == GATE_BASE ? gate->command : NULL;
    variant->env = gate->env;
    snprintf(variant->name, sizeof(variant->name), "%s",
             variant->scenario_variant != NULL ? variant->scenario_variant : "");
    int status = compare_run_add(&request, variant, gate->templates, err);
    if (status != 0)
        return status;
    ret->template[side] = gate->templates->n_runs - 1;
    struct run_spec *run = &gate->templates->runs[ret->template[side]];
    if (variant->build == NULL && variant->preload == NULL)
        run->label = NULL;
    run->tag = gate_plan_tag(gate, run, side);
    run->group = 0;
    run->position = gate->options->against == NULL ? 0 : side == GATE_BASE ? 1 : 2;
    return 0;
}

/* Where the scenario is written down, as a path from here when it is below. */
static const char *gate_plan_file(struct gate *gate, const struct scenario *scenario)
{
    if (gate->options->service_command != NULL || gate->options->image != NULL)
        return NULL;
    CLEANUP(freep) char *here = getcwd(NULL, 0);
    size_t length = here != NULL ? strlen(here) : 0;
    const char *source = scenario->source;
    if (length > 1 && strncmp(source, here, length) == 0 && source[length] == '/')
        source += length + 1;
    return arena_strdup(gate->arena, source);
}

/* What names the case; the build and the allocator of the command line. */
static void gate_plan_key(const struct scenario *scenario, const struct compare_variant *variant,
                          struct gate_case *ret)
{
    const struct run_spec run = {
        .scenario = scenario->name,
        .variant = variant->scenario_variant,
        .build = variant->build,
        .allocator = variant->preload != NULL ? variant->preload->name : NULL,
    };
    baseline_key_of_run(&run, &ret->key);
    baseline_key_text(&ret->key, ret->id);
}

/* One side of it cannot be run here. */
static void gate_plan_settle(struct gate *gate, enum gate_side_of side,
                             const struct compare_variant *variant, struct gate_case *of)
{
    const char *what = "this";
    if (gate->options->against != NULL)
        what = side == GATE_BASE ? gate->options->against : "what lies here";
    gate_settle(gate, of, GATE_CASE_FAILED, variant->failed ? EXIT_SERVICE : EXIT_ENVIRONMENT,
                "%s cannot be run: %s", what, variant->skipped);
}

/* One combination as a case. */
static int gate_plan_variant(struct gate *gate, const struct scenario *scenario,
                             struct compare_variant *variant, struct error *err)
{
    struct gate_case added = {.file = gate_plan_file(gate, scenario)};
    unsigned sides = gate->options->against != NULL ? GATE_SIDES : 1;
    size_t before = gate->templates->n_runs;
    int status = 0;
    gate_plan_key(scenario, variant, &added);
    for (enum gate_side_of side = GATE_CANDIDATE; side < sides && status == 0; side++) {
        status = gate_plan_side(gate, scenario, side, variant, &added, err);
        if (status < 0 && side == GATE_BASE)
            return error_prefix(err, "--against %.100s", gate->options->against);
        if (status > 0)
            gate_plan_settle(gate, side, variant, &added);
    }
    if (status < 0)
        return -1;
    added.can_run = status == 0;
    if (added.can_run)
        added.budgets = gate->templates->runs[added.template[GATE_CANDIDATE]].settings.gate;
    else
        gate->templates->n_runs = before;
    return gate_add_case(gate, &added, err);
}

/* All cases of one scenario. */
static int gate_plan_scenario(struct gate *gate, const struct scenario *scenario, struct error *err)
{
    CLEANUP(compare_variants_done) struct compare_variants variants = {.n = 0};
    struct options axes = *gate->options;
    axes.n_env = 0;
    if (gate->options->against != NULL && gate_against_check(gate, scenario, err) < 0)
        return -1;
    if (compare_variants_list(&axes, scenario, &variants, err) < 0)
        return -1;
    for (unsigned i = 0; i < variants.n; i++)
        if (gate_plan_variant(gate, scenario, &variants.items[i], err) < 0)
            return -1;
    return 0;
}

/* What --env says is for all. */
static int gate_plan_env(struct gate *gate, struct error *err)
{
    const struct options *options = gate->options;
    const char **env = arena_alloc(gate->arena, (options->n_env + 1) * sizeof(const char *));
    if (env == NULL)
        return error_out_of_memory(err);
    memcpy(env, options->env, options->n_env * sizeof(const char *));
    gate->env = env;
    return 0;
}

/* The service that the command line itself is. */
static int gate_plan_command(struct gate *gate, struct error *err)
{
    CLEANUP(scenario_freep) struct scenario *scenario = NULL;
    if (run_plan_scenario_of_options(gate->options, &gate->console, &scenario, err) < 0)
        return -1;
    return gate_plan_scenario(gate, scenario, err);
}

int gate_plan_make(struct gate *gate, struct error *err)
{
    const struct options *options = gate->options;
    if (gate_plan_env(gate, err) < 0)
        return -1;
    bool command =
        options->service_command != NULL || options->image != NULL || options->pod != NULL;
    if (!command && options->operands[0] == NULL)
        return error_set(err, ERROR_USAGE,
                         "nothing to gate: found no scenario, no command after -- and no result "
                         "folder");
    if (options->against != NULL && gate_against_prepare(gate, err) < 0)
        return -1;
    if (command && gate_plan_command(gate, err) < 0)
        return -1;
    for (const char *const *operand = options->operands; !command && *operand != NULL; operand++) {
        CLEANUP(scenario_freep) struct scenario *scenario = NULL;
        if (catalogue_open(*operand, options, &gate->places, &scenario, err) < 0 ||
            gate_plan_scenario(gate, scenario, err) < 0)
            return -1;
    }
    return sanitized_prepare(gate->templates, err);
}
