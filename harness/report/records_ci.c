#include "report/records_ci.h"

#include <string.h>

#include "verdict/figures.h"
#include "verdict/indicators.h"

/* Figures as OpenMetrics names them, in its base units. */
static const struct {
    const char *name, *unit, *help;
    double divisor;
} record_metrics[FIGURE_MAX_] = {
    [FIGURE_GROWTH] = {"growth_bytes_per_request", "bytes_per_request",
                       "What each request leaves behind, by the floor", 1},
    [FIGURE_FLOOR] = {"floor_bytes", "bytes", "What is in use at rest, after all was reclaimed", 1},
    [FIGURE_PEAK] = {"peak_bytes", "bytes", "The highest use of memory under the load", 1},
    [FIGURE_RETAINED] = {"retained_bytes", "bytes",
                         "What stays after the load, above the service as it came up", 1},
    [FIGURE_RATE] = {"rate_requests_per_second", "requests_per_second",
                     "Requests completed per second of load", 1},
    [FIGURE_P50] = {"latency_p50_seconds", "seconds", "Median latency of a request", 1e9},
    [FIGURE_P99] = {"latency_p99_seconds", "seconds", "99th percentile of latency", 1e9},
    [FIGURE_CPU] = {"cpu_seconds_per_request", "seconds_per_request",
                    "Processor time per completed request", 1e9},
    [FIGURE_KILLED] = {"requests_to_kill", NULL, "Requests until it was killed at the limit", 1},
    [FIGURE_THREADS] = {"threads", NULL, "Threads after the load", 1},
    [FIGURE_DESCRIPTORS] = {"descriptors", NULL, "Open files, sockets and pipes after the load", 1},
};

enum { RECORD_METRICS_MAX = FIGURE_MAX_ + 3 };

static void records_ci_metrics(struct ci_list *list, const struct record *record,
                               struct ci_case *ret)
{
    struct figures figures = {0};
    struct ci_metric *metrics = ci_list_alloc(list, RECORD_METRICS_MAX * sizeof(*metrics));
    if (metrics == NULL)
        return;
    if (record->outcome != OUTCOME_ERROR)
        figures_of_run(record->timeline, &record->question, &record->verdict, &figures);
    for (unsigned k = 0; k < FIGURE_MAX_; k++)
        if (figures_has(&figures, (enum figure)k))
            metrics[ret->n_metrics++] = (struct ci_metric){
                .name = record_metrics[k].name,
                .unit = record_metrics[k].unit,
                .help = record_metrics[k].help,
                .value = figures.value[k] / record_metrics[k].divisor,
            };
    if (record->question.limit_bytes != UINT64_MAX)
        metrics[ret->n_metrics++] =
            (struct ci_metric){.name = "limit_bytes",
                               .unit = "bytes",
                               .help = "What the service may use",
                               .value = (double)record->question.limit_bytes};
    metrics[ret->n_metrics++] =
        (struct ci_metric){.name = "oom_kills",
                           .help = "How often it was killed at the limit",
                           .value = (double)indicators_oom_kills(record->timeline)};
    metrics[ret->n_metrics++] = (struct ci_metric){.name = "starts",
                                                   .help = "How often the service was started",
                                                   .value = (double)record->starts};
    ret->metrics = metrics;
}

/* "expected clean, found leak (heap): floors rise …" */
static const char *records_ci_message(struct ci_list *list, const struct record *record)
{
    char expected[64];
    const struct verdict *verdict = &record->verdict;
    bool has_cause = verdict->cause != CAUSE_NONE;
    if (record->outcome == OUTCOME_ERROR)
        return record->error.kind != ERROR_NONE ? record->error.text
                                                : termination_name(record->termination);
    record_expectation_text(record, expected, sizeof(expected));
    bool other = *expected != '\0' && record->outcome != OUTCOME_PASS;
    return ci_list_printf(
        list, "%s%s%s%s%s%s%s: %s", other ? "expected " : "", other ? expected : "",
        other ? ", found " : "", verdict_kind_name(verdict->kind), has_cause ? " (" : "",
        has_cause ? cause_name(verdict->cause) : "", has_cause ? ")" : "", verdict->reason);
}

static const char *records_ci_details(struct ci_list *list, const struct record *record,
                                      const char *dir)
{
    const char *details = NULL;
    if (record->outcome != OUTCOME_ERROR) {
        if (record->verdict.evidence[0] != '\0')
            details = ci_list_line(list, details, record->verdict.evidence);
        if (record->verdict.effect[0] != '\0')
            details = ci_list_line(list, details, record->verdict.effect);
        for (unsigned i = 0; i < record->verdict.n_findings; i++)
            details = ci_list_line(list, details, record->verdict.findings[i]);
    }
    for (unsigned i = 0; i < record->n_warnings; i++)
        details =
            ci_list_line(list, details, ci_list_printf(list, "warning: %s", record->warnings[i]));
    if (dir != NULL)
        details = ci_list_line(list, details, ci_list_printf(list, "result: %s", dir));
    return details;
}

/* Which run it is, where names do not tell: one of several repeats. */
static const char *records_ci_run(struct ci_list *list, const struct record *record)
{
    bool has_variant = record->variant[0] != '\0';
    const char *plain =
        ci_list_printf(list, "%s%s%s", record->scenario, has_variant ? "." : "", record->variant);
    return plain != NULL && strcmp(plain, record->id) == 0 ? NULL : record->id;
}

static void records_ci_case(struct ci_list *list, const struct record *record, const char *dir,
                            struct ci_case *ret)
{
    *ret = (struct ci_case){
        .id = record->id,
        .scenario = record->scenario[0] != '\0' ? record->scenario : record->id,
        .variant = ci_list_word(record->variant),
        .build = ci_list_word(record->build),
        .allocator = ci_list_word(record->allocator),
        .run = records_ci_run(list, record),
        .file = dir != NULL ? ci_list_printf(list, "%s/result.json", dir) : NULL,
        .line = dir != NULL ? 1 : 0,
        .message = records_ci_message(list, record),
        .details = records_ci_details(list, record, dir),
        .duration_ns = record->duration_ns - record->waited_ns,
    };
    switch (record->outcome) {
    case OUTCOME_FAIL:
        ret->status = CI_FAILED;
        ret->rule = record->verdict.kind == VERDICT_LEAK ? "leak" : "verdict";
        break;
    case OUTCOME_ERROR:
        ret->status = CI_ERROR;
        ret->rule = "failed";
        break;
    case OUTCOME_UNDECIDED:
        ret->status = CI_UNDECIDED;
        ret->rule = "undecided";
        break;
    default:
        ret->status = CI_PASSED;
    }
    if (record->outcome != OUTCOME_ERROR) {
        ret->verdict = verdict_kind_name(record->verdict.kind);
        if (record->verdict.cause != CAUSE_NONE)
            ret->cause = cause_name(record->verdict.cause);
    }
    records_ci_metrics(list, record, ret);
}

int records_ci(const struct records_ci_item *items, size_t n, struct ci_list *ret,
               struct error *err)
{
    unsigned counts[OUTCOME_MAX_] = {0};
    ci_list_begin(ret, n);
    ret->report.name = "leakcage";
    for (size_t i = 0; !ret->failed && i < n; i++) {
        counts[items[i].record->outcome]++;
        records_ci_case(ret, items[i].record, items[i].dir, &ret->cases[i]);
    }
    ret->report.summary =
        ci_list_printf(ret, "%zu run%s: %u passed, %u failed, %u undecided, %u in error", n,
                       n == 1 ? "" : "s", counts[OUTCOME_PASS], counts[OUTCOME_FAIL],
                       counts[OUTCOME_UNDECIDED], counts[OUTCOME_ERROR]);
    return ci_list_end(ret, err);
}
