#include "cli/explain_plan.h"

#include <string.h>

#include "driver/build_probe.h"
#include "explain/explanation.h"
#include "scenario/instruments.h"
#include "verdict/indicators.h"

#define KIND(name) (UINT32_C(1) << INSTRUMENT_##name)

/* Shared memory that is less than this share of the growth is not looked for. */
#define SHMEM_SHARE_MIN 0.02
/* What was killed before its floors were seen gets so many times the room, for instruments take
 * memory too; everything takes longer with them. */
#define KILLED_LIMIT_TIMES 2U
#define BUDGET_TIMES       2

/* Are there more threads at the end than there were at first? */
static bool explain_threads_grow(const struct record *plain)
{
    struct floor_series series;
    indicators_floor_series(plain->timeline, plain->question.cycles_min + 1, &series);
    if (series.n < 2)
        return false;
    const struct survey *first = &series.cycle[1]->floor;
    const struct survey *last = &series.cycle[series.n - 1]->floor;
    return survey_has(first, SURVEY_THREADS) && survey_has(last, SURVEY_THREADS) &&
           last->value[SURVEY_THREADS] > first->value[SURVEY_THREADS];
}

/* Those of its runtimes; *ret_native: there is none, and its heap is that of malloc. */
static uint32_t explain_runtimes(const struct record *plain, bool *ret_native)
{
    static const uint32_t kinds[RUNTIME_KIND_MAX_] = {
        [RUNTIME_JVM] = KIND(JAVA),
        [RUNTIME_NODE] = KIND(NODE),
        [RUNTIME_PYTHON] = KIND(PYTHON),
        [RUNTIME_GO] = KIND(GO),
    };
    uint32_t found = 0;
    *ret_native = true;
    for (unsigned i = 0; i < plain->n_runtimes; i++) {
        *ret_native = *ret_native && plain->runtimes[i].kind == RUNTIME_NATIVE;
        found |= kinds[plain->runtimes[i].kind];
    }
    return found;
}

uint32_t explain_choose(const struct record *plain, bool sanitized)
{
    const struct verdict *verdict = &plain->verdict;
    bool leak = verdict->kind == VERDICT_LEAK;
    bool native = false;
    uint32_t chosen = KIND(PAGES) | KIND(MAPPINGS) | KIND(DESCRIPTORS);
    chosen |= explain_runtimes(plain, &native);
    if (native && !sanitized)
        chosen |= KIND(HEAPTRACK);
    if (explain_threads_grow(plain) || (leak && verdict->cause == CAUSE_THREADS) ||
        (leak && verdict->cause == CAUSE_MAPPINGS))
        chosen |= KIND(THREADS);
    /* What is held where nothing grows may be files as well. */
    if (!leak || verdict->cause == CAUSE_SHMEM || verdict->cause == CAUSE_FILES ||
        (verdict->has_shares && verdict->share_shmem > SHMEM_SHARE_MIN))
        chosen |= KIND(FILES);
    return chosen;
}

static bool explain_is_sanitized(const struct run_spec *run)
{
    const struct settings *settings = &run->settings;
    struct build_facts facts = {.is_elf = false};
    if (settings->image != NULL || settings->attach != NULL || settings->service.command == NULL ||
        settings->service.command[0] == NULL)
        return false;
    return build_facts_read(settings->service.command[0], &facts, NULL) == 0 && facts.is_elf &&
           facts.sanitizer != SANITIZER_NONE;
}

int explain_plan_add(const struct run_spec *run, const struct record *plain, uint32_t instruments,
                     struct plan *plan, struct error *err)
{
    struct run_spec again = *run;
    struct settings *settings = &again.settings;
    bool leak = plain->verdict.kind == VERDICT_LEAK;
    again.alias = EXPLANATION_FOLDER;
    again.repeat = 0;
    again.group = 0;
    again.position = 0;
    settings->instruments =
        instruments != 0 ? instruments : explain_choose(plain, explain_is_sanitized(run));
    settings->budget_ns *= BUDGET_TIMES;
    if (leak) {
        settings->trim = NULL;
        if (settings->attach == NULL)
            settings->restart.policy = RESTART_AT_ONCE; /* no kill more than needed */
    }
    if (leak && indicators_oom_kills(plain->timeline) > 0 &&
        settings->limit_bytes != SCENARIO_NO_LIMIT)
        settings->limit_bytes *= KILLED_LIMIT_TIMES;
    return plan_append(plan, &again, err);
}
