#include "report/comparison_cells.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static struct units_scale comparison_scale(enum figure figure, double largest)
{
    /* The unit is in the name. */
    const char *key = figure_info[figure].key;
    if (strstr(key, "_bytes") != NULL)
        return units_scale_bytes(largest);
    if (strstr(key, "_ns") != NULL)
        return units_scale_duration(largest);
    return units_scale_count(largest);
}

void comparison_row_of(const struct comparison *comparison, enum figure figure,
                       struct comparison_row *ret)
{
    double largest = 0;
    *ret = (struct comparison_row){.figure = figure, .heading = figure_info[figure].heading};
    for (unsigned i = 0; i < comparison->n; i++) {
        const struct comparison_figure *cell = &comparison->variant[i].figure[figure];
        if (!cell->present || !isfinite(cell->median))
            continue;
        ret->has_figure = true;
        ret->has_ratio = ret->has_ratio || (i > 0 && cell->has_ratio && isfinite(cell->ratio));
        largest = fabs(cell->median) > largest ? fabs(cell->median) : largest;
    }
    ret->scale = comparison_scale(figure, largest);
    ret->unit = !ret->has_figure ? "" : figure == FIGURE_KILLED ? "req." : ret->scale.name;
}

/* "8.91", "12.4", "340", "0.004". */
static const char *comparison_ratio_text(double ratio, char *text)
{
    double size = fabs(ratio);
    if (size > 0 && size < 0.0005)
        snprintf(text, UNITS_TEXT_MAX, "%s", ratio < 0 ? ">-0.001" : "<0.001");
    else if (size >= 1e7)
        snprintf(text, UNITS_TEXT_MAX, "%.2g", ratio);
    else
        snprintf(text, UNITS_TEXT_MAX, "%.*f",
                 size >= 99.95                 ? 0
                 : size >= 9.995               ? 1
                 : size >= 0.0995 || size == 0 ? 2
                                               : 3,
                 ratio);
    return text;
}

/* For the worse or the better? What only this variant has (it was killed) is for the worse. */
static void comparison_direction(const struct comparison *comparison, enum figure figure,
                                 unsigned variant, struct comparison_cell *cell)
{
    const struct comparison_figure *first = &comparison->variant[0].figure[figure];
    const struct comparison_figure *here = &comparison->variant[variant].figure[figure];
    if (figure == FIGURE_KILLED && first->present != here->present) {
        cell->worse = here->present;
        cell->better = first->present;
        return;
    }
    if (!first->present || !here->present || first->median == here->median)
        return;
    cell->worse = (here->median > first->median) == figure_info[figure].higher_is_worse;
    cell->better = !cell->worse;
}

void comparison_cell_of(const struct comparison *comparison, const struct comparison_row *row,
                        unsigned variant, struct comparison_cell *ret)
{
    const struct comparison_variant *of = &comparison->variant[variant];
    const struct comparison_figure *figure = &of->figure[row->figure];
    char text[UNITS_TEXT_MAX];
    char other[UNITS_TEXT_MAX];
    *ret = (struct comparison_cell){.value = "-"};
    ret->differs = variant > 0 && figure->differs;
    if (ret->differs)
        comparison_direction(comparison, row->figure, variant, ret);
    if (!figure->present || !isfinite(figure->median))
        return;
    unsigned judged = of->runs > of->failed ? of->runs - of->failed : 0;
    snprintf(ret->value, sizeof(ret->value), "%s",
             units_format_scaled(figure->median, &row->scale, text));
    if (figure->n < judged)
        snprintf(ret->value, sizeof(ret->value), "%s (%u/%u)", text, figure->n, judged);
    if (isfinite(figure->low) && isfinite(figure->high) &&
        (figure->low < figure->high || figure->n > 1)) {
        units_format_scaled(figure->low, &row->scale, text);
        units_format_scaled(figure->high, &row->scale, other);
        snprintf(ret->range, sizeof(ret->range), strcmp(text, other) == 0 ? "%s" : "%s to %s", text,
                 other);
    }
    if (variant == 0 || !figure->has_ratio || !isfinite(figure->ratio))
        return;
    snprintf(ret->ratio, sizeof(ret->ratio), "%s", comparison_ratio_text(figure->ratio, text));
    if (figure->confidence > 0 && isfinite(figure->ratio_low) && isfinite(figure->ratio_high))
        snprintf(ret->interval, sizeof(ret->interval), "%s to %s",
                 comparison_ratio_text(figure->ratio_low, text),
                 comparison_ratio_text(figure->ratio_high, other));
}

const char *comparison_verdict_text(const struct comparison_variant *variant, char *text)
{
    unsigned judged = variant->runs > variant->failed ? variant->runs - variant->failed : 0;
    if (variant->skipped != NULL || !variant->has_verdict) {
        snprintf(text, COMPARISON_TEXT_MAX, "%s", variant->skipped != NULL ? "skipped" : "failed");
        return text;
    }
    int length = snprintf(text, COMPARISON_TEXT_MAX, "%s", verdict_kind_name(variant->kind));
    for (int i = 0; i < length; i++)
        text[i] = (char)(text[i] == '-' ? ' ' : toupper((unsigned char)text[i]));
    if (variant->agree < judged)
        snprintf(text + length, COMPARISON_TEXT_MAX - (size_t)length, " %u/%u", variant->agree,
                 judged);
    return text;
}

const char *comparison_ratio_title(const struct comparison *comparison, char *text)
{
    double least = 1;
    double most = 0;
    for (unsigned i = 1; i < comparison->n; i++) {
        for (unsigned k = 0; k < FIGURE_COMPARED_MAX_; k++) {
            const struct comparison_figure *figure = &comparison->variant[i].figure[k];
            if (!figure->has_ratio || figure->confidence <= 0)
                continue;
            least = figure->confidence < least ? figure->confidence : least;
            most = figure->confidence > most ? figure->confidence : most;
        }
    }
    int length = snprintf(text, COMPARISON_TITLE_MAX, "× %.100s",
                          comparison->n > 0 ? comparison->variant[0].name : "");
    char *end = text + length;
    size_t room = COMPARISON_TITLE_MAX - (size_t)length;
    /* Rounded down: no more is said than holds. */
    double percent = floor(1000 * least + 1e-9) / 10;
    if (most > 0 && most - least < 0.0005)
        snprintf(end, room, " (%.3g %% interval)", percent);
    else if (most > 0)
        snprintf(end, room, " (intervals of at least %.3g %%)", percent);
    return text;
}

bool comparison_limit(const struct comparison_member *member, uint64_t *ret_bytes)
{
    bool found = false;
    for (size_t i = 0; i < member->n_records; i++) {
        const struct record *record = member->records[i];
        if (record == NULL || record->question.limit_bytes == UINT64_MAX)
            continue;
        uint64_t limit_bytes = record->question.limit_bytes;
        *ret_bytes = found && *ret_bytes < limit_bytes ? *ret_bytes : limit_bytes;
        found = true;
    }
    return found;
}

/* The first record of all; NULL when there is none. */
static const struct record *comparison_first_record(const struct comparison_report *report)
{
    for (unsigned i = 0; i < report->comparison->n; i++)
        for (size_t k = 0; k < report->members[i].n_records; k++)
            if (report->members[i].records[k] != NULL)
                return report->members[i].records[k];
    return NULL;
}

void comparison_facts(const struct comparison_report *report, struct buffer *out)
{
    const struct comparison *comparison = report->comparison;
    const struct record *record = comparison_first_record(report);
    char text[UNITS_TEXT_MAX];
    uint64_t limit_bytes = 0;
    unsigned runs = 0;
    for (unsigned i = 0; i < comparison->n; i++)
        runs = comparison->variant[i].runs > runs ? comparison->variant[i].runs : runs;
    buffer_printf(out, NULL, " · %u variant%s · %u repeat%s", comparison->n,
                  comparison->n == 1 ? "" : "s", runs, runs == 1 ? "" : "s");
    bool same = comparison->n > 0 && comparison_limit(&report->members[0], &limit_bytes);
    for (unsigned i = 1; i < comparison->n && same; i++) {
        uint64_t other_bytes = limit_bytes;
        same = !comparison_limit(&report->members[i], &other_bytes) || other_bytes == limit_bytes;
    }
    if (same)
        buffer_printf(out, NULL, " · limit %s", units_format_bytes((double)limit_bytes, text));
    if (record != NULL && record->driver[0] != '\0')
        buffer_printf(out, NULL, " · driver %s (%s%s%s)", record->driver, record->kernel,
                      record->accel[0] != '\0' ? ", " : "", record->accel);
}
