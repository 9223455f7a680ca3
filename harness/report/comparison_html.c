#include "report/comparison_html.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "report/comparison_cells.h"
#include "report/comparison_overlay.h"
#include "report/html_page.h"

#define HTML_FACTS_MAX ((size_t)4096)

static void html_head(struct html_writer *writer, const struct comparison_report *report)
{
    CLEANUP(buffer_done) struct buffer facts = BUFFER_INIT(HTML_FACTS_MAX);
    html_page_begin(writer, report->scenario, "comparison", "");
    html_put(writer, "<h1>");
    html_text(writer, report->scenario);
    html_put(writer, "</h1>\n<p class=\"facts\">leakcage compare");
    comparison_facts(report, &facts);
    html_text(writer, buffer_text(&facts));
    html_put(writer, "</p>\n");
    if (report->comparison->sentence[0] != '\0') {
        html_put(writer, "<p class=\"sentence\">");
        html_text(writer, report->comparison->sentence);
        html_put(writer, "</p>\n");
    }
}

static const char *html_verdict_class(const struct comparison_variant *variant)
{
    if (variant->skipped != NULL || !variant->has_verdict)
        return "warn";
    if (variant->kind == VERDICT_CLEAN)
        return "good";
    return variant->kind == VERDICT_LEAK ? "bad" : "warn";
}

static void html_verdicts(struct html_writer *writer, const struct comparison *comparison)
{
    char text[COMPARISON_TEXT_MAX];
    html_put(writer, "<tr><th scope=\"row\">verdict</th>");
    for (unsigned i = 0; i < comparison->n; i++) {
        const struct comparison_variant *variant = &comparison->variant[i];
        html_printf(writer, "<td class=\"verdict %s\">", html_verdict_class(variant));
        html_text(writer, comparison_verdict_text(variant, text));
        if (variant->has_verdict && variant->cause != CAUSE_NONE) {
            html_put(writer, "<small>");
            html_text(writer, cause_name(variant->cause));
            html_put(writer, "</small>");
        }
        html_put(writer, "</td>");
    }
    html_put(writer, "</tr>\n");
}

/* What a cell has not room for: ` title="55.3 to 61.1 MiB over the repeats; p = 0.0286"`. */
static void html_cell_title(struct html_writer *writer, const struct comparison_figure *figure,
                            const struct comparison_row *row, const struct comparison_cell *cell)
{
    const char *before = "";
    if (cell->range[0] == '\0' && !figure->has_p)
        return;
    html_put(writer, " title=\"");
    if (cell->range[0] != '\0') {
        html_text_printf(writer, "%s %s%s", cell->range, row->unit,
                         figure->n > 1 ? " over the repeats" : " (95 %)");
        before = "; ";
    }
    if (figure->has_p)
        html_text_printf(writer, "%sp = %.3g", before, figure->p);
    html_put(writer, "\"");
}

/* Below the number: × of the first, and how sure that is; of growth without one, its range. */
static void html_cell_ratio(struct html_writer *writer, const struct comparison_row *row,
                            const struct comparison_cell *cell)
{
    bool range = row->figure == FIGURE_GROWTH && cell->ratio[0] == '\0';
    if (cell->ratio[0] == '\0' && !(range && cell->range[0] != '\0'))
        return;
    html_put(writer, "<small>");
    if (range)
        html_text(writer, cell->range);
    else if (cell->interval[0] != '\0')
        html_text_printf(writer, "× %s (%s)", cell->ratio, cell->interval);
    else
        html_text_printf(writer, "× %s", cell->ratio);
    html_put(writer, "</small>");
}

static void html_cell(struct html_writer *writer, const struct comparison *comparison,
                      const struct comparison_row *row, unsigned variant)
{
    struct comparison_cell cell;
    comparison_cell_of(comparison, row, variant, &cell);
    const char *direction = cell.worse ? " bad" : cell.better ? " good" : "";
    html_put(writer, "<td");
    if (cell.differs)
        html_printf(writer, " class=\"claimed%s\"", direction);
    html_cell_title(writer, &comparison->variant[variant].figure[row->figure], row, &cell);
    html_put(writer, ">");
    html_text(writer, cell.value);
    html_put(writer, cell.differs ? " *" : "");
    html_cell_ratio(writer, row, &cell);
    html_put(writer, "</td>");
}

static void html_figures(struct html_writer *writer, const struct comparison *comparison)
{
    for (unsigned k = 0; k < FIGURE_COMPARED_MAX_; k++) {
        struct comparison_row row;
        comparison_row_of(comparison, (enum figure)k, &row);
        if (k == FIGURE_KILLED && !row.has_figure)
            continue;
        html_put(writer, "<tr><th scope=\"row\">");
        html_text(writer, row.heading);
        if (row.unit[0] != '\0') {
            html_put(writer, " <small>");
            html_text(writer, row.unit);
            html_put(writer, "</small>");
        }
        html_put(writer, "</th>");
        for (unsigned i = 0; i < comparison->n; i++)
            html_cell(writer, comparison, &row, i);
        html_put(writer, "</tr>\n");
    }
}

static void html_table(struct html_writer *writer, const struct comparison *comparison)
{
    char title[COMPARISON_TITLE_MAX];
    html_put(writer, "<div class=\"scroll\">\n<table>\n<thead><tr><th></th>");
    for (unsigned i = 0; i < comparison->n; i++) {
        html_put(writer, "<th scope=\"col\" title=\"");
        html_text(writer, comparison->variant[i].name);
        html_put(writer, "\">");
        html_text(writer, comparison->variant[i].name);
        html_put(writer, "</th>");
    }
    html_put(writer, "</tr></thead>\n<tbody>\n");
    html_verdicts(writer, comparison);
    html_figures(writer, comparison);
    html_put(writer, "</tbody>\n</table>\n</div>\n");
    if (comparison->n < 2)
        return;
    html_put(writer, "<p class=\"about\">medians over the repeats; ");
    html_text(writer, comparison_ratio_title(comparison, title));
    html_put(writer, "</p>\n");
}

static void html_remarks_write(struct html_writer *writer, const struct comparison_report *report)
{
    struct html_list list = {.writer = writer};
    html_list_begin(&list);
    comparison_remarks(report, html_list_item, &list);
    html_list_end(&list);
}

int comparison_html_write(const struct comparison_report *report, struct buffer *out,
                          struct error *err)
{
    struct html_writer writer;
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(COMPARISON_HTML_BYTES_MAX);
    html_begin(&writer, &text);
    html_head(&writer, report);
    html_table(&writer, report->comparison);
    html_remarks_write(&writer, report);
    html_put(
        &writer,
        "<h2>Memory held</h2>\n<p class=\"about\">of each variant's first repeat, "
        "over the time of its own turns; a cross: killed for memory</p>\n<div class=\"scroll\">\n");
    comparison_overlay_footprint(&writer, report);
    html_put(&writer, "</div>\n<h2>Floors</h2>\n<p class=\"about\">what remains after each cycle "
                      "when the kernel has taken back all it can; every repeat is a line</p>\n"
                      "<div class=\"scroll\">\n");
    comparison_overlay_floors(&writer, report);
    html_put(&writer, "</div>\n");
    html_page_end(&writer);
    if (html_end(&writer, err) < 0)
        return error_prefix(err, "the HTML report");
    return buffer_append(out, buffer_text(&text), text.length, err);
}
