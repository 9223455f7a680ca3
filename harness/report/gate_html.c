#include "report/gate_html.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "report/gate_cells.h"
#include "report/gate_overlay.h"
#include "report/html_page.h"
#include "report/line_text.h"

/* What the parts of the page may take; charts have what is left. */
#define GATE_HTML_ROWS_MAX     ((size_t)130 * 1000)
#define GATE_HTML_TEXTS_MAX    ((size_t)90 * 1000)
#define GATE_HTML_FOOT_MAX     ((size_t)40 * 1000)
#define GATE_HTML_NAMES_MAX    ((size_t)6 * 1000)
#define GATE_HTML_FACTS_MAX    ((size_t)4096)
#define GATE_HTML_NAME_COLUMNS 80
/* When there are no more cases, those that passed have charts, too. */
#define GATE_HTML_FEW 4
/* Points of a chart: a point takes a dozen bytes. */
#define GATE_HTML_POINT_BYTES 12
#define GATE_HTML_POINTS_MIN  ((size_t)400)
#define GATE_HTML_POINTS_MAX  ((size_t)4000)

static const char gate_html_style[] =
    "body{max-width:1120px}.chart{max-width:900px}table{font-size:.9em}th,td{padding:.3em .6em}\n"
    "td:nth-child(2),td:nth-child(3),th:nth-child(2),th:nth-child(3){text-align:left}\n"
    "th:nth-child(1){font-weight:700}td:nth-child(2){white-space:normal;overflow-wrap:anywhere;"
    "min-width:9em}\n"
    ".soft{color:var(--soft)}h2 small{font-weight:400}a{color:inherit}\n"
    "h2{border-top:1px solid var(--line);padding-top:1em;overflow-wrap:anywhere}\n"
    "h3{font-size:1em;margin:1.2em 0 0}\n"
    "@media print{h2,h3{break-after:avoid}}\n";

/* The page in the making. */
struct gate_html {
    const struct gate_report *report;
    const struct gate_report_case **cases; /* owned; in the order in which they are listed */
    struct gate_order order;
    size_t n_sections;      /* cases that are told of below the table, the first ones */
    struct buffer *section; /* owned; of each its text, without its charts */
    size_t text_bytes;      /* of the sections that are not written yet */
    size_t points_max;      /* of a chart */
    size_t uncharted;       /* sections whose charts there is no room for */
};

static const char *gate_html_class(enum grid_tone tone)
{
    switch (tone) {
    case GRID_GOOD:
        return "good";
    case GRID_BAD:
        return "bad";
    case GRID_WARN:
        return "warn";
    case GRID_DIM:
        return "soft";
    default:
        return "plain";
    }
}

/* A name that is not longer than is read. */
static void gate_html_name(struct html_writer *writer, const char *name)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(GATE_HTML_FACTS_MAX);
    line_text_shorten(name, GATE_HTML_NAME_COLUMNS, LINE_TEXT_UTF8, &text, NULL);
    html_text(writer, buffer_text(&text));
}

static void gate_html_head(struct html_writer *writer, const struct gate_report *report)
{
    CLEANUP(buffer_done) struct buffer facts = BUFFER_INIT(GATE_HTML_FACTS_MAX);
    const char *sentence = report->sentence != NULL ? report->sentence : "";
    gate_facts(report, &facts);
    html_page_begin(writer, "leakcage gate", gate_passed(report) ? "passed" : "not passed",
                    gate_html_style);
    html_put(writer, "<h1>leakcage gate</h1>\n<p class=\"facts\">");
    if (facts.length > strlen(" · ")) /* none: they are beyond all bounds */
        html_text(writer, buffer_text(&facts) + strlen(" · "));
    html_printf(writer, "</p>\n<p class=\"sentence %s\">", gate_passed(report) ? "good" : "bad");
    html_text_printf(writer, "%.2000s", sentence);
    html_put(writer, "</p>\n");
}

static void gate_html_table_head(struct html_writer *writer, const struct gate_report *report)
{
    html_put(writer, "<div class=\"scroll\">\n<table>\n<thead><tr><th>status</th>"
                     "<th scope=\"col\">case</th><th scope=\"col\">verdict</th>");
    for (unsigned k = 0; k < GATE_FIGURE_MAX_; k++) {
        if (!gate_has_column(report, (enum gate_figure)k))
            continue;
        html_put(writer, "<th scope=\"col\">");
        html_text(writer, gate_heading((enum gate_figure)k));
        html_put(writer, "</th>");
    }
    html_put(writer, "</tr></thead>\n<tbody>\n");
}

static void gate_html_figure(struct html_writer *writer, const struct gate_report_case *one,
                             enum gate_figure figure)
{
    struct gate_cell cell;
    gate_cell_of(one, figure, &cell);
    html_printf(writer, "<td class=\"%s%s\"", gate_html_class(cell.tone),
                cell.tone != GRID_PLAIN ? " claimed" : "");
    if (cell.range[0] != '\0') {
        html_put(writer, " title=\"");
        html_text_printf(writer, "%s; p = %.3g", cell.range, one->result->figure[figure].p);
        html_put(writer, "\"");
    }
    html_put(writer, ">");
    html_text(writer, cell.text);
    html_put(writer, cell.marked ? " *</td>" : "</td>");
}

static void gate_html_row(struct html_writer *writer, const struct gate_html *page, size_t place)
{
    const struct gate_report_case *one = page->cases[place];
    char text[GATE_TEXT_MAX];
    bool linked = place < page->n_sections;
    html_printf(writer, "<tr><th scope=\"row\" class=\"%s\">%s</th><td>",
                gate_html_class(gate_status_tone(one->status)),
                gate_case_status_names[one->status]);
    if (linked)
        html_printf(writer, "<a href=\"#case-%zu\">", place + 1);
    gate_html_name(writer, one->id);
    enum grid_tone tone = gate_verdict_tone(one);
    html_printf(writer, "%s</td><td class=\"%s\">", linked ? "</a>" : "", gate_html_class(tone));
    html_text(writer, gate_verdict_text(one, text));
    html_put(writer, tone == GRID_BAD ? " *</td>" : "</td>");
    for (unsigned k = 0; k < GATE_FIGURE_MAX_; k++)
        if (gate_has_column(page->report, (enum gate_figure)k))
            gate_html_figure(writer, one, (enum gate_figure)k);
    html_put(writer, "</tr>\n");
}

/* As many rows as there is room for, and how many there are more. */
static void gate_html_table(struct html_writer *writer, const struct gate_html *page)
{
    size_t n = page->order.n_noteworthy + page->order.n_plain;
    size_t first_bytes = writer->out->length;
    if (n == 0)
        return;
    gate_html_table_head(writer, page->report);
    size_t place = 0;
    for (; place < n && writer->out->length - first_bytes < GATE_HTML_ROWS_MAX; place++)
        gate_html_row(writer, page, place);
    html_put(writer, "</tbody>\n</table>\n</div>\n");
    if (place < n)
        html_printf(writer, "<p class=\"about\">and %zu more, %s: gate.json has all of them</p>\n",
                    n - place,
                    place >= page->order.n_noteworthy ? "which passed" : "some of which failed");
}

static void gate_html_remark(void *user, const char *text)
{
    html_list_item(user, NULL, text);
}

/* What a section says above its charts. */
static int gate_html_section_text(struct gate_html *page, size_t place, struct error *err)
{
    const struct gate_report_case *one = page->cases[place];
    struct html_writer writer;
    struct html_list list = {.writer = &writer};
    page->section[place] = BUFFER_INIT(GATE_HTML_BYTES_MAX);
    html_begin(&writer, &page->section[place]);
    html_printf(&writer, "<h2 id=\"case-%zu\"><b class=\"%s\">%s</b> ", place + 1,
                gate_html_class(gate_status_tone(one->status)),
                gate_case_status_names[one->status]);
    gate_html_name(&writer, one->id);
    html_put(&writer, "</h2>\n");
    html_list_begin(&list);
    gate_case_remarks(one, gate_html_remark, &list);
    html_list_end(&list);
    return html_end(&writer, err);
}

/* The sections that there is room for, and what may be in each of their charts. */
static int gate_html_sections_make(struct gate_html *page, struct error *err)
{
    size_t wanted = page->order.n_noteworthy;
    size_t charts = 0;
    if (wanted + page->order.n_plain <= GATE_HTML_FEW)
        wanted += page->order.n_plain;
    page->section = calloc(wanted + 1, sizeof(*page->section));
    if (page->section == NULL)
        return error_out_of_memory(err);
    while (page->n_sections < wanted && page->text_bytes < GATE_HTML_TEXTS_MAX) {
        size_t place = page->n_sections++;
        if (gate_html_section_text(page, place, err) < 0)
            return -1;
        page->text_bytes += page->section[place].length;
        charts += gate_overlay_has_charts(page->cases[place]) ? 2 : 0;
    }
    size_t room = GATE_HTML_BYTES_MAX - GATE_HTML_ROWS_MAX - GATE_HTML_TEXTS_MAX;
    page->points_max = room / GATE_HTML_POINT_BYTES / (charts > 0 ? charts : 1);
    if (page->points_max < GATE_HTML_POINTS_MIN)
        page->points_max = GATE_HTML_POINTS_MIN;
    if (page->points_max > GATE_HTML_POINTS_MAX)
        page->points_max = GATE_HTML_POINTS_MAX;
    return 0;
}

static void gate_html_charts(struct html_writer *writer, const struct gate_report_case *one,
                             size_t points_max)
{
    html_put(writer,
             "<h3>Memory held</h3>\n<p class=\"about\">of each repeat, over the time of its "
             "own turns; a cross: killed for memory</p>\n<div class=\"scroll\">\n");
    gate_overlay_footprint(writer, one, points_max);
    html_put(writer, "</div>\n<h3>Floors</h3>\n<p class=\"about\">what remains after each measured "
                     "cycle when the kernel has taken back all it can</p>\n"
                     "<div class=\"scroll\">\n");
    gate_overlay_floors(writer, one, points_max);
    html_put(writer, "</div>\n");
}

/* A section, with its charts where there is room beside what is to come: the other sections' texts,
 * and so many bytes below them. */
static void gate_html_section(struct html_writer *writer, struct gate_html *page, size_t place,
                              size_t below_bytes)
{
    CLEANUP(buffer_done) struct buffer charts = BUFFER_INIT(GATE_HTML_BYTES_MAX);
    struct html_writer chart_writer;
    struct error err = {0};
    html_put(writer, buffer_text(&page->section[place]));
    page->text_bytes -= page->section[place].length;
    if (!gate_overlay_has_charts(page->cases[place]))
        return;
    html_begin(&chart_writer, &charts);
    gate_html_charts(&chart_writer, page->cases[place], page->points_max);
    size_t taken = writer->out->length + page->text_bytes + below_bytes;
    if (html_end(&chart_writer, &err) == 0 && taken + charts.length < GATE_HTML_BYTES_MAX)
        html_put(writer, buffer_text(&charts));
    else
        page->uncharted++;
}

/* What is said of all of it. */
static void gate_html_foot(struct html_writer *writer, const struct gate_html *page)
{
    CLEANUP(buffer_done) struct buffer names = BUFFER_INIT(GATE_HTML_NAMES_MAX);
    struct html_list list = {.writer = writer};
    const struct gate_report_case *const *not_run =
        page->cases + page->order.n_noteworthy + page->order.n_plain;
    html_put(writer, "<h2>How sure this is</h2>\n");
    html_list_begin(&list);
    gate_remarks(page->report, gate_html_remark, &list);
    if (page->order.n_not_run > 0) {
        gate_names(not_run, page->order.n_not_run, &names);
        html_put(writer, "<li>");
        html_text_printf(writer, "%zu not run, only in the baseline: %s", page->order.n_not_run,
                         buffer_text(&names));
        html_put(writer, "</li>\n");
    }
    html_list_end(&list);
}

static void gate_html_body(struct html_writer *writer, struct gate_html *page,
                           const struct buffer *foot)
{
    /* The foot, what is said of what is left out, and the end of the page. */
    size_t below_bytes = foot->length + 1000;
    gate_html_head(writer, page->report);
    gate_html_table(writer, page);
    for (size_t i = 0; i < page->n_sections; i++)
        gate_html_section(writer, page, i, below_bytes);
    if (page->n_sections < page->order.n_noteworthy)
        html_printf(writer,
                    "<p class=\"about\">and %zu more that did not just pass: gate.json has "
                    "all of them</p>\n",
                    page->order.n_noteworthy - page->n_sections);
    if (page->uncharted > 0)
        html_printf(writer,
                    "<p class=\"about\">there is no room here for the charts of %zu cases: "
                    "their runs' folders have what was measured</p>\n",
                    page->uncharted);
    html_put(writer, buffer_text(foot));
    html_page_end(writer);
}

static int gate_html_make(struct gate_html *page, struct buffer *out, struct error *err)
{
    CLEANUP(buffer_done) struct buffer foot = BUFFER_INIT(GATE_HTML_FOOT_MAX);
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(GATE_HTML_BYTES_MAX);
    struct html_writer writer;
    gate_order_of(page->report, page->cases, &page->order);
    if (gate_html_sections_make(page, err) < 0)
        return -1;
    html_begin(&writer, &foot);
    gate_html_foot(&writer, page);
    if (html_end(&writer, err) < 0)
        return -1;
    html_begin(&writer, &text);
    gate_html_body(&writer, page, &foot);
    if (html_end(&writer, err) < 0)
        return -1;
    return buffer_append(out, buffer_text(&text), text.length, err);
}

int gate_html_write(const struct gate_report *report, struct buffer *out, struct error *err)
{
    struct gate_html page = {.report = report};
    page.cases = calloc(report->n_cases + 1, sizeof(const struct gate_report_case *));
    if (page.cases == NULL)
        return error_out_of_memory(err);
    int done = gate_html_make(&page, out, err);
    for (size_t i = 0; i < page.n_sections; i++)
        buffer_done(&page.section[i]);
    free(page.section);
    free(page.cases);
    return done < 0 ? error_prefix(err, "the HTML report") : 0;
}
