#include "report/gate_markdown.h"

#include <string.h>

#include "base/cleanup.h"
#include "report/gate_grid.h"
#include "report/gate_table.h"

/* More that passed, with nothing to tell, are folded away. */
#define GATE_MARKDOWN_PLAIN_MAX 10
/* A row takes 700 bytes at most, so rows leave room for the rest. */
#define GATE_MARKDOWN_ROWS_MAX ((size_t)500)
/* What is told of single cases, and of all of it. */
#define GATE_MARKDOWN_DETAILS_MAX ((size_t)300 * 1000)
#define GATE_MARKDOWN_NAMES_MAX   ((size_t)80 * 1000)
#define GATE_MARKDOWN_LINE_MAX    ((size_t)8 * 1024)

/* A text as it is read, whatever is in it; of a long one what fits. */
static void gate_markdown_text(const char *text, struct buffer *out)
{
    CLEANUP(buffer_done) struct buffer line = BUFFER_INIT(GATE_MARKDOWN_LINE_MAX);
    line_text_shorten(text, GATE_MARKDOWN_LINE_MAX / 8, LINE_TEXT_MARKDOWN, &line, NULL);
    buffer_append(out, buffer_text(&line), line.length, NULL);
}

static void gate_markdown_remark(void *user, const char *text)
{
    struct buffer *out = user;
    buffer_append_text(out, "- ", NULL);
    gate_markdown_text(text, out);
    buffer_append_text(out, "\n", NULL);
}

static void gate_markdown_head(const struct gate_report *report, struct buffer *out)
{
    CLEANUP(buffer_done) struct buffer facts = BUFFER_INIT(GATE_MARKDOWN_LINE_MAX);
    const char *sentence = report->sentence != NULL ? report->sentence : "";
    buffer_printf(out, NULL, "## %s leakcage gate%s",
                  gate_passed(report) ? "\xe2\x9c\x85" : "\xe2\x9d\x8c",
                  sentence[0] != '\0' ? ": " : "");
    gate_markdown_text(sentence, out);
    buffer_append_text(out, "\n\n", NULL);
    gate_facts(report, &facts);
    const char *text = buffer_text(&facts);
    gate_markdown_text(strncmp(text, " · ", 4) == 0 ? text + 4 : text, out);
    buffer_append_text(out, "\n\n", NULL);
}

/* A table of these cases, as many as there is room for. */
static int gate_markdown_table(const struct gate_report *report,
                               const struct gate_report_case *const *cases, size_t n,
                               struct buffer *out, struct error *err)
{
    size_t rows = n < GATE_MARKDOWN_ROWS_MAX ? n : GATE_MARKDOWN_ROWS_MAX;
    CLEANUP(grid_freep)
    struct grid *grid = gate_grid_new(report, cases, rows, LINE_TEXT_MARKDOWN);
    if (grid == NULL)
        return error_out_of_memory(err);
    if (grid_write(grid, TABLE_MARKDOWN, NULL, out, err) < 0)
        return -1;
    if (rows < n)
        buffer_printf(out, NULL, "\nand %zu more: gate.json has all of them\n", n - rows);
    return buffer_append_text(out, "\n", err);
}

/* Why each of these did not pass, or what there is to tell, as many as there is room for. */
static void gate_markdown_details(const struct gate_report_case *const *cases, size_t n,
                                  struct buffer *out)
{
    CLEANUP(buffer_done) struct buffer all = BUFFER_INIT(GATE_MARKDOWN_DETAILS_MAX);
    for (size_t i = 0; i < n; i++) {
        CLEANUP(buffer_done) struct buffer one = BUFFER_INIT(GATE_MARKDOWN_DETAILS_MAX);
        buffer_append_text(&one, "**", NULL);
        gate_markdown_text(cases[i]->id, &one);
        buffer_printf(&one, NULL, "**: %s\n\n", gate_case_status_names[cases[i]->status]);
        gate_case_remarks(cases[i], gate_markdown_remark, &one);
        buffer_append_text(&one, "\n", NULL);
        if (buffer_append(&all, buffer_text(&one), one.length, NULL) == 0)
            continue;
        buffer_append(out, buffer_text(&all), all.length, NULL);
        buffer_printf(out, NULL, "and %zu more: gate.json has all of them\n\n", n - i);
        return;
    }
    buffer_append(out, buffer_text(&all), all.length, NULL);
}

static void gate_markdown_not_run(const struct gate_report_case *const *cases, size_t n,
                                  struct buffer *out)
{
    CLEANUP(buffer_done) struct buffer names = BUFFER_INIT(GATE_MARKDOWN_NAMES_MAX / 4);
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(GATE_MARKDOWN_NAMES_MAX);
    if (n == 0)
        return;
    buffer_printf(&names, NULL, "%zu not run, only in the baseline: ", n);
    gate_names(cases, n, &names);
    line_text_append(buffer_text(&names), LINE_TEXT_MARKDOWN, &text, NULL);
    buffer_printf(out, NULL, "- %s\n", buffer_text(&text));
}

int gate_markdown_write(const struct gate_report *report,
                        const struct gate_report_case *const *cases, const struct gate_order *order,
                        struct buffer *out, struct error *err)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(GATE_MARKDOWN_BYTES_MAX);
    CLEANUP(buffer_done) struct buffer foot = BUFFER_INIT(GATE_MARKDOWN_NAMES_MAX);
    bool folded = order->n_plain > GATE_MARKDOWN_PLAIN_MAX;
    size_t first = order->n_noteworthy + (folded ? 0 : order->n_plain);
    const struct gate_report_case *const *plain = cases + order->n_noteworthy;
    gate_markdown_head(report, &text);
    if (first > 0 && gate_markdown_table(report, cases, first, &text, err) < 0)
        return -1;
    gate_markdown_details(cases, order->n_noteworthy, &text);
    if (folded) {
        buffer_printf(&text, NULL, "<details><summary>%zu passed</summary>\n\n", order->n_plain);
        if (gate_markdown_table(report, plain, order->n_plain, &text, err) < 0)
            return -1;
        buffer_append_text(&text, "</details>\n\n", NULL);
    }
    buffer_append_text(&text, "---\n\n", NULL); /* so that it is no list of the last case */
    gate_remarks(report, gate_markdown_remark, &foot);
    gate_markdown_not_run(plain + order->n_plain, order->n_not_run, &foot);
    buffer_append(&text, buffer_text(&foot), foot.length, NULL);
    if (buffer_append_text(&text, "\n", err) < 0)
        return error_prefix(err, "the Markdown of the gate");
    return buffer_append(out, buffer_text(&text), text.length, err);
}
