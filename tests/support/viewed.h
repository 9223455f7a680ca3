#pragma once
/* View data, read back: what a page would see. */
#include "base/json.h"
#include "view/view_json.h"

/* The data of these runs, as JSON that a reader of JSON reads. The caller frees it. */
struct json_document *viewed(const struct view_input *input);
struct json_document *viewed_one(const struct record *record, const char *dir);

/* A value by its path, "runs/0/series/2/key"; false: there is none. */
bool viewed_find(const struct json_document *document, const char *path, struct json_place *ret);

/* The same, of which there must be one. */
struct json_place viewed_place(const struct json_document *document, const char *path);
const char *viewed_text(const struct json_document *document, const char *path);
double viewed_number(const struct json_document *document, const char *path);

/* The member of a list, from 0, that has this text under that key; it must be there. */
size_t viewed_index(const struct json_document *document, const char *list, const char *key,
                    const char *text);

/* A series of the first run: its points, NAN where it has a gap. The caller frees both lists. */
struct viewed_series {
    double *t_s, *v;
    size_t n;
};
struct viewed_series viewed_series(const struct json_document *document, const char *key);
void viewed_series_done(struct viewed_series *series); /* for CLEANUP */
