#include "report/gate_overlay.h"

#include <math.h>

#include "report/overlay.h"

#define GATE_LOOK_NOW  0
#define GATE_LOOK_BASE 1

typedef bool gate_overlay_add(struct overlay *overlay, const struct timeline *timeline,
                              const struct overlay_look *look);

static bool gate_overlay_is_drawn(const struct record *record)
{
    return record != NULL && (record->timeline->n_memory > 0 || record->timeline->n_cycles > 0);
}

bool gate_overlay_has_charts(const struct gate_report_case *one)
{
    for (size_t i = 0; i < one->n_records; i++)
        if (gate_overlay_is_drawn(one->records[i]))
            return true;
    return false;
}

static bool gate_overlay_side(struct overlay *overlay, const struct record *const *records,
                              size_t n, struct overlay_look *look, gate_overlay_add *add)
{
    for (look->repeat = 0; look->repeat < n; look->repeat++) {
        const struct record *record = records[look->repeat];
        if (!gate_overlay_is_drawn(record))
            continue;
        if (!add(overlay, record->timeline, look))
            return false;
        look->named = false;
    }
    return true;
}

/* What is allowed, and over it what the baseline's runs had. */
static void gate_overlay_bands(struct overlay *overlay, const struct gate_report_case *one,
                               enum gate_figure figure, const char *const *names)
{
    if (one->result == NULL || !one->result->figure[figure].present)
        return;
    const struct gate_figure_result *result = &one->result->figure[figure];
    double allowed = result->base + result->allowed;
    if (!isfinite(allowed) || !isfinite(result->base_low) || !isfinite(result->base_high))
        return;
    overlay->bands[overlay->n_bands++] = (struct chart_band){
        .name = names[0], .low = fmin(result->base_high, allowed), .high = allowed, .look = 0};
    overlay->bands[overlay->n_bands++] = (struct chart_band){
        .name = names[1], .low = result->base_low, .high = result->base_high, .look = 1};
}

/* All of its runs: those of the baseline below, those that are judged over them. NULL: the writer
 * has the failure. */
static struct overlay *gate_overlay_new(struct html_writer *writer,
                                        const struct gate_report_case *one, gate_overlay_add *add)
{
    struct overlay *overlay = overlay_new();
    struct overlay_look before = {.name = "baseline",
                                  .named = true,
                                  .look = GATE_LOOK_BASE,
                                  .thin = true,
                                  .from = CYCLE_MEASURE};
    struct overlay_look now = before;
    now.name = "now";
    now.look = GATE_LOOK_NOW;
    if (overlay != NULL &&
        gate_overlay_side(overlay, one->base_records, one->n_base_records, &before, add) &&
        gate_overlay_side(overlay, one->records, one->n_records, &now, add))
        return overlay;
    overlay_out_of_memory(writer);
    overlay_free(overlay);
    return NULL;
}

void gate_overlay_footprint(struct html_writer *writer, const struct gate_report_case *one,
                            size_t points_max)
{
    static const char *const names[] = {"peak that the budget allows", "peaks of the baseline"};
    struct overlay *overlay = gate_overlay_new(writer, one, overlay_add_footprint);
    if (overlay == NULL)
        return;
    overlay->points_max = points_max;
    gate_overlay_bands(overlay, one, GATE_PEAK, names);
    overlay_write_footprint(writer, overlay, "memory held over time, by repeat");
    overlay_free(overlay);
}

void gate_overlay_floors(struct html_writer *writer, const struct gate_report_case *one,
                         size_t points_max)
{
    static const char *const names[] = {"floor that the budget allows", "floors of the baseline"};
    struct overlay *overlay = gate_overlay_new(writer, one, overlay_add_floors);
    if (overlay == NULL)
        return;
    overlay->points_max = points_max;
    overlay->close_up = true;
    gate_overlay_bands(overlay, one, GATE_FLOOR, names);
    overlay_write_floors(writer, overlay, "floors against completed requests, by repeat");
    overlay_free(overlay);
}
