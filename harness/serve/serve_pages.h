#pragma once
/* Reports of results, made when somebody asks and kept until a result changes.
 *
 * One is made at a time, so that no crowd of readers needs the memory of many timelines; those who
 * ask for the same meanwhile get the one that was made. What is kept is bounded: the oldest goes
 * first, and a page that is larger than all of it is not kept. Thread-safe. */
#include "serve/serve_door.h"
#include "serve/serve_results.h"

#define SERVE_PAGE_RUNS_MAX   64
#define SERVE_PAGES_MAX       16
#define SERVE_PAGES_MAX_BYTES ((size_t)32 * 1024 * 1024)

/* A text that was made; borrowed from whoever holds it. */
struct serve_text;

struct serve_pages;

/* Pages of these results (borrowed); none is made yet. The caller owns *ret. NULL can be freed. */
int serve_pages_new(struct serve_results *results, struct serve_pages **ret, struct error *err);
void serve_pages_free(struct serve_pages *pages);

/* The page of so many results: SERVE_REPORT or SERVE_VIEW_JSON. *ret is to be released. 1: one of
 * them is not there, or broken, and the error says how. */
int serve_pages_get(struct serve_pages *pages, enum serve_page kind, const char *const *keys,
                    size_t n, struct serve_text **ret, struct error *err);

/* Make no further page: every later serve_pages_get() fails. Returns whether one is still in the
 * making. */
bool serve_pages_stop(struct serve_pages *pages);

/* What it says, and how long that is. */
const char *serve_text_bytes(const struct serve_text *text, size_t *ret_length);

/* Give it back, from any thread, also after the pages have gone. NULL is fine. */
void serve_text_release(struct serve_text *text);
