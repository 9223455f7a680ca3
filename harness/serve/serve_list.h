#pragma once
/* The list: what was found, for people and for programs. Pure.
 *
 * As a page it works without its script: links sort it, a form shows chosen results together. */
#include "base/buffer.h"
#include "serve/serve_order.h"
#include "serve/serve_results.h"

/* Append the page; `folders` (NULL-terminated) is what is served, `now_unix_s` what dates are
 * seen from. */
int serve_list_write_html(const struct serve_list *list, const char *const *folders,
                          const struct serve_order *order, int64_t now_unix_s, struct buffer *out,
                          struct error *err);

/* Append the JSON ("leakcage.list/1"), in the same order. */
int serve_list_write_json(const struct serve_list *list, const struct serve_order *order,
                          struct buffer *out, struct error *err);
