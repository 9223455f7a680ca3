#include "compare/compare_plan.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/words.h"
#include "cli/catalogue.h"
#include "cli/run_plan.h"
#include "cli/sanitized.h"
#include "scenario/plan_groups.h"

/* The scenario that the first of two commands is. */
static int compare_scenario_of_commands(const struct options *options, struct console *console,
                                        struct scenario **ret, struct error *err)
{
    CLEANUP(freep) char **words = NULL;
    if (words_split(options->a, &words, err) < 0)
        return error_prefix(err, "--a");
    struct options one = *options;
    one.service_command = (const char *const *)words;
    return run_plan_scenario_of_options(&one, console, ret, err);
}

int compare_plan_scenario(const struct options *options, const struct places *places,
                          struct console *console, struct scenario **ret, struct error *err)
{
    if (options->service_command != NULL && options->a != NULL)
        return error_set(err, ERROR_USAGE,
                         "found both a command after -- and --a; expected one of them");
    if (options->service_command != NULL || options->image != NULL)
        return run_plan_scenario_of_options(options, console, ret, err);
    if (options->operands[0] == NULL && options->a != NULL)
        return compare_scenario_of_commands(options, console, ret, err);
    if (options->operands[0] == NULL)
        return error_set(err, ERROR_USAGE,
                         "nothing to compare: leakcage compare SCENARIO --builds plain,race, "
                         "leakcage compare --allocators glibc,jemalloc -- COMMAND, or leakcage "
                         "compare RESULT_DIR...");
    if (options->operands[1] != NULL)
        return error_set(err, ERROR_USAGE,
                         "found the scenarios %.60s and %.60s, expected one: variants of one "
                         "scenario are compared",
                         options->operands[0], options->operands[1]);
    return catalogue_open(options->operands[0], options, places, ret, err);
}

/* Those that cannot be run stand behind those that can. */
static void compare_sort_skipped(struct compare_variants *variants)
{
    struct compare_variants sorted = {.n = 0, .arena = variants->arena};
    for (int skipped = 0; skipped <= 1; skipped++)
        for (unsigned i = 0; i < variants->n; i++)
            if ((variants->items[i].skipped != NULL) == (skipped == 1))
                sorted.items[sorted.n++] = variants->items[i];
    *variants = sorted;
}

static int compare_check_left(const struct compare_variants *variants, size_t n_runs,
                              struct error *err)
{
    CLEANUP(buffer_done) struct buffer why = BUFFER_INIT(sizeof(err->text));
    if (n_runs > 1)
        return 0;
    enum error_kind kind = ERROR_ENVIRONMENT;
    for (unsigned i = 0; i < variants->n; i++)
        if (variants->items[i].skipped != NULL) {
            (void)buffer_printf(&why, NULL, "\n  %s: %s", variants->items[i].label,
                                variants->items[i].skipped);
            kind = variants->items[i].failed ? ERROR_SERVICE : kind;
        }
    return error_set(err, kind, "nothing to compare with: %s%s can be run here%s",
                     n_runs == 1 ? "only " : "no variant",
                     n_runs == 1 ? variants->items[0].label : "", buffer_text(&why));
}

int compare_plan_make(const struct compare_request *request, struct compare_variants *variants,
                      struct plan *plan, struct error *err)
{
    unsigned repeats = request->options->repeats;
    for (unsigned i = 0; i < variants->n; i++)
        if (compare_run_add(request, &variants->items[i], plan, err) < 0)
            return -1;
    size_t n = plan->n_runs;
    compare_sort_skipped(variants);
    if (compare_check_left(variants, n, err) < 0 || sanitized_prepare(plan, err) < 0)
        return -1;
    if (repeats == 0)
        repeats = COMPARE_REPEATS_DEFAULT;
    for (unsigned repeat = 1; repeat < repeats; repeat++)
        for (size_t i = 0; i < n; i++) {
            if (plan_repeat(plan, (i + repeat) % n, err) < 0)
                return -1;
            plan->runs[plan->n_runs - 1].group = repeat + 1;
        }
    return plan_check_groups(plan, err);
}
