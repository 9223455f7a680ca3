#include "report/comparison_html.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "report/chart_svg.h"
#include "report/comparison_cells.h"
#include "report/comparison_overlay.h"
#include "report/html_text.h"

#define HTML_FACTS_MAX ((size_t)4096)
/* Remarks may quote logs: what of one is shown, and how many are. */
#define HTML_REMARK_MAX  ((size_t)800)
#define HTML_REMARKS_MAX 64

static void html_style(struct html_writer *writer)
{
    html_put(
        writer,
        "<style>\n"
        ":root{color-scheme:light dark;--paper:#fff;--text:#1a1a1a;--soft:#666;--line:#ddd;"
        "--good:#00734f;--bad:#b8400a;--warn:#7a5a00}\n"
        "@media screen and (prefers-color-scheme:dark){:root{--paper:#17191d;--text:#e6e6e6;"
        "--soft:#9aa0a6;--line:#3a3d43;--good:#3ccf9e;--bad:#ff8a4c;--warn:#e6b93c}}\n"
        "body{background:var(--paper);color:var(--text);font:16px/1.45 system-ui,sans-serif;"
        "max-width:1000px;margin:0 auto;padding:1.2em 1em 3em}\n"
        "h1{font-size:1.5em;margin:0;overflow-wrap:anywhere}h2{font-size:1.1em;margin:2em 0 .2em}\n"
        "p{margin:.3em 0}.facts,.about{color:var(--soft);font-size:.9em}\n"
        ".sentence{font-size:1.2em;font-weight:600;margin:1em 0;overflow-wrap:anywhere}\n"
        ".scroll{overflow-x:auto}\n"
        "table{border-collapse:collapse;font-variant-numeric:tabular-nums;margin-top:.6em}\n"
        "th,td{padding:.3em .8em;border-bottom:1px solid var(--line);text-align:right;"
        "vertical-align:top;white-space:nowrap}\n"
        "thead th{border-bottom:2px solid var(--soft);max-width:16em;overflow:hidden;"
        "text-overflow:ellipsis}\n"
        "th:first-child{text-align:left;font-weight:400;position:sticky;left:0;"
        "background:var(--paper)}\n"
        "td small,th small{color:var(--soft);font-weight:400}td small{display:block}\n"
        ".claimed{font-weight:700}.good{color:var(--good)}.bad{color:var(--bad)}"
        ".warn{color:var(--warn)}.verdict{font-weight:700}\n"
        "ul{padding-left:1.2em}li{overflow-wrap:anywhere;margin:.2em 0}\n"
        "@media(max-width:600px){body{font-size:15px}th,td{padding:.3em .5em}}\n"
        "@media print{body{max-width:none;padding:0;font-size:11pt}.scroll{overflow:visible}"
        "svg,table,li{break-inside:avoid}.chart{min-width:0}}\n");
    chart_svg_style(writer);
    html_put(writer, "</style>\n");
}

static void html_head(struct html_writer *writer, const struct comparison_report *report)
{
    CLEANUP(buffer_done) struct buffer facts = BUFFER_INIT(HTML_FACTS_MAX);
    html_put(writer, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
                     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
                     "<title>");
    html_text(writer, report->scenario);
    html_put(writer, ": comparison</title>\n");
    html_style(writer);
    html_put(writer, "</head>\n<body>\n<h1>");
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

/* Where remarks go, and how many there were. */
struct html_remarks {
    struct html_writer *writer;
    unsigned n;
};

static void html_remark(void *user, const char *subject, const char *text)
{
    struct html_remarks *remarks = user;
    struct html_writer *writer = remarks->writer;
    if (remarks->n++ >= HTML_REMARKS_MAX)
        return;
    html_put(writer, "<li>");
    if (subject != NULL) {
        html_put(writer, "<b>");
        html_text(writer, subject);
        html_put(writer, "</b>: ");
    }
    html_text_printf(writer, "%.*s%s", (int)HTML_REMARK_MAX, text,
                     strlen(text) > HTML_REMARK_MAX ? "…" : "");
    html_put(writer, "</li>\n");
}

static void html_remarks_write(struct html_writer *writer, const struct comparison_report *report)
{
    struct html_remarks remarks = {.writer = writer};
    html_put(writer, "<ul>\n");
    comparison_remarks(report, html_remark, &remarks);
    if (remarks.n > HTML_REMARKS_MAX)
        html_printf(writer, "<li>and %u more</li>\n", remarks.n - HTML_REMARKS_MAX);
    html_put(writer, "</ul>\n");
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
    html_put(&writer, "</div>\n</body>\n</html>\n");
    if (html_end(&writer, err) < 0)
        return error_prefix(err, "the HTML report");
    return buffer_append(out, buffer_text(&text), text.length, err);
}
