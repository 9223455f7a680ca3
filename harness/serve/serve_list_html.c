#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/units.h"
#include "report/html_text.h"
#include "serve/serve_links.h"
#include "serve/serve_list.h"

#define LINK_MAX_BYTES ((size_t)16 * 1024)
#define DATE_MAX       32
#define NEARLY_ALL     0.9 /* of a limit: worth another colour */

/* A page in the making. */
struct list_page {
    struct html_writer writer;
    const struct serve_list *list;
    const struct serve_order *order;
    int64_t now_unix_s;
};

static void list_head(struct list_page *page, const char *const *folders)
{
    struct html_writer *writer = &page->writer;
    size_t n = page->list->n_rows + page->list->n_more;
    html_put(writer, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
                     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
                     "<title>leakcage: results</title>\n"
                     "<link rel=\"icon\" href=\"data:,\"/>\n"
                     "<link rel=\"stylesheet\" href=\"list.css\"/>\n"
                     "<script src=\"list.js\" defer=\"defer\"></script>\n"
                     "</head>\n<body>\n<header>\n<h1>Results</h1>\n<p class=\"facts\">in ");
    for (size_t i = 0; folders[i] != NULL; i++) {
        html_put(writer, i > 0 ? ", <code>" : "<code>");
        html_text(writer, folders[i]);
        html_put(writer, "</code>");
    }
    html_printf(writer, " · %zu result%s</p>\n</header>\n", n, n == 1 ? "" : "s");
}

static void list_href(struct html_writer *writer, enum serve_page page, const char *key)
{
    CLEANUP(buffer_done) struct buffer link = BUFFER_INIT(LINK_MAX_BYTES);
    if (serve_link_write(page, key, &link) < 0)
        return;
    html_put(writer, " href=\"");
    html_text(writer, buffer_text(&link));
    html_put(writer, "\"");
}

/* "<meter>": how far one amount is towards another. */
static void list_meter(struct html_writer *writer, const char *label,
                       const struct serve_number *value, const struct serve_number *most)
{
    if (!value->present || !most->present || most->value <= 0)
        return;
    html_printf(writer,
                "<meter aria-label=\"%s\" max=\"%.17g\" high=\"%.17g\" optimum=\"0\" "
                "value=\"%.17g\"></meter>",
                label, most->value, most->value * NEARLY_ALL, value->value);
}

static void list_bytes(struct html_writer *writer, const struct serve_number *number)
{
    char text[UNITS_TEXT_MAX];
    html_text(writer, number->present ? units_format_bytes(number->value, text) : "–");
}

static void list_seconds(struct html_writer *writer, const struct serve_number *number)
{
    char text[UNITS_TEXT_MAX];
    bool sane = number->present && number->value >= 0 && number->value < 1e9;
    html_text(writer, sane ? units_format_duration((nsec_t)(number->value * 1e9), text) : "–");
}

static void list_name(struct html_writer *writer, enum serve_page page, const char *key,
                      const char *id, const char *label)
{
    html_put(writer, "<a");
    list_href(writer, page, key);
    html_put(writer, ">");
    html_text(writer, id);
    html_put(writer, "</a>");
    size_t length = strlen(id);
    size_t end = strlen(label);
    if (end == 0 || (length > end && strcmp(id + length - end, label) == 0))
        return; /* there is none, or the id ends with it */
    html_put(writer, " <small>");
    html_text(writer, label);
    html_put(writer, "</small>");
}

static void list_run_row(struct list_page *page, const struct serve_run *run)
{
    struct html_writer *writer = &page->writer;
    html_put(writer, "<tr data-run=\"");
    html_text(writer, run->key);
    html_put(writer, "\"><th scope=\"row\">");
    list_name(writer, SERVE_RUN, run->key, run->id, run->label);
    html_put(writer, "</th><td class=\"phase\">");
    html_text(writer, run->phase);
    list_meter(writer, "requests of this phase", &run->requests, &run->requests_goal);
    html_put(writer, "</td><td>");
    if (run->cycle.present && run->cycles_max.present)
        html_printf(writer, "%.0f of at most %.0f cycles", run->cycle.value, run->cycles_max.value);
    html_put(writer, "</td><td>");
    list_bytes(writer, &run->current_bytes);
    if (run->limit_bytes.present) {
        html_put(writer, " of ");
        list_bytes(writer, &run->limit_bytes);
    }
    list_meter(writer, "memory of the limit", &run->current_bytes, &run->limit_bytes);
    html_put(writer, "</td><td>");
    list_seconds(writer, &run->t_s);
    html_put(writer, "</td></tr>\n");
}

/* The runs that go on; the section is there, empty, without any: the script fills it. */
static void list_running(struct list_page *page)
{
    struct html_writer *writer = &page->writer;
    const struct serve_list *list = page->list;
    html_put(writer, "<section id=\"running\">");
    if (list->n_runs > 0) {
        html_put(writer, "<h2>Running</h2>\n<div class=\"scroll\">\n<table>\n<tbody>\n");
        for (size_t i = 0; i < list->n_runs; i++)
            list_run_row(page, &list->runs[i]);
        html_put(writer, "</tbody>\n</table>\n</div>\n");
    }
    html_put(writer, "</section>\n");
}

static void list_heading(struct list_page *page, enum serve_column column)
{
    struct html_writer *writer = &page->writer;
    const struct serve_column_info *info = &serve_columns[column];
    bool current = page->order->column == column;
    bool descending = current ? !page->order->descending : info->number;
    html_printf(writer, "<th scope=\"col\"%s", info->number ? " class=\"number\"" : "");
    if (current)
        html_printf(writer, " aria-sort=\"%s\"",
                    page->order->descending ? "descending" : "ascending");
    html_printf(writer, "><a href=\"?sort=%s&amp;order=%s\">%s</a></th>", info->name,
                descending ? "desc" : "asc", info->heading);
}

static void list_verdict(struct html_writer *writer, const struct serve_row *row)
{
    const char *verdict = row->error[0] != '\0' ? "failed" : row->verdict;
    /* It becomes a class: only a word does. */
    bool word = strspn(verdict, "abcdefghijklmnopqrstuvwxyz-") == strlen(verdict);
    html_put(writer, "<span class=\"verdict ");
    html_text(writer, word ? verdict : "");
    html_put(writer, "\"");
    if (row->error[0] != '\0') {
        html_put(writer, " title=\"");
        html_text(writer, row->error);
        html_put(writer, "\"");
    }
    html_put(writer, ">");
    html_text(writer, verdict);
    html_put(writer, "</span>");
    if (strcmp(row->outcome, "fail") == 0)
        html_put(writer, " <span class=\"outcome\" title=\"not as expected\">✗</span>");
    else if (strcmp(row->outcome, "pass") == 0)
        html_put(writer, " <span class=\"outcome\" title=\"as expected\">✓</span>");
}

static void list_growth(struct html_writer *writer, const struct serve_row *row)
{
    char text[UNITS_TEXT_MAX];
    if (row->growth_bytes_per_s.present)
        html_printf(writer, "%s/s", units_format_bytes(row->growth_bytes_per_s.value, text));
    else if (row->growth_bytes_per_request.present)
        html_printf(writer, "%s/request",
                    units_format_bytes(row->growth_bytes_per_request.value, text));
    else
        html_put(writer, "–");
}

/* "2026-11-22 02:40", in this machine's time. */
static void list_date(struct html_writer *writer, int64_t unix_s, int64_t now_unix_s)
{
    char text[DATE_MAX] = "";
    char exact[DATE_MAX] = "";
    struct tm at;
    struct tm now;
    time_t time = (time_t)unix_s;
    time_t today = (time_t)now_unix_s;
    if (localtime_r(&time, &at) == NULL || localtime_r(&today, &now) == NULL)
        return;
    bool same_day = at.tm_yday == now.tm_yday && at.tm_year == now.tm_year;
    strftime(exact, sizeof(exact), "%Y-%m-%dT%H:%M:%S%z", &at);
    strftime(text, sizeof(text), same_day ? "today %H:%M:%S" : "%Y-%m-%d %H:%M", &at);
    html_printf(writer, "<time datetime=\"%s\">%s</time>", exact, text);
}

static void list_amounts(struct list_page *page, const struct serve_row *row)
{
    struct html_writer *writer = &page->writer;
    char text[UNITS_TEXT_MAX];
    html_put(writer, "<td class=\"number\">");
    list_growth(writer, row);
    html_put(writer, "</td><td class=\"number\">");
    list_bytes(writer, &row->floor_bytes);
    html_put(writer, "</td><td class=\"number\">");
    list_bytes(writer, &row->peak_bytes);
    list_meter(writer, "peak of the limit", &row->peak_bytes, &row->limit_bytes);
    html_put(writer, "</td><td class=\"number\">");
    list_bytes(writer, &row->limit_bytes);
    html_put(writer, "</td><td class=\"number\">");
    bool counted = row->requests.present && row->requests.value >= 0 && row->requests.value < 1e18;
    html_text(writer, counted ? units_format_count((uint64_t)row->requests.value, text) : "–");
    html_put(writer, "</td><td class=\"number\">");
    list_seconds(writer, &row->duration_s);
    html_put(writer, "</td><td class=\"number\">");
    list_date(writer, row->stamp.mtime_ns / NSEC_PER_SEC, page->now_unix_s);
    html_put(writer, "</td>");
}

static void list_row(struct list_page *page, const struct serve_row *row)
{
    struct html_writer *writer = &page->writer;
    html_put(writer, "<tr data-run=\"");
    html_text(writer, row->key);
    if (row->why[0] != '\0') {
        html_put(writer, "\" class=\"broken\"><td></td><th scope=\"row\">");
        html_text(writer, row->id);
        html_printf(writer, "</th><td colspan=\"%d\"><span class=\"verdict broken\">broken</span> ",
                    SERVE_COLUMN_MAX_ - 1);
        html_text(writer, row->why);
        html_put(writer, "</td></tr>\n");
        return;
    }
    html_put(writer, "\"><td><input type=\"checkbox\" name=\"run\" value=\"");
    html_text(writer, row->key);
    html_put(writer, "\" aria-label=\"choose ");
    html_text(writer, row->id);
    html_put(writer, "\"/></td><th scope=\"row\">");
    list_name(writer, SERVE_REPORT, row->key, row->id, row->label);
    html_put(writer, "</th><td>");
    list_verdict(writer, row);
    html_put(writer, "</td><td>");
    html_text(writer, row->cause);
    if (row->place[0] != '\0') {
        html_put(writer, " <small class=\"place\" title=\"who takes it\">");
        html_text(writer, row->place);
        html_put(writer, "</small>");
    }
    html_put(writer, "</td>");
    list_amounts(page, row);
    html_put(writer, "</tr>\n");
}

static void list_results(struct list_page *page, const struct serve_row *const *rows)
{
    struct html_writer *writer = &page->writer;
    const struct serve_list *list = page->list;
    html_put(writer, "<form method=\"get\" action=\"report\">\n"
                     "<p class=\"tools\"><button>Show chosen together</button></p>\n"
                     "<div class=\"scroll\">\n<table id=\"results\">\n<thead><tr><td></td>");
    for (unsigned i = 0; i < SERVE_COLUMN_MAX_; i++)
        list_heading(page, (enum serve_column)i);
    html_put(writer, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < list->n_rows; i++)
        list_row(page, rows[i]);
    html_put(writer, "</tbody>\n</table>\n</div>\n</form>\n");
    html_put(writer, "<p id=\"none\">");
    if (list->n_rows == 0)
        html_put(writer, "No results yet. What <code>leakcage run -o</code> puts into these "
                         "folders appears here.");
    else if (list->n_more > 0)
        html_printf(writer, "and %zu more, which are too many to be shown here", list->n_more);
    html_put(writer, "</p>\n");
}

int serve_list_write_html(const struct serve_list *list, const char *const *folders,
                          const struct serve_order *order, int64_t now_unix_s, struct buffer *out,
                          struct error *err)
{
    struct list_page page = {.list = list, .order = order, .now_unix_s = now_unix_s};
    CLEANUP(freep)
    const struct serve_row **rows = serve_order_rows(list->rows, list->n_rows, order);
    if (rows == NULL)
        return error_out_of_memory(err);
    html_begin(&page.writer, out);
    list_head(&page, folders);
    html_put(&page.writer, "<main>\n");
    list_running(&page);
    list_results(&page, rows);
    html_put(&page.writer, "</main>\n</body>\n</html>\n");
    return html_end(&page.writer, err);
}
