#include "report/comparison_json.h"
#include "report/json_texts.h"

static void comparison_json_figure(struct json_writer *writer, enum figure name,
                                   const struct comparison_figure *figure)
{
    if (!figure->present)
        return;
    json_write_object(writer, figure_info[name].key);
    json_write_double(writer, "median", figure->median);
    json_write_double(writer, "low", figure->low);
    json_write_double(writer, "high", figure->high);
    json_write_u64(writer, "n", figure->n);
    if (figure->has_ratio) {
        json_write_object(writer, "ratio");
        json_write_double(writer, "estimate", figure->ratio);
        if (figure->confidence > 0) {
            json_write_double(writer, "low", figure->ratio_low);
            json_write_double(writer, "high", figure->ratio_high);
            json_write_double(writer, "confidence", figure->confidence);
        }
        json_write_close_object(writer);
    }
    if (figure->has_p) {
        json_write_double(writer, "p", figure->p);
        json_write_bool(writer, "differs", figure->differs);
    }
    json_write_close_object(writer);
}

static void comparison_json_variant(struct json_writer *writer,
                                    const struct comparison_variant *variant,
                                    const struct comparison_member *member)
{
    json_write_object(writer, NULL);
    json_write_text(writer, "name", json_word(member->variant));
    json_write_text(writer, "label", variant->name);
    json_write_text(writer, "build", json_word(member->build));
    json_write_text(writer, "malloc", json_word(member->allocator));
    json_write_text(writer, "skipped", variant->skipped);
    if (variant->has_verdict) {
        json_write_text(writer, "verdict", verdict_kind_name(variant->kind));
        json_write_text(writer, "cause", cause_name(variant->cause));
        json_write_u64(writer, "agree", variant->agree);
    }
    if (variant->skipped == NULL) {
        json_write_u64(writer, "runs", variant->runs);
        json_write_u64(writer, "failed", variant->failed);
        json_write_object(writer, "figures");
        for (unsigned k = 0; k < FIGURE_COMPARED_MAX_; k++)
            comparison_json_figure(writer, (enum figure)k, &variant->figure[k]);
        json_write_close_object(writer);
    }
    json_write_texts(writer, "results", member->results, member->n_records);
    json_write_texts(writer, "notes", member->notes, member->n_notes);
    json_write_close_object(writer);
}

void comparison_json_write(struct json_writer *writer, const char *key,
                           const struct comparison_report *report)
{
    const struct comparison *comparison = report->comparison;
    json_write_object(writer, key);
    json_write_text(writer, "schema", "leakcage.comparison/1");
    json_write_text(writer, "scenario", report->scenario);
    json_write_text(writer, "sentence", json_word(comparison->sentence));
    json_write_u64(writer, "repeats", comparison->repeats);
    if (comparison->repeats_needed > 0)
        json_write_u64(writer, "repeats_needed", comparison->repeats_needed);
    json_write_double(writer, "alpha", comparison->alpha);
    json_write_array(writer, "variants");
    for (unsigned i = 0; i < comparison->n; i++)
        comparison_json_variant(writer, &comparison->variant[i], &report->members[i]);
    json_write_close_array(writer);
    json_write_texts(writer, "notes", report->notes, report->n_notes);
    json_write_close_object(writer);
}
