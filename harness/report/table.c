#include "report/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/units.h"
#include "explain/explanation_sentence.h"
#include "report/line_text.h"
#include "verdict/indicators.h"

#define CELL_MAX    640 /* an id is the longest */
#define ID_TEXT_MAX ((size_t)4096)

enum column {
    COLUMN_OUTCOME,
    COLUMN_RUN,
    COLUMN_VERDICT,
    COLUMN_CAUSE,
    COLUMN_GROWTH,
    COLUMN_PEAK,
    COLUMN_LIMIT,
    COLUMN_KILLS,
    COLUMN_RESTARTS,
    COLUMN_REQUESTS,
    COLUMN_TIME,
    COLUMN_MAX_
};

static const struct {
    const char *name;
    bool right; /* numbers stand at the right */
} columns[COLUMN_MAX_] = {
    [COLUMN_OUTCOME] = {"outcome", false},  [COLUMN_RUN] = {"run", false},
    [COLUMN_VERDICT] = {"verdict", false},  [COLUMN_CAUSE] = {"cause", false},
    [COLUMN_GROWTH] = {"growth", true},     [COLUMN_PEAK] = {"peak", true},
    [COLUMN_LIMIT] = {"limit", true},       [COLUMN_KILLS] = {"kills", true},
    [COLUMN_RESTARTS] = {"restarts", true}, [COLUMN_REQUESTS] = {"requests", true},
    [COLUMN_TIME] = {"time", true},
};

struct row {
    char cell[COLUMN_MAX_][CELL_MAX]; /* "": not measured */
};

static void table_growth(const struct verdict *verdict, char *cell)
{
    char text[UNITS_TEXT_MAX];
    if (verdict->kind != VERDICT_LEAK)
        return;
    if (verdict->has_time_rate)
        snprintf(cell, CELL_MAX, "%s/s", units_format_bytes(verdict->bytes_per_s, text));
    else if (verdict->growth.present)
        snprintf(cell, CELL_MAX, "%s/request", units_format_bytes(verdict->growth.estimate, text));
}

static void table_bytes(uint64_t bytes, char *cell)
{
    char text[UNITS_TEXT_MAX];
    snprintf(cell, CELL_MAX, "%s", units_format_bytes((double)bytes, text));
}

static enum line_text_form table_form(const struct table *table)
{
    if (table->format == TABLE_MARKDOWN)
        return LINE_TEXT_MARKDOWN;
    return table->style.utf8 ? LINE_TEXT_UTF8 : LINE_TEXT_ASCII;
}

static void table_row(const struct table *table, const struct record *record, struct row *row)
{
    CLEANUP(buffer_done) struct buffer id = BUFFER_INIT(ID_TEXT_MAX);
    const struct verdict *verdict = &record->verdict;
    const struct load_counts counts = indicators_counts(record->timeline);
    char text[UNITS_TEXT_MAX];
    uint64_t peak = 0;
    *row = (struct row){0};
    snprintf(row->cell[COLUMN_OUTCOME], CELL_MAX, "%s", outcome_name(record->outcome));
    line_text_append(record->id, table_form(table), &id, NULL);
    snprintf(row->cell[COLUMN_RUN], CELL_MAX, "%s", buffer_text(&id));
    snprintf(row->cell[COLUMN_TIME], CELL_MAX, "%s",
             units_format_duration(record->duration_ns - record->waited_ns, text));
    if (record->question.limit_bytes != UINT64_MAX)
        table_bytes(record->question.limit_bytes, row->cell[COLUMN_LIMIT]);
    if (record->error.kind == ERROR_NONE) {
        snprintf(row->cell[COLUMN_VERDICT], CELL_MAX, "%s", verdict_kind_name(verdict->kind));
        if (verdict->cause != CAUSE_NONE)
            snprintf(row->cell[COLUMN_CAUSE], CELL_MAX, "%s", cause_name(verdict->cause));
        table_growth(verdict, row->cell[COLUMN_GROWTH]);
    }
    if (record->timeline->n_memory == 0)
        return;
    if (indicators_peak(record->timeline, ~0U, &peak))
        table_bytes(peak, row->cell[COLUMN_PEAK]);
    snprintf(row->cell[COLUMN_KILLS], CELL_MAX, "%" PRIu64, indicators_oom_kills(record->timeline));
    if (record->starts > 0)
        snprintf(row->cell[COLUMN_RESTARTS], CELL_MAX, "%u", record->starts - 1);
    snprintf(row->cell[COLUMN_REQUESTS], CELL_MAX, "%s",
             units_format_count(load_counts_completed(&counts), text));
}

static void table_separate(const struct table *table, const size_t *width, struct buffer *out)
{
    (void)width;
    if (table->format != TABLE_MARKDOWN)
        return;
    buffer_append_text(out, "|", NULL);
    for (unsigned i = 0; i < COLUMN_MAX_; i++)
        buffer_append_text(out, columns[i].right ? " ---: |" : " --- |", NULL);
    buffer_append_text(out, "\n", NULL);
}

/* One line of the table; `color` is around the first cell. */
static int table_line(const struct table *table, const struct row *row, const size_t *width,
                      const char *color, struct buffer *out, struct error *err)
{
    bool markdown = table->format == TABLE_MARKDOWN;
    buffer_append_text(out, markdown ? "|" : " ", NULL);
    for (unsigned i = 0; i < COLUMN_MAX_; i++) {
        const char *cell = row->cell[i];
        if (markdown) {
            buffer_printf(out, NULL, " %s |", cell);
            continue;
        }
        cell = *cell == '\0' ? "-" : cell;
        size_t more = strlen(cell) - line_text_columns(cell); /* bytes that take no column */
        int pad = i + 1 == COLUMN_MAX_ && !columns[i].right ? 0 : (int)(width[i] + more);
        buffer_printf(out, NULL, columns[i].right ? " %s%*s%s" : " %s%-*s%s", i == 0 ? color : "",
                      pad, cell, i == 0 && *color != '\0' ? "\033[0m" : "");
        if (i + 1 < COLUMN_MAX_)
            buffer_append_text(out, " ", NULL);
    }
    return buffer_append_text(out, "\n", err);
}

static const char *table_color(const struct table *table, const struct record *record)
{
    if (!table->style.color || table->format != TABLE_TERMINAL)
        return "";
    switch (record->outcome) {
    case OUTCOME_PASS:
        return "\033[1;32m";
    case OUTCOME_FAIL:
        return "\033[1;31m";
    default:
        return "\033[1;33m";
    }
}

static int table_rows(const struct table *table, struct buffer *out, struct error *err)
{
    size_t width[COLUMN_MAX_];
    struct row head;
    struct row row;
    for (unsigned i = 0; i < COLUMN_MAX_; i++) {
        snprintf(head.cell[i], CELL_MAX, "%s", columns[i].name);
        width[i] = strlen(columns[i].name);
    }
    for (size_t k = 0; k < table->n_records; k++) {
        table_row(table, table->records[k], &row);
        for (unsigned i = 0; i < COLUMN_MAX_; i++)
            width[i] = line_text_columns(row.cell[i]) > width[i] ? line_text_columns(row.cell[i])
                                                                 : width[i];
    }
    if (table_line(table, &head, width, "", out, err) < 0)
        return -1;
    table_separate(table, width, out);
    for (size_t k = 0; k < table->n_records; k++) {
        table_row(table, table->records[k], &row);
        if (table_line(table, &row, width, table_color(table, table->records[k]), out, err) < 0)
            return -1;
    }
    return buffer_append_text(out, "\n", err);
}

/* Why a run is not as expected: what was, and what was found instead. */
static void table_why(const struct table *table, const struct record *record, struct buffer *out)
{
    char expected[64];
    const char *mark = table->format == TABLE_MARKDOWN ? "**" : "";
    buffer_printf(out, NULL, "%s%s", table->format == TABLE_MARKDOWN ? "- " : "  ", mark);
    line_text_append(record->id, table_form(table), out, NULL);
    buffer_printf(out, NULL, "%s: ", mark);
    if (record->error.kind != ERROR_NONE) {
        line_text_append(record->error.text, table_form(table), out, NULL);
        buffer_append_text(out, "\n", NULL);
        return;
    }
    record_expectation_text(record, expected, sizeof(expected));
    if (*expected != '\0')
        buffer_printf(out, NULL, "expected %s, found %s", expected,
                      verdict_kind_name(record->verdict.kind));
    else
        buffer_append_text(out, verdict_kind_name(record->verdict.kind), NULL);
    if (record->verdict.cause != CAUSE_NONE)
        buffer_printf(out, NULL, " (%s)", cause_name(record->verdict.cause));
    buffer_append_text(out, ": ", NULL);
    line_text_append(record->verdict.reason, table_form(table), out, NULL);
    buffer_append_text(out, "\n", NULL);
}

/* Who takes what grows, of each that is explained. */
static void table_explain(const struct table *table, struct buffer *out)
{
    bool markdown = table->format == TABLE_MARKDOWN;
    const char *mark = markdown ? "**" : "";
    bool first = true;
    for (size_t i = 0; table->explanations != NULL && i < table->n_records; i++) {
        char sentence[EXPLANATION_SENTENCE_MAX] = "";
        if (table->explanations[i] != NULL)
            explanation_sentence(table->explanations[i], sentence);
        if (*sentence == '\0')
            continue;
        buffer_printf(out, NULL, "%s%s%s", first ? "\n" : "", markdown ? "- " : "  ", mark);
        line_text_append(table->records[i]->id, table_form(table), out, NULL);
        buffer_printf(out, NULL, "%s: ", mark);
        line_text_append(sentence, table_form(table), out, NULL);
        buffer_append_text(out, "\n", NULL);
        first = false;
    }
}

const char *records_warning(const struct record *const *records, size_t n, size_t *ret_warned)
{
    const char *text = NULL;
    *ret_warned = 0;
    for (size_t i = 0; i < n; i++) {
        if (records[i] == NULL || records[i]->n_warnings == 0)
            continue;
        text = text != NULL ? text : records[i]->warnings[0];
        ++*ret_warned;
    }
    return text;
}

int table_write(const struct table *table, struct buffer *out, struct error *err)
{
    unsigned counts[OUTCOME_MAX_] = {0};
    if (table_rows(table, out, err) < 0)
        return -1;
    for (size_t i = 0; i < table->n_records; i++)
        counts[table->records[i]->outcome]++;
    buffer_printf(out, NULL, "%s%zu run%s: %u passed, %u failed, %u undecided, %u in error\n",
                  table->format == TABLE_MARKDOWN ? "" : "  ", table->n_records,
                  table->n_records == 1 ? "" : "s", counts[OUTCOME_PASS], counts[OUTCOME_FAIL],
                  counts[OUTCOME_UNDECIDED], counts[OUTCOME_ERROR]);
    if (counts[OUTCOME_PASS] < table->n_records)
        buffer_append_text(out, "\n", NULL);
    for (size_t i = 0; i < table->n_records; i++)
        if (table->records[i]->outcome != OUTCOME_PASS)
            table_why(table, table->records[i], out);
    table_explain(table, out);
    return buffer_append_text(out, "", err);
}
