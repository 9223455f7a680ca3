#pragma once
/* A page that draws view data: one HTML document with its scripts, its style and its data, which
 * loads nothing and runs nothing else (it says so in its Content-Security-Policy). */
#include "base/buffer.h"

struct page {
    const char *title;     /* text from outside */
    const char *view_json; /* "leakcage.view/1" (view/view_json.h); what could end its element is
                              escaped */
    size_t length;         /* of that, in bytes */
    const char *live_url;  /* a path of the same server, where the page subscribes to the lines of a
                              live feed; NULL: it needs no server */
    const char *still;     /* markup of ours, shown where no script may run; NULL: none */
};

/* Append the page. Fails where the buffer would grow beyond its bound; then there is a part of the
 * page in it. */
int page_write(const struct page *page, struct buffer *out, struct error *err);
