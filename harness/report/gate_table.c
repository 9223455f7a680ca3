#include "report/gate_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "report/gate_cells.h"
#include "report/gate_grid.h"
#include "report/gate_markdown.h"

/* More that passed, with nothing to tell, are only named. */
#define GATE_PLAIN_MAX   20
#define GATE_LINE_MAX    ((size_t)16 * 1024)
#define GATE_NAMES_MAX   ((size_t)2 * 1024 * 1024)
#define GATE_LIST_INDENT 13 /* behind the longest status */

struct gate_table {
    const struct gate_report *report;
    const struct gate_report_case **cases; /* owned; in the order in which they are listed */
    struct gate_order order;
    struct terminal_style style;
    struct buffer *out;
    bool failed; /* the error is in `err` */
    struct error *err;
};

static enum line_text_form gate_table_form(const struct gate_table *table)
{
    return table->style.utf8 ? LINE_TEXT_UTF8 : LINE_TEXT_ASCII;
}

static void gate_table_put(struct gate_table *table, const char *text)
{
    if (!table->failed)
        table->failed = buffer_append_text(table->out, text, table->err) < 0;
}

/* A text made harmless, in lines. */
static void gate_table_lines(struct gate_table *table, const char *first, const char *next,
                             const char *text)
{
    CLEANUP(buffer_done) struct buffer line = BUFFER_INIT(GATE_NAMES_MAX);
    const struct line_text_indent indent = {first, next};
    if (table->failed)
        return;
    table->failed =
        line_text_append(text, gate_table_form(table), &line, table->err) < 0 ||
        line_text_wrap(buffer_text(&line), &indent, table->style.width, table->out, table->err) < 0;
}

static void gate_table_tone(struct gate_table *table, enum grid_tone tone, const char *text)
{
    const char *code = grid_tone_code(&table->style, tone);
    gate_table_put(table, code);
    gate_table_put(table, text);
    gate_table_put(table, code[0] != '\0' ? "\033[0m" : "");
}

static void gate_table_title(struct gate_table *table)
{
    CLEANUP(buffer_done) struct buffer facts = BUFFER_INIT(GATE_NAMES_MAX);
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(GATE_NAMES_MAX);
    CLEANUP(buffer_done) struct buffer lines = BUFFER_INIT(GATE_NAMES_MAX);
    static const char name[] = "leakcage gate";
    const struct line_text_indent indent = {"", "  "};
    buffer_append_text(&facts, name, NULL);
    gate_facts(table->report, &facts);
    line_text_append(buffer_text(&facts), gate_table_form(table), &text, NULL);
    line_text_wrap(buffer_text(&text), &indent, table->style.width, &lines, NULL);
    gate_table_tone(table, GRID_BOLD, name);
    /* Facts that are beyond all bounds are left out: then there is nothing behind the name. */
    if (lines.length > strlen(name))
        gate_table_put(table, buffer_text(&lines) + strlen(name));
    gate_table_put(table, "\n");
}

/* Pieces that are put beside each other while they fit. */
struct gate_flow {
    struct gate_table *table;
    unsigned column;
};

static void gate_flow_put(struct gate_flow *flow, const char *text, enum grid_tone tone)
{
    CLEANUP(buffer_done) struct buffer line = BUFFER_INIT(GATE_LINE_MAX);
    struct gate_table *table = flow->table;
    line_text_append(text, gate_table_form(table), &line, NULL);
    unsigned columns = (unsigned)line_text_columns(buffer_text(&line));
    bool fits = table->style.width == 0 || flow->column + 2 + columns <= table->style.width;
    if (flow->column > GATE_LIST_INDENT && fits) {
        gate_table_put(table, "  ");
        flow->column += 2;
    } else if (flow->column > GATE_LIST_INDENT) {
        gate_table_put(table, "\n             ");
        flow->column = GATE_LIST_INDENT;
    }
    gate_table_tone(table, tone, buffer_text(&line));
    flow->column += columns;
}

static void gate_table_remark(void *user, const char *text)
{
    gate_table_lines(user, "    ", "      ", text);
}

static void gate_list_remark(void *user, const char *text)
{
    gate_table_lines(user, "             ", "               ", text);
}

/* "  regressed  json-tree.fixed [race]". */
static void gate_table_name(struct gate_table *table, const struct gate_report_case *one)
{
    char status[32];
    const char *name = gate_case_status_names[one->status];
    snprintf(status, sizeof(status), "%*s", (int)(GATE_LIST_INDENT - 2 - strlen(name)), "");
    gate_table_put(table, "  ");
    gate_table_tone(table, gate_status_tone(one->status), name);
    CLEANUP(buffer_done) struct buffer line = BUFFER_INIT(GATE_LINE_MAX);
    CLEANUP(buffer_done) struct buffer lines = BUFFER_INIT(GATE_LINE_MAX);
    const struct line_text_indent indent = {status, "             "};
    unsigned width = table->style.width;
    line_text_append(one->id, gate_table_form(table), &line, NULL);
    /* What stands before it is on the paper already. */
    unsigned taken = 2 + (unsigned)strlen(name);
    line_text_wrap(buffer_text(&line), &indent, width > taken ? width - taken : width, &lines,
                   NULL);
    gate_table_put(table, buffer_text(&lines));
}

/* A case where there is no room for a row: its name, then what there is to tell. */
static void gate_list_case(struct gate_table *table, const struct gate_report_case *one)
{
    char text[2 * GATE_TEXT_MAX];
    char verdict[GATE_TEXT_MAX];
    struct gate_flow flow = {.table = table, .column = GATE_LIST_INDENT};
    gate_table_name(table, one);
    enum grid_tone tone = gate_verdict_tone(one);
    snprintf(text, sizeof(text), "%s%s", gate_verdict_text(one, verdict),
             tone == GRID_BAD ? " *" : "");
    bool any = strcmp(verdict, "-") != 0;
    if (any) {
        gate_table_put(table, "             ");
        gate_flow_put(&flow, text, tone);
    }
    for (unsigned k = 0; k < GATE_FIGURE_MAX_ && any; k++) {
        struct gate_cell cell;
        gate_cell_of(one, (enum gate_figure)k, &cell);
        if (!gate_has_column(table->report, (enum gate_figure)k) || strcmp(cell.text, "-") == 0)
            continue;
        snprintf(text, sizeof(text), "%s %s%s", gate_heading((enum gate_figure)k), cell.text,
                 cell.marked ? " *" : "");
        gate_flow_put(&flow, text, cell.tone);
    }
    if (any)
        gate_table_put(table, "\n");
    if (gate_is_noteworthy(one))
        gate_case_remarks(one, gate_list_remark, table);
}

/* Does each of these have a name that fits into a grid? */
static bool gate_table_names_fit(const struct gate_table *table, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        CLEANUP(buffer_done) struct buffer line = BUFFER_INIT(GATE_LINE_MAX);
        line_text_append(table->cases[i]->id, gate_table_form(table), &line, NULL);
        if (line_text_columns(buffer_text(&line)) > GATE_NAME_COLUMNS_MAX)
            return false;
    }
    return true;
}

/* The first `n` cases: as rows where that fits, else as a list. */
static void gate_table_cases(struct gate_table *table, size_t n)
{
    CLEANUP(grid_freep)
    struct grid *grid = gate_grid_new(table->report, table->cases, n, gate_table_form(table));
    if (grid == NULL) {
        table->failed = true;
        error_out_of_memory(table->err);
        return;
    }
    if (gate_table_names_fit(table, n) && grid_bands(grid, table->style.width) <= 1) {
        if (!table->failed)
            table->failed =
                grid_write(grid, TABLE_TERMINAL, &table->style, table->out, table->err) < 0;
        gate_table_put(table, "\n");
        for (size_t i = 0; i < table->order.n_noteworthy; i++) {
            gate_table_name(table, table->cases[i]);
            gate_case_remarks(table->cases[i], gate_table_remark, table);
            gate_table_put(table, "\n");
        }
        return;
    }
    for (size_t i = 0; i < n; i++) {
        bool noteworthy = i < table->order.n_noteworthy;
        gate_list_case(table, table->cases[i]);
        gate_table_put(table, noteworthy || i + 1 == n ? "\n" : "");
    }
}

/* "  212 more passed: a, b, c". */
static void gate_table_named(struct gate_table *table, const char *what,
                             const struct gate_report_case *const *cases, size_t n)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(GATE_NAMES_MAX / 4);
    buffer_printf(&text, NULL, what, n);
    gate_names(cases, n, &text);
    gate_table_lines(table, "  ", "    ", buffer_text(&text));
}

static void gate_table_sentence(struct gate_table *table)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(GATE_LINE_MAX);
    CLEANUP(buffer_done) struct buffer lines = BUFFER_INIT(GATE_LINE_MAX);
    const struct line_text_indent indent = {"  ", "    "};
    const char *sentence = table->report->sentence;
    if (sentence == NULL || sentence[0] == '\0')
        return;
    line_text_append(sentence, gate_table_form(table), &text, NULL);
    line_text_wrap(buffer_text(&text), &indent, table->style.width, &lines, NULL);
    lines.data[lines.length - 1] = '\0'; /* the line ends behind the tone */
    gate_table_tone(table, GRID_BOLD, buffer_text(&lines));
    gate_table_put(table, "\n\n");
}

static void gate_table_foot_remark(void *user, const char *text)
{
    gate_table_lines(user, "  ", "    ", text);
}

static void gate_table_all(struct gate_table *table)
{
    const struct gate_order *order = &table->order;
    size_t listed = order->n_noteworthy + order->n_plain;
    const struct gate_report_case *const *rest = table->cases + order->n_noteworthy;
    bool summed = order->n_plain > GATE_PLAIN_MAX;
    gate_table_title(table);
    gate_table_cases(table, summed ? order->n_noteworthy : listed);
    if (summed) {
        bool more = order->n_noteworthy > 0;
        gate_table_named(table, more ? "%zu more passed: " : "%zu passed: ", rest, order->n_plain);
        gate_table_put(table, "\n");
    }
    gate_table_sentence(table);
    gate_remarks(table->report, gate_table_foot_remark, table);
    if (order->n_not_run > 0)
        gate_table_named(table, "%zu not run, only in the baseline: ", rest + order->n_plain,
                         order->n_not_run);
    gate_table_put(table, "\n");
}

int gate_table_write(const struct gate_report *report, enum table_format format,
                     const struct terminal_style *style, struct buffer *out, struct error *err)
{
    struct gate_table table = {.report = report, .style = *style, .out = out, .err = err};
    table.cases = calloc(report->n_cases + 1, sizeof(const struct gate_report_case *));
    if (table.cases == NULL)
        return error_out_of_memory(err);
    gate_order_of(report, table.cases, &table.order);
    int done = 0;
    if (format == TABLE_MARKDOWN)
        done = gate_markdown_write(report, table.cases, &table.order, out, err);
    else
        gate_table_all(&table);
    free(table.cases);
    return done < 0 || table.failed ? -1 : 0;
}
