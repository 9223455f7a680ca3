#include "report/comparison_overlay.h"

#include "report/overlay.h"

/* The first record that was sampled; NULL: none. */
static const struct record *overlay_first(const struct comparison_member *member,
                                          size_t *ret_repeat)
{
    for (size_t k = 0; k < member->n_records; k++) {
        *ret_repeat = k;
        if (member->records[k] != NULL && member->records[k]->timeline->n_memory > 0)
            return member->records[k];
    }
    return NULL;
}

/* Each limit that is in force. */
static void overlay_limits(struct overlay *overlay, const struct comparison_report *report)
{
    for (unsigned i = 0; i < report->comparison->n; i++) {
        size_t repeat = 0;
        const struct record *record = overlay_first(&report->members[i], &repeat);
        if (record != NULL && record->question.limit_bytes != UINT64_MAX)
            overlay_add_limit(overlay, (double)record->question.limit_bytes,
                              report->comparison->variant[i].name);
    }
}

static bool overlay_make_footprint(struct overlay *overlay, const struct comparison_report *report)
{
    for (unsigned i = 0; i < report->comparison->n; i++) {
        struct overlay_look look = {
            .name = report->comparison->variant[i].name, .named = true, .look = i};
        const struct record *record = overlay_first(&report->members[i], &look.repeat);
        if (record != NULL && !overlay_add_footprint(overlay, record->timeline, &look))
            return false;
    }
    return true;
}

void comparison_overlay_footprint(struct html_writer *writer,
                                  const struct comparison_report *report)
{
    struct overlay *overlay = overlay_new();
    if (overlay == NULL || !overlay_make_footprint(overlay, report)) {
        overlay_out_of_memory(writer);
        overlay_free(overlay);
        return;
    }
    overlay_limits(overlay, report);
    overlay_write_footprint(writer, overlay, "memory held over time, by variant");
    overlay_free(overlay);
}

static bool overlay_make_floors(struct overlay *overlay, const struct comparison_report *report)
{
    for (unsigned i = 0; i < report->comparison->n; i++) {
        const struct comparison_member *member = &report->members[i];
        struct overlay_look look = {
            .name = report->comparison->variant[i].name, .named = true, .look = i, .thin = true};
        for (look.repeat = 0; look.repeat < member->n_records; look.repeat++) {
            const struct record *record = member->records[look.repeat];
            if (record == NULL || record->timeline->n_cycles == 0)
                continue;
            if (!overlay_add_floors(overlay, record->timeline, &look))
                return false;
            look.named = false;
        }
    }
    return true;
}

void comparison_overlay_floors(struct html_writer *writer, const struct comparison_report *report)
{
    struct overlay *overlay = overlay_new();
    if (overlay == NULL || !overlay_make_floors(overlay, report)) {
        overlay_out_of_memory(writer);
        overlay_free(overlay);
        return;
    }
    overlay_write_floors(writer, overlay, "floors against completed requests, by variant");
    overlay_free(overlay);
}
