#include "tests/support/gated.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "scenario/record_files.h"

static const char *const gated_notes[] = {"kernel 6.1.0-18 in the baseline, 6.1.0-22 here"};
static const char *const gated_report_notes[] = {"repeats ran in turns, a round each"};

unsigned gated_add(struct gated *gated, const char *id, enum gate_case_status status)
{
    static const double bytes[GATE_FIGURE_MAX_] = {
        [GATE_GROWTH] = 0.4,   [GATE_FLOOR] = 4.1e6, [GATE_PEAK] = 9.2e6,
        [GATE_RETAINED] = 2e5, [GATE_THREADS] = 3,   [GATE_DESCRIPTORS] = 7,
    };
    unsigned place = (unsigned)gated->report.n_cases++;
    ck_assert_uint_lt(place, GATED_CASES_MAX);
    struct gate_report_case *one = &gated->cases[place];
    struct gate_result *result = &gated->results[place];
    snprintf(gated->ids[place], sizeof(gated->ids[place]), "%s", id);
    *one = (struct gate_report_case){.id = gated->ids[place],
                                     .scenario = gated->ids[place],
                                     .status = status,
                                     .result = result,
                                     .message = ""};
    result->base = (struct gate_verdicts){.judged = 10, .kind = VERDICT_CLEAN};
    result->base.of[VERDICT_CLEAN] = 10;
    result->now = (struct gate_verdicts){.judged = 4, .kind = VERDICT_CLEAN};
    result->now.of[VERDICT_CLEAN] = 4;
    for (unsigned k = 0; k < GATE_FIGURE_MAX_; k++) {
        double value = bytes[k];
        const struct gate_figure_result figure = {.present = true,
                                                  .base = value,
                                                  .base_low = 0.99 * value,
                                                  .base_high = 1.01 * value,
                                                  .now = k < GATE_THREADS ? 1.002 * value : value,
                                                  .now_low = 0.99 * value,
                                                  .now_high = 1.01 * value,
                                                  .allowed = 0.05 * value + 1,
                                                  .p = 0.6};
        gated_figure(gated, place, (enum gate_figure)k, &figure);
    }
    return place;
}

void gated_figure(struct gated *gated, unsigned place, enum gate_figure figure,
                  const struct gate_figure_result *result)
{
    struct gate_figure_result *to = &gated->results[place].figure[figure];
    *to = *result;
    to->regressed = result->p < 0.01 && result->now > result->base + result->allowed;
    to->improved = result->p < 0.01 && result->now < result->base - result->allowed;
}

static void gated_regression(struct gated *gated)
{
    const struct gate_figure_result floor = {.present = true,
                                             .base = 4.3e6,
                                             .base_low = 4.2e6,
                                             .base_high = 4.4e6,
                                             .now = 8.6e6,
                                             .now_low = 8.5e6,
                                             .now_high = 8.7e6,
                                             .allowed = 215e3,
                                             .p = 1.0 / 1001};
    const struct gate_figure_result growth = {.present = true,
                                              .base = 0.1,
                                              .base_low = -0.4,
                                              .base_high = 0.5,
                                              .now = 62700,
                                              .now_low = 62600,
                                              .now_high = 62800,
                                              .allowed = 16,
                                              .p = 1.0 / 1001};
    unsigned place = gated_add(gated, "json-tree", GATE_CASE_REGRESSED);
    struct gate_result *result = &gated->results[place];
    gated_figure(gated, place, GATE_FLOOR, &floor);
    gated_figure(gated, place, GATE_GROWTH, &growth);
    result->now.of[VERDICT_CLEAN] = 1;
    result->now.of[VERDICT_LEAK] = 3;
    result->now.kind = VERDICT_LEAK;
    result->now.cause = CAUSE_HEAP;
    result->verdict_regressed = true;
    snprintf(
        result->sentence, sizeof(result->sentence),
        "turned from clean to leak (heap): 61.2 KiB per request; floor +100 %% (8.1 to 8.3 MiB; "
        "+5 %% is allowed)");
    snprintf(result->remarks[0], sizeof(result->remarks[0]), "1 of 4 runs says clean");
    gated->cases[place].file = "scenarios/json-tree.json";
    gated->cases[place].line = 12;
    for (unsigned i = 0; i < 4; i++)
        gated->folders[place][i] = i == 0 ? "results/json-tree" : "results/json-tree.2";
    gated->cases[place].results = gated->folders[place];
    gated->cases[place].records = (const struct record *const *)gated->records[place];
    gated->cases[place].n_records = 4;
}

struct gated *gated_new(void)
{
    struct gated *gated = calloc(1, sizeof(*gated));
    ck_assert_ptr_nonnull(gated);
    gated->report = (struct gate_report){.against = "leakcage.json",
                                         .environment = "driver vm (6.1.0-22-amd64, tcg, 2 CPUs)",
                                         .false_alarm_rate = GATE_FALSE_ALARM_RATE,
                                         .repeats = 4,
                                         .cases = gated->cases,
                                         .sentence = "1 of 5 cases regressed: json-tree",
                                         .notes = gated_report_notes,
                                         .n_notes = 1};
    unsigned passed = gated_add(gated, "clean [race]", GATE_CASE_PASSED);
    gated->cases[passed].notes = gated_notes;
    gated->cases[passed].n_notes = 1;
    gated_regression(gated);
    unsigned fresh = gated_add(gated, "warm-up", GATE_CASE_NEW);
    gated->cases[fresh].result = NULL;
    gated->cases[fresh].message = "leakcage.json has no entry of it: `leakcage gate --update "
                                  "--baseline leakcage.json warm-up` makes one";
    unsigned undecided = gated_add(gated, "page-cache", GATE_CASE_UNDECIDED);
    struct gate_result *result = &gated->results[undecided];
    result->now.kind = VERDICT_INCONCLUSIVE;
    result->now.of[VERDICT_CLEAN] = 0;
    result->now.of[VERDICT_INCONCLUSIVE] = 4;
    snprintf(result->sentence, sizeof(result->sentence), "4 of 4 runs are inconclusive");
    unsigned refused = gated_add(gated, "gc-sawtooth", GATE_CASE_REFUSED);
    gated->cases[refused].result = NULL;
    gated->cases[refused].message = "kernel 6.1 in the baseline, 6.12 here: make a baseline here "
                                    "(--update), or gate with --against";
    unsigned missing = gated_add(gated, "slow-leak", GATE_CASE_NOT_RUN);
    gated->cases[missing].result = NULL;
    return gated;
}

void gated_free(struct gated *gated)
{
    if (gated == NULL)
        return;
    for (size_t i = 0; i < gated->report.n_cases; i++)
        for (unsigned k = 0; k < 2 * GATED_RUNS_MAX; k++)
            record_free(gated->records[i][k]);
    free(gated);
}

void gated_freep(struct gated **gated)
{
    gated_free(*gated);
}

void gated_say(struct gated *gated, unsigned place, const char *text)
{
    struct gate_report_case *one = &gated->cases[place];
    struct gate_result *result = &gated->results[place];
    static const char *notes[1];
    notes[0] = text;
    snprintf(gated->ids[place], sizeof(gated->ids[place]), "%s", text);
    one->variant = one->build = one->allocator = one->file = one->message = text;
    one->notes = notes;
    one->n_notes = 1;
    snprintf(result->sentence, sizeof(result->sentence), "%s", text);
    snprintf(result->remarks[0], sizeof(result->remarks[0]), "%s", text);
    for (unsigned i = 0; i < one->n_records && i < GATED_RUNS_MAX; i++)
        gated->folders[place][i] = text;
}

/* Repeats of one recording: as different as repeats are, by one in a thousand or so. */
static void gated_load(struct gated *gated, unsigned place, const char *folder, const char *name,
                       unsigned first, unsigned n)
{
    CLEANUP(freep) char *dir = file_join(folder, name);
    for (unsigned i = 0; i < n; i++) {
        struct error err = {0};
        ck_assert_msg(record_load(dir, &gated->records[place][first + i], &err) == 0, "%s",
                      err.text);
        struct timeline *timeline = gated->records[place][first + i]->timeline;
        for (size_t k = 0; k < timeline->n_memory; k++) {
            uint64_t *bytes = &timeline->memory[k].value[MEMORY_CURRENT];
            *bytes += *bytes / 1000 * i;
        }
        for (size_t k = 0; k < timeline->n_cycles; k++) {
            uint64_t *bytes = &timeline->cycles[k].floor.value[SURVEY_PSS_ANON];
            if (survey_has(&timeline->cycles[k].floor, SURVEY_PSS_ANON))
                *bytes += *bytes / 1000 * i;
            if (timeline->cycles[k].peak_bytes != SURVEY_ABSENT)
                timeline->cycles[k].peak_bytes += timeline->cycles[k].peak_bytes / 500 * i;
        }
        gated->folders[place][first + i] = name;
    }
}

void gated_recorded(struct gated *gated, unsigned place, const char *folder,
                    const struct gated_runs *runs)
{
    struct gate_report_case *one = &gated->cases[place];
    struct record **now = gated->records[place];
    struct record **before = now + GATED_RUNS_MAX;
    struct comparison_run judged[2][GATED_RUNS_MAX] = {{{0}}};
    gated_load(gated, place, folder, runs->now, 0, runs->n_now);
    gated_load(gated, place, folder, runs->before, GATED_RUNS_MAX, runs->n_before);
    for (unsigned side = 0; side < 2; side++) {
        for (unsigned i = 0; i < (side == 0 ? runs->n_before : runs->n_now); i++) {
            const struct record *record = side == 0 ? before[i] : now[i];
            struct comparison_run *run = &judged[side][i];
            *run = (struct comparison_run){.judged = true,
                                           .kind = record->verdict.kind,
                                           .cause = record->verdict.cause,
                                           .growth = record->verdict.growth};
            figures_of_run(record->timeline, &record->question, &record->verdict, &run->figures);
        }
    }
    const struct gate_side base = {judged[0], runs->n_before};
    const struct gate_side candidate = {judged[1], runs->n_now};
    const struct gate_budgets budgets = {0};
    struct gate_result *result = &gated->results[place];
    gate_decide(&base, &candidate, &budgets, 0.01, result);
    one->result = result;
    one->status = result->status == GATE_REGRESSED   ? GATE_CASE_REGRESSED
                  : result->status == GATE_UNDECIDED ? GATE_CASE_UNDECIDED
                                                     : GATE_CASE_PASSED;
    one->message = "";
    one->records = (const struct record *const *)now;
    one->results = gated->folders[place];
    one->n_records = runs->n_now;
    one->base_records = (const struct record *const *)before;
    one->base_results = gated->folders[place] + GATED_RUNS_MAX;
    one->n_base_records = runs->n_before;
}
