#include "serve/serve_answer.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/json_writer.h"
#include "report/html_text.h"
#include "serve/serve_links.h"
#include "serve/serve_list.h"
#include "view/page.h"
#include "view/page_assets.h"

#define REPLY_MAX_BYTES ((size_t)64 * 1024 * 1024)

#define TYPE_HTML   "text/html; charset=utf-8"
#define TYPE_JSON   "application/json; charset=utf-8"
#define TYPE_SCRIPT "text/javascript; charset=utf-8"
#define TYPE_STYLE  "text/css; charset=utf-8"
#define TYPE_TEXT   "text/plain; charset=utf-8"
#define TYPE_EVENTS "text/event-stream; charset=utf-8"

/* Nothing is loaded from elsewhere, and nobody frames us. Reports bring their own scripts along. */
#define POLICY_NONE "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
#define POLICY_LIST                                                                          \
    POLICY_NONE "; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; " \
                "form-action 'self'"
#define POLICY_PAGE                                                                        \
    POLICY_NONE "; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; " \
                "connect-src 'self'; form-action 'none'"

enum {
    HTTP_OK = 200,
    HTTP_SEE_OTHER = 303,
    HTTP_BAD_REQUEST = 400,
    HTTP_NOT_FOUND = 404,
    HTTP_ERROR = 500,
};

static void reply_init(struct serve_reply *reply, unsigned status, const char *type,
                       const char *policy)
{
    *reply = (struct serve_reply){
        .status = status,
        .type = type,
        .policy = policy,
        .text = BUFFER_INIT(REPLY_MAX_BYTES),
        .location = BUFFER_INIT(REPLY_MAX_BYTES),
    };
}

void serve_reply_done(struct serve_reply *reply)
{
    buffer_done(&reply->text);
    buffer_done(&reply->location);
    serve_text_release(reply->kept);
    serve_events_close(reply->events);
    reply->kept = NULL;
    reply->events = NULL;
}

void serve_answer_plain(unsigned status, const char *text, struct serve_reply *ret)
{
    reply_init(ret, status, TYPE_TEXT, POLICY_NONE);
    (void)buffer_printf(&ret->text, NULL, "%s\n", text);
}

/* What cannot be shown, as a page with a way back. */
static void answer_failure(unsigned status, const struct error *failure, struct serve_reply *ret)
{
    struct html_writer writer;
    serve_reply_done(ret);
    reply_init(ret, status, TYPE_HTML, POLICY_LIST);
    html_begin(&writer, &ret->text);
    html_put(&writer, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
                      "<meta name=\"viewport\" content=\"width=device-width\"/>\n"
                      "<title>leakcage: not to be shown</title>\n"
                      "<link rel=\"icon\" href=\"data:,\"/>\n"
                      "<link rel=\"stylesheet\" href=\"list.css\"/>\n</head>\n<body>\n"
                      "<h1>This cannot be shown</h1>\n<p class=\"failure\">");
    html_text(&writer, failure->text);
    html_put(&writer, "</p>\n<p><a href=\"./\">All results</a></p>\n</body>\n</html>\n");
    (void)html_end(&writer, NULL);
}

static int answer_list(const struct serve_site *site, bool json, const struct serve_query *query,
                       struct serve_reply *ret, struct error *err)
{
    const struct serve_order order = serve_order_of(query->sort, query->order);
    const struct serve_list *list = serve_results_hold(site->results);
    int status =
        json ? serve_list_write_json(list, &order, &ret->text, err)
             : serve_list_write_html(list, site->folders, &order, clock_wall_s(), &ret->text, err);
    serve_results_release(site->results);
    ret->type = json ? TYPE_JSON : TYPE_HTML;
    ret->policy = json ? POLICY_NONE : POLICY_LIST;
    return status;
}

static int answer_pages(const struct serve_site *site, enum serve_page page,
                        const struct serve_query *query, struct serve_reply *ret, struct error *err)
{
    ret->type = page == SERVE_REPORT ? TYPE_HTML : TYPE_JSON;
    ret->policy = page == SERVE_REPORT ? POLICY_PAGE : POLICY_NONE;
    return serve_pages_get(site->pages, page, query->runs, query->n_runs, &ret->kept, err);
}

/* View data of no run yet: the feed tells of it. */
static int answer_view_of_run(const struct serve_run *run, struct buffer *out, struct error *err)
{
    struct json_writer writer;
    json_writer_begin(&writer, out);
    json_write_object(&writer, NULL);
    json_write_text(&writer, "schema", "leakcage.view/1");
    json_write_text(&writer, "title", run->id);
    json_write_array(&writer, "runs");
    json_write_close_array(&writer);
    json_write_close_object(&writer);
    return json_writer_end(&writer, err);
}

static int answer_run_page(const struct serve_run *run, struct serve_reply *ret, struct error *err)
{
    CLEANUP(buffer_done) struct buffer view = BUFFER_INIT(REPLY_MAX_BYTES);
    CLEANUP(buffer_done) struct buffer link = BUFFER_INIT(REPLY_MAX_BYTES);
    ret->type = TYPE_HTML;
    ret->policy = POLICY_PAGE;
    if (answer_view_of_run(run, &view, err) < 0 ||
        serve_link_write(SERVE_EVENTS, run->key, &link) < 0)
        return -1;
    const struct page page = {
        .title = run->id,
        .view_json = buffer_text(&view),
        .length = view.length,
        .live_url = buffer_text(&link),
    };
    return page_write(&page, &ret->text, err);
}

/* A run that goes on; of one that is over, its report. */
static int answer_run(const struct serve_site *site, const struct serve_query *query,
                      struct serve_reply *ret, struct error *err)
{
    struct serve_run run = {0};
    struct serve_place place = {0};
    if (serve_results_find_run(site->results, query->runs[0], &run) == 0) {
        int status = answer_run_page(&run, ret, err);
        serve_run_done(&run);
        return status;
    }
    if (serve_results_find(site->results, query->runs[0], &place, err) != 0)
        return 1;
    ret->status = HTTP_SEE_OTHER;
    int status = serve_link_write(SERVE_REPORT, place.key, &ret->location);
    serve_place_done(&place);
    return status;
}

static int answer_asset(const struct page_asset *asset, const char *type, struct serve_reply *ret)
{
    ret->type = type;
    ret->asset = asset->text;
    ret->asset_length = asset->length;
    return 0;
}

static int answer_page(const struct serve_site *site, enum serve_page page,
                       const struct serve_query *query, struct serve_reply *ret, struct error *err)
{
    switch (page) {
    case SERVE_LIST:
    case SERVE_LIST_JSON:
        return answer_list(site, page == SERVE_LIST_JSON, query, ret, err);
    case SERVE_LIST_SCRIPT:
        return answer_asset(&page_asset_list_script, TYPE_SCRIPT, ret);
    case SERVE_LIST_STYLE:
        return answer_asset(&page_asset_list_style, TYPE_STYLE, ret);
    case SERVE_REPORT:
    case SERVE_VIEW_JSON:
        return answer_pages(site, page, query, ret, err);
    case SERVE_RUN:
        return answer_run(site, query, ret, err);
    case SERVE_EVENTS:
        ret->type = TYPE_EVENTS;
        return serve_events_open(site->results, query->runs[0], query->last_event_id, &ret->events,
                                 err);
    case SERVE_PAGE_MAX_:
        break;
    }
    return error_set(err, ERROR_INTERNAL, "there is no such page");
}

/* Does the page need to know of which run it is? */
static bool answer_needs_run(enum serve_page page)
{
    return page == SERVE_REPORT || page == SERVE_VIEW_JSON || page == SERVE_RUN ||
           page == SERVE_EVENTS;
}

void serve_answer(const struct serve_site *site, enum serve_page page,
                  const struct serve_query *query, struct serve_reply *ret)
{
    struct error failure = {.kind = ERROR_NONE};
    reply_init(ret, HTTP_OK, TYPE_TEXT, POLICY_NONE);
    if (answer_needs_run(page) && query->n_runs == 0) {
        error_set(&failure, ERROR_USAGE, "no result was chosen");
        answer_failure(HTTP_BAD_REQUEST, &failure, ret);
        return;
    }
    int status = answer_page(site, page, query, ret, &failure);
    if (status != 0)
        answer_failure(status > 0 ? HTTP_NOT_FOUND : HTTP_ERROR, &failure, ret);
}
