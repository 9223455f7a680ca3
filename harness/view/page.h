#pragma once
/* A page that draws view data: one HTML document with its scripts, its style and its data, which
 * loads nothing and runs nothing else (it says so in its Content-Security-Policy). */
#include "base/buffer.h"

/* Append the page. `title` is text from outside. `view_json` is "leakcage.view/1"
 * (view/view_json.h) and `length` its bytes; what could end its element is escaped. With
 * `live_url`, a path of the same server, the page subscribes there to the lines of a live feed;
 * NULL: it needs no server. Fails where the buffer would grow beyond its bound; then there is a
 * part of the page in it. */
int page_write(const char *title, const char *view_json, size_t length, const char *live_url,
               struct buffer *out, struct error *err);
