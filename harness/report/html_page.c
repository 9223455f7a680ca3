#include "report/html_page.h"

#include <string.h>

#include "report/chart_svg.h"

#define HTML_REMARK_MAX  ((size_t)800)
#define HTML_REMARKS_MAX 64

static void html_page_style(struct html_writer *writer, const char *more)
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
    html_put(writer, more);
    html_put(writer, "</style>\n");
}

void html_page_begin(struct html_writer *writer, const char *subject, const char *kind,
                     const char *style)
{
    html_put(writer, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
                     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
                     "<title>");
    html_text(writer, subject);
    html_put(writer, ": ");
    html_text(writer, kind);
    html_put(writer, "</title>\n");
    html_page_style(writer, style);
    html_put(writer, "</head>\n<body>\n");
}

void html_page_end(struct html_writer *writer)
{
    html_put(writer, "</body>\n</html>\n");
}

void html_list_begin(struct html_list *list)
{
    html_put(list->writer, "<ul>\n");
}

void html_list_item(void *user, const char *subject, const char *text)
{
    struct html_list *list = user;
    struct html_writer *writer = list->writer;
    if (list->n++ >= HTML_REMARKS_MAX)
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

void html_list_end(struct html_list *list)
{
    if (list->n > HTML_REMARKS_MAX)
        html_printf(list->writer, "<li>and %u more</li>\n", list->n - HTML_REMARKS_MAX);
    html_put(list->writer, "</ul>\n");
}
