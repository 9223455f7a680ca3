#include "verdict/floor_fit.h"
#include "view/view_parts.h"

static void view_write_floor(struct json_writer *writer, const struct floor_fit *fit,
                             const struct cycle *cycle, uint64_t requests)
{
    const struct floor_fit_point *point = floor_fit_find(fit, cycle);
    json_write_object(writer, NULL);
    view_write_time(writer, "t_s", cycle->floor_ns);
    json_write_u64(writer, "requests", requests);
    json_write_i64(writer, "bytes", indicators_floor(&cycle->floor).total_bytes);
    json_write_u64(writer, "start", cycle->start);
    json_write_text(writer, "kind", cycle_kind_name(cycle->kind));
    json_write_bool(writer, "judged", point != NULL);
    if (point != NULL && fit->has_line) {
        json_write_decimal(writer, "fit_bytes", point->fit_bytes, 0);
        json_write_decimal(writer, "low_bytes", point->low_bytes, 0);
        json_write_decimal(writer, "high_bytes", point->high_bytes, 0);
    }
    json_write_close_object(writer);
}

void view_write_floors(struct json_writer *writer, const struct record *record)
{
    const struct timeline *timeline = record->timeline;
    const struct verdict_growth *growth = &record->verdict.growth;
    struct floor_fit fit;
    uint64_t requests = 0;
    floor_fit(timeline, &record->question, &fit);
    json_write_array(writer, "floors");
    for (size_t i = 0; i < timeline->n_cycles; i++) {
        const struct cycle *cycle = &timeline->cycles[i];
        requests += load_counts_completed(&cycle->counts);
        if (cycle->complete && indicators_floor(&cycle->floor).present)
            view_write_floor(writer, &fit, cycle, requests);
    }
    json_write_close_array(writer);
    if (!growth->present)
        return;
    json_write_object(writer, "slope");
    json_write_decimal(writer, "estimate", growth->estimate, 2);
    json_write_decimal(writer, "low", growth->low, 2);
    json_write_decimal(writer, "high", growth->high, 2);
    if (record->verdict.by_heap)
        json_write_text(writer, "of", "heap");
    json_write_close_object(writer);
}
