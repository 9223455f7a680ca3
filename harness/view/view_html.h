#pragma once
/* report.html: the runs as one page that needs nothing else, no network and no server; its data and
 * what draws it are in it. */
#include "view/view_input.h"

#include "base/buffer.h"
#include "base/error.h"

/* The name of the page that every run leaves in its result folder. */
#define VIEW_HTML_NAME "report.html"

/* Append the page. On failure there may be a part of it in `out`. */
int view_html_write(const struct view_input *input, struct buffer *out, struct error *err);

/* Write the page of one stored run into its folder, whole or not at all. */
int view_html_store(const struct stored_record *run, struct error *err);
