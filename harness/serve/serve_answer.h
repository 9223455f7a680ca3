#pragma once
/* What is answered to a request that was let in: a status, a type, and a text or a stream. Nothing
 * here knows of the server that sends it. */
#include "base/buffer.h"
#include "serve/serve_door.h"
#include "serve/serve_events.h"
#include "serve/serve_pages.h"

/* What the request's query says; borrowed. */
struct serve_query {
    const char *runs[SERVE_PAGE_RUNS_MAX + 1]; /* keys; one more than can be shown */
    size_t n_runs;
    const char *sort, *order;  /* of the list */
    const char *last_event_id; /* a header; this and the two above: NULL: not given */
};

/* What is served. Borrowed, and shared by all threads. */
struct serve_site {
    const char *const *folders;
    struct serve_results *results;
    struct serve_pages *pages;
};

/* One of text, kept, asset and events is there; the first three are bytes. */
struct serve_reply {
    unsigned status; /* of HTTP */
    const char *type;
    const char *policy;      /* Content-Security-Policy */
    struct buffer text;      /* owned */
    struct serve_text *kept; /* held */
    const char *asset;       /* borrowed for ever */
    size_t asset_length;
    struct serve_events *events; /* owned */
    struct buffer location;      /* owned: where else to go; "": nowhere */
};

/* Answer; *ret is for serve_reply_done(). What goes wrong is an answer, too. */
void serve_answer(const struct serve_site *site, enum serve_page page,
                  const struct serve_query *query, struct serve_reply *ret);

/* An answer of a line of plain text. */
void serve_answer_plain(unsigned status, const char *text, struct serve_reply *ret);

/* Release what the answer still owns. */
void serve_reply_done(struct serve_reply *reply);
