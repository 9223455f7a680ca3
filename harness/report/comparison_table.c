#include "report/comparison_table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "report/comparison_cells.h"
#include "report/grid.h"
#include "report/line_text.h"

#define NAME_COLUMNS_MAX     24
#define MARKDOWN_COLUMNS_MAX 60 /* it scrolls */
#define LINE_BYTES_MAX       ((size_t)16 * 1024)

/* Before the columns of the variants stand a heading and a unit. */
#define TABLE_LABELS 2
/* The head, verdict, cause, limit, how sure growth is, and the figures. */
#define TABLE_ROWS_MAX (5 + FIGURE_MAX_)

struct comparison_table {
    const struct comparison_report *report;
    enum table_format format;
    struct terminal_style style;
    struct grid *values; /* owned */
    struct grid *ratios; /* owned */
};

static enum line_text_form comparison_table_form(const struct comparison_table *table)
{
    if (table->format == TABLE_MARKDOWN)
        return LINE_TEXT_MARKDOWN;
    return table->style.utf8 ? LINE_TEXT_UTF8 : LINE_TEXT_ASCII;
}

/* The text of a cell, cut to the columns that a name may have. */
static void comparison_table_set(const struct comparison_table *table, struct grid_cell *cell,
                                 const char *text)
{
    CLEANUP(buffer_done) struct buffer buffer = BUFFER_INIT(LINE_BYTES_MAX);
    bool markdown = table->format == TABLE_MARKDOWN;
    line_text_shorten(text, markdown ? MARKDOWN_COLUMNS_MAX : NAME_COLUMNS_MAX,
                      comparison_table_form(table), &buffer, NULL);
    snprintf(cell->text, sizeof(cell->text), "%s", buffer_text(&buffer));
}

/* A new row with these labels; its cells are empty. */
static struct grid_cell *comparison_table_row(const struct comparison_table *table,
                                              struct grid *grid, const char *heading,
                                              const char *unit)
{
    struct grid_cell *row = grid_at(grid, grid->rows++, 0);
    comparison_table_set(table, &row[0], heading);
    comparison_table_set(table, &row[1], unit);
    row[1].tone = GRID_DIM;
    return row;
}

static enum grid_tone comparison_table_verdict_tone(const struct comparison_variant *variant)
{
    if (variant->skipped != NULL || !variant->has_verdict)
        return GRID_WARN;
    if (variant->kind == VERDICT_CLEAN)
        return GRID_GOOD;
    return variant->kind == VERDICT_LEAK ? GRID_BAD : GRID_WARN;
}

static void comparison_table_verdicts(const struct comparison_table *table, struct grid *grid)
{
    const struct comparison *comparison = table->report->comparison;
    char text[COMPARISON_TEXT_MAX];
    bool causes = false;
    struct grid_cell *row = comparison_table_row(table, grid, "verdict", "");
    for (unsigned i = 0; i < comparison->n; i++) {
        const struct comparison_variant *variant = &comparison->variant[i];
        struct grid_cell *cell = &row[TABLE_LABELS + i];
        comparison_table_set(table, cell, comparison_verdict_text(variant, text));
        cell->tone = comparison_table_verdict_tone(variant);
        causes = causes || (variant->has_verdict && variant->cause != CAUSE_NONE);
    }
    if (!causes)
        return;
    row = comparison_table_row(table, grid, "cause", "");
    for (unsigned i = 0; i < comparison->n; i++) {
        const struct comparison_variant *variant = &comparison->variant[i];
        bool has_cause = variant->has_verdict && variant->cause != CAUSE_NONE;
        comparison_table_set(table, &row[TABLE_LABELS + i],
                             has_cause ? cause_name(variant->cause) : "-");
    }
}

/* Limits, where they are not all the same (else they are said above the table). */
static void comparison_table_limits(const struct comparison_table *table, struct grid *grid)
{
    const struct comparison_report *report = table->report;
    uint64_t limit_bytes[COMPARISON_VARIANTS_MAX] = {0};
    uint64_t least = UINT64_MAX;
    uint64_t most = 0;
    for (unsigned i = 0; i < report->comparison->n; i++) {
        if (!comparison_limit(&report->members[i], &limit_bytes[i]))
            continue;
        least = limit_bytes[i] < least ? limit_bytes[i] : least;
        most = limit_bytes[i] > most ? limit_bytes[i] : most;
    }
    if (most <= least)
        return;
    struct units_scale scale = units_scale_bytes((double)most);
    struct grid_cell *row = comparison_table_row(table, grid, "limit", scale.name);
    for (unsigned i = 0; i < report->comparison->n; i++) {
        char text[UNITS_TEXT_MAX] = "-";
        if (limit_bytes[i] > 0)
            units_format_scaled((double)limit_bytes[i], &scale, text);
        comparison_table_set(table, &row[TABLE_LABELS + i], text);
    }
}

static enum grid_tone comparison_table_tone(const struct comparison_cell *cell)
{
    if (!cell->differs)
        return GRID_PLAIN;
    if (cell->worse)
        return GRID_BAD;
    return cell->better ? GRID_GOOD : GRID_BOLD;
}

/* How sure each estimate of growth is, below it. */
static void comparison_table_growth_range(const struct comparison_table *table, struct grid *grid,
                                          const struct comparison_row *figure)
{
    const struct comparison *comparison = table->report->comparison;
    struct comparison_cell cell;
    unsigned most = 0;
    bool any = false;
    for (unsigned i = 0; i < comparison->n; i++) {
        comparison_cell_of(comparison, figure, i, &cell);
        any = any || cell.range[0] != '\0';
        unsigned n = comparison->variant[i].figure[figure->figure].n;
        most = n > most ? n : most;
    }
    if (!any)
        return;
    struct grid_cell *row =
        comparison_table_row(table, grid, most > 1 ? "  low to high" : "  95 %", figure->unit);
    row[0].tone = GRID_DIM;
    for (unsigned i = 0; i < comparison->n; i++) {
        comparison_cell_of(comparison, figure, i, &cell);
        comparison_table_set(table, &row[TABLE_LABELS + i],
                             cell.range[0] != '\0' ? cell.range : "-");
        row[TABLE_LABELS + i].tone = GRID_DIM;
    }
}

/* An empty grid, and its head: the variants from `first` on, behind so many labels. */
static void comparison_table_heads(const struct comparison_table *table, struct grid *grid,
                                   unsigned labels, unsigned first)
{
    const struct comparison *comparison = table->report->comparison;
    grid_clear(grid);
    grid->rows = 1;
    grid->columns = labels + comparison->n - first;
    grid->heads = 1;
    grid->labels = labels;
    for (unsigned i = first; i < comparison->n; i++) {
        struct grid_cell *cell = grid_at(grid, 0, labels + i - first);
        comparison_table_set(table, cell, comparison->variant[i].name);
        cell->tone = GRID_BOLD;
    }
}

static void comparison_table_values(const struct comparison_table *table, bool intervals)
{
    const struct comparison *comparison = table->report->comparison;
    struct grid *grid = table->values;
    comparison_table_heads(table, grid, TABLE_LABELS, 0);
    comparison_table_verdicts(table, grid);
    comparison_table_limits(table, grid);
    for (unsigned k = 0; k < FIGURE_COMPARED_MAX_; k++) {
        struct comparison_row figure;
        comparison_row_of(comparison, (enum figure)k, &figure);
        /* Absent here is no missing measurement: nobody was killed. */
        if (k == FIGURE_KILLED && !figure.has_figure)
            continue;
        struct grid_cell *row = comparison_table_row(table, grid, figure.heading, figure.unit);
        for (unsigned i = 0; i < comparison->n; i++) {
            struct comparison_cell cell;
            comparison_cell_of(comparison, &figure, i, &cell);
            comparison_table_set(table, &row[TABLE_LABELS + i], cell.value);
            row[TABLE_LABELS + i].tone = comparison_table_tone(&cell);
            row[TABLE_LABELS + i].marked = cell.differs;
        }
        if (k == FIGURE_GROWTH && intervals)
            comparison_table_growth_range(table, grid, &figure);
    }
}

/* How many times the first variant's each figure is; no rows when nothing can be compared. */
static void comparison_table_ratios(const struct comparison_table *table, bool intervals)
{
    const struct comparison *comparison = table->report->comparison;
    struct grid *grid = table->ratios;
    comparison_table_heads(table, grid, 1, 1);
    for (unsigned k = 0; k < FIGURE_COMPARED_MAX_; k++) {
        struct comparison_row figure;
        comparison_row_of(comparison, (enum figure)k, &figure);
        if (!figure.has_ratio)
            continue;
        struct grid_cell *row = grid_at(grid, grid->rows++, 0);
        comparison_table_set(table, &row[0], figure.heading);
        for (unsigned i = 1; i < comparison->n; i++) {
            struct comparison_cell cell;
            char text[4 * COMPARISON_TEXT_MAX];
            comparison_cell_of(comparison, &figure, i, &cell);
            snprintf(text, sizeof(text), intervals && cell.interval[0] != '\0' ? "%s (%s)" : "%s",
                     cell.ratio[0] != '\0' ? cell.ratio : "-", cell.interval);
            comparison_table_set(table, &row[i], text);
            row[i].tone = cell.differs ? comparison_table_tone(&cell) : GRID_DIM;
            row[i].marked = cell.differs && cell.ratio[0] != '\0';
        }
    }
}

static unsigned comparison_table_lines(const struct comparison_table *table)
{
    unsigned width = table->style.width;
    return grid_lines(table->values, width) + grid_lines(table->ratios, width);
}

/* With intervals and a row per figure where that fits; else without, whichever way round is
 * shorter. Markdown scrolls. Returns whether the intervals are there. */
static bool comparison_table_lay_out(const struct comparison_table *table)
{
    unsigned width = table->style.width;
    comparison_table_values(table, true);
    comparison_table_ratios(table, true);
    if (table->format == TABLE_MARKDOWN ||
        (grid_bands(table->values, width) <= 1 && grid_bands(table->ratios, width) <= 1))
        return true;
    comparison_table_values(table, false);
    comparison_table_ratios(table, false);
    unsigned upright = comparison_table_lines(table);
    grid_turn(table->values);
    grid_turn(table->ratios);
    if (comparison_table_lines(table) >= upright) {
        grid_turn(table->values);
        grid_turn(table->ratios);
    }
    return false;
}

static const char *comparison_table_bold(const struct comparison_table *table, bool begin)
{
    if (table->format == TABLE_MARKDOWN)
        return "**";
    if (!table->style.color)
        return "";
    return begin ? "\033[1m" : "\033[0m";
}

/* A text below or above the tables: a line of its own, wrapped on a terminal. */
static int comparison_table_line(const struct comparison_table *table, const char *before,
                                 const char *text, struct buffer *out, struct error *err)
{
    CLEANUP(buffer_done) struct buffer line = BUFFER_INIT(LINE_BYTES_MAX);
    bool markdown = table->format == TABLE_MARKDOWN;
    /* An error may quote a log: as much of it as there is room for. */
    if (line_text_append(text, comparison_table_form(table), &line, err) < 0)
        return -1;
    const struct line_text_indent indent = {before, markdown ? "  " : "    "};
    return line_text_wrap(buffer_text(&line), &indent, markdown ? 0 : table->style.width, out, err);
}

static int comparison_table_title(const struct comparison_table *table, struct buffer *out,
                                  struct error *err)
{
    CLEANUP(buffer_done) struct buffer facts = BUFFER_INIT(LINE_BYTES_MAX);
    comparison_facts(table->report, &facts);
    buffer_append_text(out, comparison_table_bold(table, true), NULL);
    line_text_append(table->report->scenario, comparison_table_form(table), out, NULL);
    buffer_append_text(out, comparison_table_bold(table, false), NULL);
    line_text_append(buffer_text(&facts), comparison_table_form(table), out, NULL);
    return buffer_append_text(out, "\n\n", err);
}

/* Whom a remark is written for. */
struct comparison_remark_sink {
    const struct comparison_table *table;
    struct buffer *out;
    struct error *err;
    bool failed;
    bool any;
};

static void comparison_table_remark(void *user, const char *subject, const char *text)
{
    struct comparison_remark_sink *sink = user;
    CLEANUP(buffer_done) struct buffer line = BUFFER_INIT(LINE_BYTES_MAX);
    const char *before = sink->table->format == TABLE_MARKDOWN ? "- " : "  ";
    int done = 0;
    sink->any = true;
    if (subject != NULL)
        done = buffer_printf(&line, sink->err, "%s: %s", subject, text);
    else
        done = buffer_append_text(&line, text, sink->err);
    if (done < 0 ||
        comparison_table_line(sink->table, before, buffer_text(&line), sink->out, sink->err) < 0)
        sink->failed = true;
}

/* Names that were cut are said in full. */
static void comparison_table_names(const struct comparison_table *table,
                                   struct comparison_remark_sink *sink)
{
    const struct comparison *comparison = table->report->comparison;
    for (unsigned i = 0; i < comparison->n; i++) {
        if (line_text_columns(comparison->variant[i].name) <= NAME_COLUMNS_MAX)
            continue;
        CLEANUP(buffer_done) struct buffer cut = BUFFER_INIT(LINE_BYTES_MAX);
        line_text_shorten(comparison->variant[i].name, NAME_COLUMNS_MAX,
                          table->style.utf8 ? LINE_TEXT_UTF8 : LINE_TEXT_ASCII, &cut, NULL);
        comparison_table_remark(sink, buffer_text(&cut), comparison->variant[i].name);
    }
}

static int comparison_table_sentence(const struct comparison_table *table, struct buffer *out,
                                     struct error *err)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(LINE_BYTES_MAX);
    const char *sentence = table->report->comparison->sentence;
    const char *before = table->format == TABLE_MARKDOWN ? "" : "  ";
    if (sentence[0] == '\0')
        return 0;
    if (comparison_table_line(table, before, sentence, &text, err) < 0)
        return -1;
    buffer_append_text(out, comparison_table_bold(table, true), NULL);
    buffer_append(out, buffer_text(&text), text.length - 1, NULL);
    buffer_append_text(out, comparison_table_bold(table, false), NULL);
    return buffer_append_text(out, "\n\n", err);
}

static int comparison_table_below(const struct comparison_table *table, bool intervals,
                                  struct buffer *out, struct error *err)
{
    struct comparison_remark_sink sink = {.table = table, .out = out, .err = err};
    /* Where one scrolls down to the end of it, it stands there. */
    if (table->format == TABLE_TERMINAL && comparison_table_sentence(table, out, err) < 0)
        return -1;
    comparison_remarks(table->report, comparison_table_remark, &sink);
    if (!intervals)
        comparison_table_remark(&sink, NULL,
                                "intervals do not fit here: the HTML and --json have them");
    if (table->format == TABLE_TERMINAL)
        comparison_table_names(table, &sink);
    return sink.failed ? -1 : buffer_append_text(out, sink.any ? "\n" : "", err);
}

static int comparison_table_put(const struct comparison_table *table, struct buffer *out,
                                struct error *err)
{
    const struct comparison *comparison = table->report->comparison;
    bool intervals = true;
    char title[COMPARISON_TITLE_MAX];
    if (comparison_table_title(table, out, err) < 0)
        return -1;
    if (table->format == TABLE_MARKDOWN && comparison_table_sentence(table, out, err) < 0)
        return -1;
    if (comparison->n > 0) {
        intervals = comparison_table_lay_out(table);
        if (grid_write(table->values, table->format, &table->style, out, err) < 0)
            return -1;
        buffer_append_text(out, "\n", NULL);
    }
    struct grid *ratios = table->ratios;
    if (comparison->n > 1 && ratios->rows > ratios->heads && ratios->columns > ratios->labels) {
        bool markdown = table->format == TABLE_MARKDOWN;
        comparison_ratio_title(comparison, title);
        if (comparison_table_line(table, markdown ? "" : "  ", title, out, err) < 0)
            return -1;
        if (markdown)
            buffer_append_text(out, "\n", NULL);
        if (grid_write(ratios, table->format, &table->style, out, err) < 0)
            return -1;
        buffer_append_text(out, "\n", NULL);
    } else {
        intervals = true;
    }
    return comparison_table_below(table, intervals, out, err);
}

int comparison_table_write(const struct comparison_report *report, enum table_format format,
                           const struct terminal_style *style, struct buffer *out,
                           struct error *err)
{
    struct comparison_table table = {.report = report, .format = format, .style = *style};
    table.values = grid_new(TABLE_ROWS_MAX, TABLE_LABELS + COMPARISON_VARIANTS_MAX);
    table.ratios = grid_new(TABLE_ROWS_MAX, TABLE_LABELS + COMPARISON_VARIANTS_MAX);
    int done = -1;
    if (table.values == NULL || table.ratios == NULL)
        error_out_of_memory(err);
    else
        done = comparison_table_put(&table, out, err);
    grid_free(table.values);
    grid_free(table.ratios);
    return done;
}
