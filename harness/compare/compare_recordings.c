#include "compare/compare_recordings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "cli/result_folders.h"
#include "cli/result_list.h"
#include "cli/run_session.h"
#include "compare/compare_report.h"

/* Results, in an order in which those of a variant stand together, the first variant first. */
struct compare_sorted {
    const struct result_folder *folder;
    const char *key;   /* what makes the variant */
    const char *label; /* how people read it */
    unsigned position; /* of the variant */
    size_t first;      /* the first result of the variant, in the order in which they were found */
    size_t index;      /* the result itself */
};

static int compare_sorted_order(const void *a, const void *b)
{
    const struct compare_sorted *left = a;
    const struct compare_sorted *right = b;
    if (left->position != right->position)
        return left->position < right->position ? -1 : 1;
    if (left->first != right->first)
        return left->first < right->first ? -1 : 1;
    unsigned groups[] = {left->folder->record->group, right->folder->record->group};
    if (groups[0] != groups[1])
        return groups[0] < groups[1] ? -1 : 1;
    return left->index < right->index ? -1 : 1;
}

/* One scenario, and every run once. */
static int compare_check(const struct result_folders *folders, struct error *err)
{
    if (folders->n_broken > 0)
        return error_set(err, ERROR_USAGE, "%zu of the results cannot be taken (see above)",
                         folders->n_broken);
    const char *scenario = folders->items[0].record->scenario;
    for (size_t i = 1; i < folders->n; i++)
        if (strcmp(folders->items[i].record->scenario, scenario) != 0)
            return error_set(err, ERROR_USAGE,
                             "found results of the scenarios %s (%s) and %s (%s), expected those "
                             "of one: name the folders that are to be compared",
                             scenario, folders->items[0].dir, folders->items[i].record->scenario,
                             folders->items[i].dir);
    if (result_folders_check_plain(folders, err) < 0)
        return -1;
    return result_folders_check_once(folders, err);
}

/* The position of a variant: what its records say, else in the order in which they were found,
 * behind those. */
static void compare_place(struct compare_sorted *sorted, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned position = sorted[i].folder->record->position;
        size_t first = 0;
        while (strcmp(sorted[first].key, sorted[i].key) != 0)
            first++;
        sorted[i].first = first;
        sorted[i].position = first < i      ? sorted[first].position
                             : position > 0 ? position
                                            : (unsigned)PLAN_RUNS_MAX;
    }
}

/* The end of a path that tells it from the others. */
static const char *compare_short(const char *const *operands, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL && slash[1] != '\0' ? slash + 1 : path;
    unsigned same = 0;
    for (; *operands != NULL; operands++) {
        const char *other = strrchr(*operands, '/');
        same += strcmp(other != NULL ? other + 1 : *operands, name) == 0;
    }
    return same == 1 ? name : path;
}

/* How people read the variant of a record. */
static const char *compare_label(const struct record *record)
{
    if (record->label[0] != '\0')
        return record->label;
    return record->variant[0] != '\0' ? record->variant : record->scenario;
}

static struct compare_sorted *compare_sort(const struct result_folders *folders,
                                           const char *const *operands)
{
    struct compare_sorted *sorted = calloc(folders->n, sizeof(*sorted));
    bool by_operand = true;
    for (size_t i = 1; i < folders->n; i++)
        by_operand = by_operand && strcmp(folders->items[i].record->variant,
                                          folders->items[0].record->variant) == 0;
    if (sorted == NULL)
        return NULL;
    for (size_t i = 0; i < folders->n; i++) {
        const struct result_folder *folder = &folders->items[i];
        const char *operand = operands[folder->operand];
        sorted[i] = (struct compare_sorted){
            .folder = folder,
            .key = by_operand ? operand : folder->record->variant,
            .label = by_operand ? compare_short(operands, operand) : compare_label(folder->record),
            .index = i,
        };
    }
    compare_place(sorted, folders->n);
    /* Of one variant the position says nothing: it is the same for all. */
    for (size_t i = 0; by_operand && i < folders->n; i++)
        sorted[i].position = 0;
    qsort(sorted, folders->n, sizeof(*sorted), compare_sorted_order);
    return sorted;
}

/* The variants, from the sorted results. */
static int compare_fill(struct arena *arena, const struct compare_sorted *sorted, size_t n,
                        struct compare_results *ret, unsigned *ret_n, struct error *err)
{
    const struct record **records = arena_alloc(arena, n * sizeof(const struct record *));
    const char **dirs = arena_alloc(arena, n * sizeof(*dirs));
    unsigned variants = 0;
    if (records == NULL || dirs == NULL)
        return error_out_of_memory(err);
    for (size_t i = 0; i < n; i++) {
        const struct record *record = sorted[i].folder->record;
        records[i] = record;
        dirs[i] = sorted[i].folder->dir;
        if (i == 0 || strcmp(sorted[i - 1].key, sorted[i].key) != 0) {
            if (variants == COMPARISON_VARIANTS_MAX)
                return error_set(err, ERROR_USAGE, "found more than %d variants, expected less",
                                 COMPARISON_VARIANTS_MAX);
            ret[variants++] = (struct compare_results){
                .name = record->variant,
                .label = sorted[i].label,
                .build = record->build[0] != '\0' ? record->build : NULL,
                .allocator = record->allocator[0] != '\0' ? record->allocator : NULL,
                .records = &records[i],
                .dirs = &dirs[i],
            };
        }
        ret[variants - 1].n++;
    }
    if (variants < 2)
        return error_set(err, ERROR_USAGE,
                         "nothing to compare: found results of one variant only (%s); name two "
                         "folders, or one with results of several variants",
                         ret[0].label);
    *ret_n = variants;
    return 0;
}

int compare_recordings(const struct options *options, struct error *err)
{
    CLEANUP(console_done) struct console console;
    CLEANUP(result_folders_done) struct result_folders folders = {0};
    CLEANUP(compare_report_done) struct compare_report report = {.arena = NULL};
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct compare_results results[COMPARISON_VARIANTS_MAX];
    unsigned n = 0;
    console_init(&console, options);
    if (arena == NULL)
        return error_out_of_memory(err);
    const char *const *operands = NULL;
    if (result_list_expand(arena, &result_list_comparison, options->operands, &operands, err) < 0 ||
        result_folders_read(operands, &folders, err) < 0)
        return -1;
    if (folders.n == 0 || compare_check(&folders, err) < 0)
        return folders.n == 0 ? EXIT_USAGE : -1; /* what was told has said it all */
    CLEANUP(freep) struct compare_sorted *sorted = compare_sort(&folders, operands);
    if (sorted == NULL)
        return error_out_of_memory(err);
    if (compare_fill(arena, sorted, folders.n, results, &n, err) < 0 ||
        run_session_check_output(options->output_dir, err) < 0 ||
        compare_report_make(folders.items[0].record->scenario, results, n, NULL, &report, err) <
            0 ||
        compare_report_put(&report, &console, err) < 0)
        return -1;
    return (int)compare_report_status(&report);
}
