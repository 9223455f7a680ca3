#pragma once
/* Links between the pages, relative to the list: "report?run=0/unclosed-body". */
#include "base/buffer.h"
#include "serve/serve_door.h"

/* Append the link to a page about one run. What could mean something in a URL or in markup is
 * escaped, so the link stands as it is in HTML and JSON. */
int serve_link_write(enum serve_page page, const char *key, struct buffer *out);
