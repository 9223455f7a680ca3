#include "view/page.h"

#include <string.h>

#include "report/html_text.h"
#include "view/page_assets.h"

/* Nothing is loaded: what is not in the page is not there. Inline scripts are ours alone, for text
 * from outside is either escaped or data. */
#define PAGE_POLICY                                                                              \
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; " \
    "base-uri 'none'; form-action 'none'"

static void page_put(struct html_writer *writer, const char *text, size_t length)
{
    if (!writer->failed && buffer_append(writer->out, text, length, &writer->error) < 0)
        writer->failed = true;
}

static void page_element(struct html_writer *writer, const char *begin,
                         const struct page_asset *asset, const char *end)
{
    html_put(writer, begin);
    page_put(writer, asset->text, asset->length);
    html_put(writer, end);
}

/* In JSON `<` is only ever within a string, where it may be written as an escape. */
static void page_data(struct html_writer *writer, const char *json, size_t length)
{
    const char *end = json + length;
    while (json < end) {
        const char *mark = memchr(json, '<', (size_t)(end - json));
        page_put(writer, json, (size_t)((mark != NULL ? mark : end) - json));
        if (mark == NULL)
            return;
        html_put(writer, "\\u003c");
        json = mark + 1;
    }
}

static void page_head(struct html_writer *writer, const char *title, const char *live_url)
{
    html_put(writer, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
                     "<meta http-equiv=\"Content-Security-Policy\" content=\"" PAGE_POLICY);
    html_put(writer, live_url != NULL ? "; connect-src 'self'\"/>\n" : "\"/>\n");
    html_put(writer, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
                     "<meta name=\"color-scheme\" content=\"light dark\"/>\n");
    if (live_url != NULL) {
        html_put(writer, "<meta name=\"leakcage-live\" content=\"");
        html_text(writer, live_url);
        html_put(writer, "\"/>\n");
    }
    html_put(writer, "<title>");
    html_text(writer, title);
    html_put(writer, "</title>\n");
    page_element(writer, "<style>\n", &page_asset_dygraphs_css, "</style>\n");
    page_element(writer, "<style>\n", &page_asset_style, "</style>\n</head>\n");
}

int page_write(const struct page *page, struct buffer *out, struct error *err)
{
    struct html_writer writer;
    html_begin(&writer, out);
    page_head(&writer, page->title, page->live_url);
    html_put(&writer, "<body>\n<main id=\"page\">\n<h1>");
    html_text(&writer, page->title);
    html_put(&writer, "</h1>\n<p>This report is drawn by its scripts, and they do not run here. "
                      "<code>leakcage report</code> prints the same as text.</p>\n");
    if (page->still != NULL) {
        html_put(&writer, "<noscript>\n");
        html_put(&writer, page->still);
        html_put(&writer, "</noscript>\n");
    }
    html_put(&writer, "</main>\n<script type=\"application/json\" id=\"leakcage-view\">");
    page_data(&writer, page->view_json, page->length);
    html_put(&writer, "</script>\n<script type=\"text/plain\" id=\"dygraphs-licence\">\n");
    page_element(&writer, "", &page_asset_dygraphs_licence, "</script>\n");
    page_element(&writer, "<script>\n", &page_asset_dygraphs_js, "</script>\n");
    page_element(&writer, "<script>\n", &page_asset_script, "</script>\n</body>\n</html>\n");
    return html_end(&writer, err);
}
