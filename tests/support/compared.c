#include "tests/support/compared.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/story.h"

#define REPEATS 4

struct comparison_figure *compared_set(struct compared *compared, unsigned variant,
                                       enum figure figure, double median)
{
    struct comparison_figure *to = &compared->comparison.variant[variant].figure[figure];
    *to = (struct comparison_figure){.present = true,
                                     .n = REPEATS,
                                     .median = median,
                                     .low = 0.95 * median,
                                     .high = 1.05 * median};
    return to;
}

void compared_differs(struct comparison_figure *figure, double ratio, double low, double high)
{
    figure->has_ratio = true;
    figure->ratio = ratio;
    figure->ratio_low = low;
    figure->ratio_high = high;
    figure->confidence = 0.9714;
    figure->has_p = true;
    figure->p = 2.0 / 70;
    figure->differs = true;
}

/* The same, but not enough to be claimed. */
static void compared_alike(struct comparison_figure *figure, double ratio)
{
    compared_differs(figure, ratio, 0.9 * ratio, 1.1 * ratio);
    figure->differs = false;
    figure->p = 0.4;
}

unsigned compared_add(struct compared *compared, const char *name, double median)
{
    unsigned place = compared->comparison.n++;
    compared->comparison.variant[place] = (struct comparison_variant){.name = name,
                                                                      .runs = REPEATS,
                                                                      .has_verdict = true,
                                                                      .kind = VERDICT_CLEAN,
                                                                      .cause = CAUSE_NONE,
                                                                      .agree = REPEATS};
    compared->members[place] = (struct comparison_member){.variant = name, .build = name};
    for (unsigned k = 0; k < FIGURE_COMPARED_MAX_; k++)
        compared_set(compared, place, (enum figure)k, median);
    return place;
}

/* Figures as an instrumented build has them: all in bytes, ns, and as they are. */
static void compared_figures(struct compared *compared, unsigned variant, const double *medians)
{
    for (unsigned k = 0; k < FIGURE_COMPARED_MAX_; k++) {
        compared_set(compared, variant, (enum figure)k, medians[k]);
        if (isnan(medians[k]))
            compared->comparison.variant[variant].figure[k] = (struct comparison_figure){0};
    }
}

struct compared *compared_new(void)
{
    static const double plain[FIGURE_COMPARED_MAX_] = {1.5,   7.1e6, 9.2e6, 2e5, 812,
                                                       2.1e6, 4.1e6, 9.2e5, NAN};
    static const double race[FIGURE_COMPARED_MAX_] = {62700, 61e6,  66.9e6, 55e6, 240,
                                                      7.4e6, 9.9e6, 3.1e6,  1024};
    static const double asan[FIGURE_COMPARED_MAX_] = {2.5,   21e6,  40e6,  8.2e6, 310,
                                                      3.1e6, 4.4e6, 2.8e6, NAN};
    static const char *const notes[] = {"quarantine held to 4 MiB (ASAN_OPTIONS)"};
    struct compared *compared = calloc(1, sizeof(*compared));
    ck_assert_ptr_nonnull(compared);
    struct comparison *comparison = &compared->comparison;
    compared_figures(compared, compared_add(compared, "plain", 0), plain);
    compared_figures(compared, compared_add(compared, "race", 0), race);
    compared_figures(compared, compared_add(compared, "asan", 0), asan);
    comparison->variant[1].kind = VERDICT_LEAK;
    comparison->variant[1].cause = CAUSE_HEAP;
    comparison->variant[2].agree = 3;
    comparison->alpha = COMPARISON_ALPHA;
    comparison->repeats = REPEATS;
    snprintf(comparison->sentence, sizeof(comparison->sentence),
             "race leaks 61.2 KiB per request where plain is clean");
    for (unsigned k = FIGURE_FLOOR; k < FIGURE_KILLED; k++) {
        double ratio = race[k] / plain[k];
        compared_differs(&comparison->variant[1].figure[k], ratio, 0.94 * ratio, 1.06 * ratio);
        compared_alike(&comparison->variant[2].figure[k], asan[k] / plain[k]);
    }
    comparison->variant[1].figure[FIGURE_GROWTH].differs = true;
    compared_differs(&comparison->variant[2].figure[FIGURE_RATE], 0.382, 0.36, 0.4);
    compared->members[2].notes = notes;
    compared->members[2].n_notes = 1;
    compared->report = (struct comparison_report){
        .scenario = "json-tree", .comparison = comparison, .members = compared->members};
    return compared;
}

/* One repeat: a ramp under the load of each cycle, then rest at its floor; between two cycles
 * others have their turns. */
static void compared_story(struct story *story, double step, unsigned samples)
{
    const nsec_t turn_ns = 10 * NSEC_PER_SEC;
    story->cycle_ns = turn_ns;
    for (unsigned i = 0; i < 7; i++) {
        double floor_bytes = 7e6 + i * step;
        struct cycle *cycle = story_cycle(story,
                                          i == 0   ? CYCLE_READY
                                          : i == 1 ? CYCLE_WARMUP
                                                   : CYCLE_MEASURE,
                                          (uint64_t)floor_bytes);
        cycle->load_end_ns = cycle->begin_ns + NSEC_PER_SEC / 2;
        cycle->settled_ns = cycle->begin_ns + 8 * NSEC_PER_SEC / 10;
        cycle->floor_ns = cycle->begin_ns + NSEC_PER_SEC;
        for (unsigned k = 0; k < samples / 7; k++) {
            double at = (double)k / (samples / 7.0);
            double load = i > 0 && at < 0.5 ? 2e6 * (0.5 + 0.5 * sin(60 * at)) : 0;
            struct memory_sample sample = {.t_ns = cycle->begin_ns + (nsec_t)(at * 1e9)};
            memory_sample_set(
                &sample, MEMORY_CURRENT,
                (uint64_t)(floor_bytes + load - (i > 0 && at < 0.5 ? step * (1 - 2 * at) : 0)));
            ck_assert_int_eq(timeline_add_memory(story->timeline, &sample, NULL), 0);
        }
    }
}

void compared_record(struct compared *compared, unsigned samples)
{
    for (unsigned i = 0; i < compared->comparison.n; i++) {
        struct comparison_member *member = &compared->members[i];
        for (unsigned k = 0; k < REPEATS; k++) {
            const struct run_spec spec = {.scenario = "json-tree",
                                          .variant = member->variant,
                                          .settings = {.limit_bytes = 64 * STORY_MIB}};
            struct story story = {0};
            ck_assert_int_eq(record_new(&spec, &compared->records[i][k], NULL), 0);
            struct record *record = compared->records[i][k];
            timeline_free(record->timeline);
            ck_assert_int_eq(timeline_new(samples + 7, &story.timeline, NULL), 0);
            compared_story(&story, i == 1 ? 8e6 + 2e5 * k : 1e4 * k + 1e6 * i, samples);
            record->timeline = story.timeline;
            record->question.limit_bytes = 64 * STORY_MIB;
            if (i == 1)
                timeline_add_mark(record->timeline, 61 * NSEC_PER_SEC, MARK_OOM_KILL, 1, "");
            record->verdict.kind = compared->comparison.variant[i].kind;
            snprintf(record->driver, sizeof(record->driver), "vm");
            snprintf(record->kernel, sizeof(record->kernel), "6.1.0");
            snprintf(record->accel, sizeof(record->accel), "tcg");
            compared->results[i][k] = "results/json-tree";
        }
        member->records = (const struct record *const *)compared->records[i];
        member->results = compared->results[i];
        member->n_records = REPEATS;
    }
}

void compared_free(struct compared *compared)
{
    for (unsigned i = 0; compared != NULL && i < COMPARISON_VARIANTS_MAX; i++)
        for (unsigned k = 0; k < COMPARISON_REPEATS_MAX; k++)
            record_free(compared->records[i][k]);
    free(compared);
}

void compared_freep(struct compared **compared)
{
    compared_free(*compared);
}
