#include "report/gate_json.h"

#include "report/gate_cells.h"
#include "report/json_texts.h"

static void gate_json_range(struct json_writer *writer, const char *key, double median, double low,
                            double high)
{
    json_write_object(writer, key);
    json_write_double(writer, "median", median);
    json_write_double(writer, "low", low);
    json_write_double(writer, "high", high);
    json_write_close_object(writer);
}

static void gate_json_figures(struct json_writer *writer, const struct gate_result *result)
{
    json_write_object(writer, "figures");
    for (unsigned k = 0; k < GATE_FIGURE_MAX_; k++) {
        const struct gate_figure_result *figure = &result->figure[k];
        if (!figure->present)
            continue;
        json_write_object(writer, figure_info[gate_figure_info[k].figure].key);
        gate_json_range(writer, "baseline", figure->base, figure->base_low, figure->base_high);
        gate_json_range(writer, "now", figure->now, figure->now_low, figure->now_high);
        json_write_double(writer, "allowed", figure->allowed);
        json_write_double(writer, "p", figure->p);
        json_write_bool(writer, "regressed", figure->regressed);
        json_write_bool(writer, "improved", figure->improved);
        json_write_close_object(writer);
    }
    json_write_close_object(writer);
}

static void gate_json_runs(struct json_writer *writer, const char *key,
                           const struct gate_verdicts *verdicts)
{
    json_write_object(writer, key);
    for (unsigned kind = 0; kind < VERDICT_KIND_MAX_; kind++)
        if (verdicts->of[kind] > 0)
            json_write_u64(writer, verdict_kind_name((enum verdict_kind)kind), verdicts->of[kind]);
    json_write_close_object(writer);
}

static void gate_json_verdict(struct json_writer *writer, const struct gate_result *result)
{
    json_write_object(writer, "verdict");
    if (result->base.judged > 0)
        json_write_text(writer, "baseline", verdict_kind_name(result->base.kind));
    if (result->now.judged > 0) {
        json_write_text(writer, "now", verdict_kind_name(result->now.kind));
        json_write_text(writer, "cause", cause_name(result->now.cause));
    }
    json_write_bool(writer, "regressed", result->verdict_regressed);
    json_write_object(writer, "runs");
    gate_json_runs(writer, "baseline", &result->base);
    gate_json_runs(writer, "now", &result->now);
    json_write_close_object(writer);
    json_write_close_object(writer);
}

/* What the comparison remarks, and what is known besides. */
static void gate_json_notes(struct json_writer *writer, const struct gate_report_case *one)
{
    const char *remarks[2] = {NULL, NULL};
    bool any = false;
    for (unsigned i = 0; one->result != NULL && i < 2; i++) {
        remarks[i] = json_word(one->result->remarks[i]);
        any = any || remarks[i] != NULL;
    }
    if (!any) {
        json_write_texts(writer, "notes", one->notes, one->n_notes);
        return;
    }
    json_write_array(writer, "notes");
    for (unsigned i = 0; i < 2; i++)
        if (remarks[i] != NULL)
            json_write_text(writer, NULL, remarks[i]);
    for (size_t i = 0; i < one->n_notes; i++)
        if (one->notes[i] != NULL)
            json_write_text(writer, NULL, one->notes[i]);
    json_write_close_array(writer);
}

static void gate_json_case(struct json_writer *writer, const struct gate_report_case *one)
{
    const struct gate_result *result = one->result;
    json_write_object(writer, NULL);
    json_write_text(writer, "id", one->id);
    json_write_text(writer, "scenario", one->scenario);
    json_write_text(writer, "variant", json_word(one->variant));
    json_write_text(writer, "build", json_word(one->build));
    json_write_text(writer, "malloc", json_word(one->allocator));
    json_write_text(writer, "file", json_word(one->file));
    if (one->line > 0)
        json_write_u64(writer, "line", one->line);
    json_write_text(writer, "status", gate_case_status_names[one->status]);
    const char *message = json_word(one->message);
    json_write_text(writer, "message",
                    message == NULL && result != NULL ? json_word(result->sentence) : message);
    if (result != NULL) {
        json_write_text(writer, "sentence", json_word(result->sentence));
        gate_json_verdict(writer, result);
        gate_json_figures(writer, result);
        json_write_bool(writer, "suspect", result->suspect);
        if (result->too_few && result->repeats_needed > 0)
            json_write_u64(writer, "repeats_needed", result->repeats_needed);
    }
    gate_json_notes(writer, one);
    json_write_texts(writer, "results", one->results, one->n_records);
    json_write_texts(writer, "baseline_results", one->base_results, one->n_base_records);
    json_write_close_object(writer);
}

static void gate_json_counts(struct json_writer *writer, const struct gate_report *report)
{
    size_t counts[GATE_CASE_STATUS_MAX_] = {0};
    for (size_t i = 0; i < report->n_cases; i++)
        counts[report->cases[i].status]++;
    json_write_object(writer, "counts");
    json_write_u64(writer, "cases", report->n_cases);
    for (unsigned status = 0; status < GATE_CASE_STATUS_MAX_; status++)
        if (counts[status] > 0)
            json_write_u64(writer, gate_case_status_names[status], counts[status]);
    json_write_close_object(writer);
}

void gate_json_write(struct json_writer *writer, const char *key, const struct gate_report *report)
{
    json_write_object(writer, key);
    json_write_text(writer, "schema", "leakcage.gate/1");
    json_write_text(writer, "sentence", json_word(report->sentence));
    json_write_bool(writer, "passed", gate_passed(report));
    gate_json_counts(writer, report);
    json_write_text(writer, "against", json_word(report->against));
    json_write_text(writer, "environment", json_word(report->environment));
    json_write_double(writer, "false_alarm_rate", report->false_alarm_rate);
    json_write_u64(writer, "repeats", report->repeats);
    json_write_array(writer, "cases");
    for (size_t i = 0; i < report->n_cases; i++)
        gate_json_case(writer, &report->cases[i]);
    json_write_close_array(writer);
    json_write_texts(writer, "notes", report->notes, report->n_notes);
    json_write_close_object(writer);
}
