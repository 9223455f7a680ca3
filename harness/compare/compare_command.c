#include "compare/compare_command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "cli/exit_status.h"
#include "cli/result_folders.h"
#include "cli/run_session.h"
#include "compare/compare_plan.h"
#include "compare/compare_recordings.h"
#include "compare/compare_report.h"
#include "compare/compare_variants.h"

/* All of one comparison, while it is made. */
struct compare {
    const struct options *options;
    struct places places;
    struct console console;
    struct scenario *scenario;
    struct compare_variants variants;
    struct revisions revisions;
    struct plan *plan;
};

static void compare_done(struct compare *compare)
{
    console_done(&compare->console);
    plan_free(compare->plan);
    revisions_done(&compare->revisions);
    compare_variants_done(&compare->variants);
    scenario_free(compare->scenario);
}

/* Build the revisions, if that is what is compared. */
static int compare_prepare_revisions(struct compare *compare, struct error *err)
{
    const struct options *options = compare->options;
    const struct revision_request request = {
        .option = "--rev",
        .names = options->rev,
        .n_names = options->n_rev,
        .build_command = options->build_command,
        .results_dir = options->output_dir,
        .console = &compare->console,
    };
    if (options->n_rev == 0)
        return 0;
    if (run_session_check_output(options->output_dir, err) < 0)
        return -1;
    if (revisions_prepare(&request, &compare->revisions, err) < 0)
        return error_prefix(err, "--rev");
    return revisions_check(&compare->revisions, compare->scenario, &compare->scenario->settings,
                           err);
}

/* What is about to be compared, and what is not. */
static void compare_say_plan(struct compare *compare)
{
    const struct options *options = compare->options;
    const struct compare_variants *variants = &compare->variants;
    CLEANUP(buffer_done) struct buffer names = BUFFER_INIT(65536);
    size_t n = 0;
    for (unsigned i = 0; i < variants->n && variants->items[i].skipped == NULL; i++, n++)
        (void)buffer_printf(&names, NULL, "%s%s", i > 0 ? ", " : "", variants->items[i].label);
    unsigned repeats = compare->plan->runs[compare->plan->n_runs - 1].group;
    console_say(&compare->console, "%s: %s; %u repeat%s, in which they take turns",
                compare->scenario->name, buffer_text(&names), repeats, repeats == 1 ? "" : "s");
    for (unsigned i = (unsigned)n; i < variants->n; i++)
        console_say(&compare->console, "%s is skipped: %s", variants->items[i].label,
                    variants->items[i].skipped);
    if (options->a != NULL && strcmp(variants->items[0].label, "a") == 0)
        console_say(&compare->console, "a: %s\nb: %s", options->a, options->b);
}

/* From the options to a plan whose first group has every variant that can be run. */
static int compare_prepare(struct compare *compare, struct error *err)
{
    const struct options *options = compare->options;
    if (places_find(&compare->places, err) < 0 || plan_new(&compare->plan, err) < 0 ||
        compare_plan_scenario(options, &compare->places, &compare->console, &compare->scenario,
                              err) < 0 ||
        compare_variants_make(options, compare->scenario, &compare->variants, err) < 0 ||
        compare_prepare_revisions(compare, err) < 0)
        return -1;
    const struct compare_request request = {
        .options = options,
        .scenario = compare->scenario,
        .places = &compare->places,
        .revisions = &compare->revisions,
    };
    if (compare_plan_make(&request, &compare->variants, compare->plan, err) < 0 ||
        run_session_check_output(options->output_dir, err) < 0)
        return -1;
    compare_say_plan(compare);
    return 0;
}

/* The records of one variant and their folders; those that were cut short by the user tell nothing.
 */
static int compare_collect(const struct compare *compare, const struct compare_variant *variant,
                           struct arena *arena, struct compare_results *ret, struct error *err)
{
    const struct console *console = &compare->console;
    const struct record **records =
        arena_alloc(arena, (console->n_records + 1) * sizeof(const struct record *));
    const char **dirs = arena_alloc(arena, (console->n_records + 1) * sizeof(*dirs));
    if (records == NULL || dirs == NULL)
        return error_out_of_memory(err);
    *ret = (struct compare_results){
        .name = variant->name,
        .label = variant->label,
        .build = variant->build,
        .allocator = variant->preload != NULL ? variant->preload->name : NULL,
        .skipped = variant->skipped,
        .records = records,
        .dirs = dirs,
    };
    for (size_t i = 0; i < console->n_records; i++) {
        const struct record *record = console->records[i];
        if (strcmp(record->variant, variant->name) != 0 || record->error.kind == ERROR_INTERRUPTED)
            continue;
        records[ret->n] = record;
        dirs[ret->n] = arena_printf(arena, "%s/%s", compare->options->output_dir, record->id);
        ret->n++;
    }
    return 0;
}

/* Compare what is done, keep it and show it. */
static int compare_finish(struct compare *compare, struct error *err)
{
    struct compare_results results[COMPARISON_VARIANTS_MAX] = {{.name = NULL}};
    CLEANUP(compare_report_done) struct compare_report report = {.arena = NULL};
    char note[80];
    size_t done = 0;
    for (unsigned i = 0; i < compare->variants.n; i++) {
        if (compare_collect(compare, &compare->variants.items[i], compare->variants.arena,
                            &results[i], err) < 0)
            return -1;
        done += results[i].n;
    }
    bool interrupted = interrupt_count() > 0;
    if (interrupted && done == 0)
        return EXIT_INTERRUPTED;
    snprintf(note, sizeof(note), "interrupted: %zu of %zu runs were done", done,
             compare->plan->n_runs);
    if (compare_report_make(compare->scenario->name, results, compare->variants.n,
                            interrupted ? note : NULL, &report, err) < 0 ||
        compare_report_put(&report, &compare->console, err) < 0)
        return -1;
    enum exit_status status = compare_report_status(&report);
    for (unsigned i = 0; i < compare->variants.n; i++)
        if (compare->variants.items[i].failed)
            status = exit_status_worse(status, EXIT_SERVICE);
    return (int)(interrupted ? EXIT_INTERRUPTED : status);
}

static int compare_run(const struct options *options, struct error *err)
{
    CLEANUP(compare_done) struct compare compare = {.options = options};
    console_init(&compare.console, options);
    struct run_session session = {
        .options = options,
        .console = &compare.console,
        .progress = console_progress_in_place,
        .record_done = console_record_kept,
    };
    if (compare_prepare(&compare, err) < 0)
        return -1;
    session.plan = compare.plan;
    if (run_session_prepare(&session, &compare.places, err) < 0)
        return -1;
    int status = run_session_run(&session, err);
    /* What the session failed of is said after what it got done. */
    if (status < 0)
        return compare.console.n_records > 0 && compare_finish(&compare, NULL) < 0 ? -1 : status;
    return compare_finish(&compare, err);
}

/* With recordings nothing is run, so nothing can be said of how. */
static int compare_check_recordings(const struct options *options, struct error *err)
{
    if (options->service_command == NULL && options->builds == NULL &&
        options->allocators == NULL && options->n_env == 0 && options->n_args == 0 &&
        options->a == NULL && options->b == NULL && options->n_rev == 0 &&
        options->variant == NULL && options->repeats == 0 && options->image == NULL)
        return 0;
    return error_set(err, ERROR_USAGE,
                     "%s is a folder: recordings are compared as they are, expected no command and "
                     "nothing that says what is to be run",
                     options->operands[0]);
}

int command_compare(const struct options *options, struct error *err)
{
    const char *const *operands = options->operands;
    if (operands[0] != NULL && result_folders_is_folder(operands[0]))
        return compare_check_recordings(options, err) < 0 ? -1 : compare_recordings(options, err);
    return compare_run(options, err);
}
