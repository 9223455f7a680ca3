#include "report/records_ci.h"

#include <string.h>

#include "explain/explanation_sentence.h"
#include "report/ci_figures.h"
#include "verdict/indicators.h"

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
            metrics[ret->n_metrics++] = ci_figure((enum figure)k, figures.value[k]);
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

/* Who takes what grows: first of its details, and where it is told. */
static void records_ci_explain(struct ci_list *list, const struct records_ci_place *place,
                               struct ci_case *ret)
{
    char sentence[EXPLANATION_SENTENCE_MAX];
    const struct explanation *explanation = place->explanation;
    if (explanation == NULL || explanation_sentence(explanation, sentence)[0] == '\0')
        return;
    const char *text = ci_list_printf(list, "%s", sentence);
    ret->details = ret->details != NULL ? ci_list_line(list, text, ret->details) : text;
    const struct explanation_frame *frame = explanation_place(&explanation->entries[0]);
    if (place->file == NULL || frame == NULL || ret->status == CI_PASSED)
        return;
    ret->file = place->file;
    ret->line = (unsigned)frame->line;
}

int records_ci(const struct records_ci_input *input, struct ci_list *ret, struct error *err)
{
    unsigned counts[OUTCOME_MAX_] = {0};
    bool has_broken = input->n_broken > 0;
    ci_list_begin(ret, input->n + has_broken);
    ret->report.name = "leakcage";
    for (size_t i = 0; !ret->failed && i < input->n; i++) {
        const struct stored_record *item = &input->items[i];
        counts[item->record->outcome]++;
        records_ci_case(ret, item->record, item->dir, &ret->cases[i]);
        if (input->places != NULL)
            records_ci_explain(ret, &input->places[i], &ret->cases[i]);
    }
    ret->report.summary =
        ci_list_printf(ret, "%zu run%s: %u passed, %u failed, %u undecided, %u in error", input->n,
                       input->n == 1 ? "" : "s", counts[OUTCOME_PASS], counts[OUTCOME_FAIL],
                       counts[OUTCOME_UNDECIDED], counts[OUTCOME_ERROR]);
    if (has_broken && !ret->failed)
        ret->cases[input->n] = (struct ci_case){
            .id = "results",
            .scenario = "results",
            .status = CI_ERROR,
            .rule = "failed",
            .message = ci_list_printf(ret, "%zu result%s could not be taken: see standard error",
                                      input->n_broken, input->n_broken == 1 ? "" : "s"),
        };
    return ci_list_end(ret, err);
}
