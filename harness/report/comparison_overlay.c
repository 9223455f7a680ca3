#include "report/comparison_overlay.h"

#include <stdio.h>
#include <string.h>

#include "base/units.h"
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

/* The place of this limit among the rules; as many as there are when it is not there yet. */
static size_t overlay_find_limit(const struct overlay *overlay, double limit_bytes)
{
    size_t k = 0;
    while (k < overlay->n_rules && overlay->rules[k].y != limit_bytes)
        k++;
    return k;
}

/* A line for each limit that is in force. Where there are several, each says whose it is. */
static void overlay_limits(struct overlay *overlay, const struct comparison_report *report)
{
    char of[OVERLAY_RULES_MAX][OVERLAY_TITLE_MAX] = {{0}};
    char text[UNITS_TEXT_MAX];
    for (unsigned i = 0; i < report->comparison->n; i++) {
        size_t repeat = 0;
        const struct record *record = overlay_first(&report->members[i], &repeat);
        if (record == NULL || record->question.limit_bytes == UINT64_MAX)
            continue;
        double limit_bytes = (double)record->question.limit_bytes;
        size_t k = overlay_find_limit(overlay, limit_bytes);
        overlay->n_rules += k == overlay->n_rules;
        overlay->rules[k] = (struct chart_rule){.name = overlay->rule[k], .y = limit_bytes};
        size_t length = strlen(of[k]);
        snprintf(of[k] + length, sizeof(of[k]) - length, "%s%.80s", length > 0 ? ", " : "",
                 report->comparison->variant[i].name);
    }
    for (size_t k = 0; k < overlay->n_rules; k++) {
        bool several = overlay->n_rules > 1;
        snprintf(overlay->rule[k], OVERLAY_TITLE_MAX, "limit %s%s%.200s",
                 units_format_bytes(overlay->rules[k].y, text), several ? " of " : "",
                 several ? of[k] : "");
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
