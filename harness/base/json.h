#pragma once
/* JSON that an author wrote: cJSON, plus the place of every value.
 *
 * A reader looks at a value through a `struct json_place`: the node, its JSON path ("$.load.rate")
 * and, through the document, the file's name and the line. Its errors read
 *     scenarios/a.json:12: $.load.concurrency: found -3, expected a whole number from 1 to 1024
 * Duplicate keys, nesting beyond 32 levels and files beyond 1 MiB are refused when loading.
 *
 * This is the only user of cJSON for reading; writers build text through json_writer.h. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"

#define JSON_FILE_MAX_BYTES ((size_t)1024 * 1024)
#define JSON_NESTING_MAX    32

struct cJSON;
struct json_document;

/* A value and where it stands; valid as long as its document. */
struct json_place {
    const struct json_document *document;
    const struct cJSON *node;
    size_t index;   /* among the children of its parent */
    char path[256]; /* cut with "…" when longer */
};

/* Room for json_describe(). */
#define JSON_DESCRIBE_MAX 128

/* Load and check a file, or text; `name` is what errors call it. The caller owns *ret. What is
 * wrong with file or text is ERROR_USAGE, with line and column where there is one. */
int json_load_file(const char *path, size_t max_bytes, struct json_document **ret,
                   struct error *err);
int json_load_text(const char *name, const char *text, size_t length, struct json_document **ret,
                   struct error *err);
void json_free(struct json_document *document);
void json_freep(struct json_document **document); /* for CLEANUP */

/* The root value, "$". */
struct json_place json_root(const struct json_document *document);

/* The line a value starts on, from 1. */
unsigned json_line(const struct json_place *place);

/* What was found, for messages: "-3", "\"64Q\"", "an empty object", "null"; long text is cut. The
 * words are as in the file. Returns text[JSON_DESCRIBE_MAX]. */
const char *json_describe(const struct json_place *place, char *text);

/* Always -1: "file:line: path: " and the text, as ERROR_USAGE. */
int json_error(const struct json_place *place, struct error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Always -1: the same with "found X, expected " in front of the text. */
int json_error_expected(const struct json_place *place, struct error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Always -1: `word` is none of the NULL-terminated list; the nearest one is suggested. */
int json_error_word(const struct json_place *place, const char *word, const char *const *words,
                    struct error *err);

/* Put "file:line: path: " in front of an error that units_parse_…() made. Always -1. */
int json_error_prefix(const struct json_place *place, struct error *err);

/* Objects. json_member() returns false when there is no such key (and leaves *ret alone).
 * json_check_keys() refuses keys that are not in the NULL-terminated list and suggests the nearest
 * one; keys that start with "$" (such as "$schema") are for editors and pass at the root. */
bool json_is_object(const struct json_place *place);
bool json_is_array(const struct json_place *place);
bool json_is_string(const struct json_place *place);
bool json_is_null(const struct json_place *place);
bool json_member(const struct json_place *object, const char *key, struct json_place *ret);
int json_expect_object(const struct json_place *place, struct error *err);
int json_expect_array(const struct json_place *place, size_t maximum, struct error *err);
int json_check_keys(const struct json_place *object, const char *const *known, struct error *err);

/* Children of an array or object, in order: json_first() and json_next() return false when there
 * are no more. json_key() is the key of an object's child. */
size_t json_length(const struct json_place *place);
bool json_first(const struct json_place *parent, struct json_place *ret);
bool json_next(const struct json_place *parent, struct json_place *child);
const char *json_key(const struct json_place *place);

/* Typed values. Strings are borrowed from the document. Sizes and times are strings in the forms
 * of base/units.h; a size may also be a whole number of bytes. Counts must be whole, below 2^53
 * (beyond, JSON readers disagree) and, as all numbers, in the range that is given. */
int json_string(const struct json_place *place, const char **ret, struct error *err);
int json_bool(const struct json_place *place, bool *ret, struct error *err);
int json_count(const struct json_place *place, uint64_t minimum, uint64_t maximum, uint64_t *ret,
               struct error *err);
int json_number(const struct json_place *place, double minimum, double maximum, double *ret,
                struct error *err);
int json_bytes(const struct json_place *place, uint64_t minimum, uint64_t maximum, uint64_t *ret,
               struct error *err);
int json_duration(const struct json_place *place, nsec_t minimum_ns, nsec_t maximum_ns,
                  nsec_t *ret_ns, struct error *err);

/* The candidate nearest to `word` by edit distance, NULL when none is near (for "did you mean"). */
const char *json_nearest(const char *word, const char *const *candidates);
