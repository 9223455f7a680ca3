#pragma once
/* YAML that an author wrote: libyaml's events as a tree, plus the place of every value.
 *
 * A file is a list of documents, a document a tree of nodes: mappings, sequences and scalars. A
 * scalar is text as it stands, without quotes; whether it was quoted tells text from numbers.
 * Errors read pod.yaml:12:17: spec.containers[0].image: found a list, expected text with line and
 * column from 1. Refused when loading: what libyaml refuses (a tab as indentation is named), a key
 * twice, anchors and aliases (what they stand for has to be written out: manifests of unknown
 * origin would otherwise grow without bound, and no place could be named), tags but !!str, text
 * with a NUL, nesting beyond 32 levels, mappings beyond 1024 keys, files beyond 1 MiB.
 *
 * Everything hangs off the arena that was given and lives as long as that. This is the only user of
 * libyaml. */
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

#define YAML_FILE_MAX_BYTES ((size_t)1024 * 1024)
#define YAML_NESTING_MAX    32
#define YAML_KEYS_MAX       1024
#define YAML_PATH_MAX       256
#define YAML_DESCRIBE_MAX   128

enum yaml_kind { YAML_SCALAR, YAML_MAPPING, YAML_SEQUENCE };

struct yaml_node {
    enum yaml_kind kind;
    const char *file; /* its name, for errors */
    const char *text; /* of a scalar; NULL for the others */
    bool quoted;      /* in quotes, a block of text, or tagged !!str: text and nothing else */
    unsigned line;    /* where it begins, from 1 */
    unsigned column;
    const char *key; /* of a member of a mapping; else NULL */
    unsigned key_line;
    unsigned key_column;
    size_t index; /* among the children of its parent */
    size_t n_children;
    struct yaml_node *parent; /* NULL: the root of a document */
    struct yaml_node *first;  /* child; NULL: none */
    struct yaml_node *last;
    struct yaml_node *next; /* sibling; or the next document's root */
};

/* Read a file, or text of that name. *ret is the first document's root, NULL when there is none;
 * the others follow as `next`. What is wrong with file or text is ERROR_USAGE. */
int yaml_load_file(const char *path, struct arena *arena, struct yaml_node **ret,
                   struct error *err);
int yaml_load_text(const char *name, const char *text, struct arena *arena, struct yaml_node **ret,
                   struct error *err);

/* The member of that name; NULL when there is none, when it is null, or when `node` is NULL or no
 * mapping. */
const struct yaml_node *yaml_member(const struct yaml_node *node, const char *key);

/* Nothing, "~" or "null" without quotes. */
bool yaml_is_null(const struct yaml_node *node);

/* A scalar that a reader of YAML takes for text: quoted, or neither number, boolean nor null. */
bool yaml_is_text(const struct yaml_node *node);

/* "spec.containers[0].image"; "" for a root. Cut at the front when it is too long. Returns
 * text[YAML_PATH_MAX]. */
const char *yaml_path(const struct yaml_node *node, char *text);

/* What was found, for messages: "\"64MB\"", "8080", "a list", "nothing". Returns
 * text[YAML_DESCRIBE_MAX]. */
const char *yaml_describe(const struct yaml_node *node, char *text);

/* Always -1: "file:line:column: path: " and the text, as ERROR_USAGE; with "found X, expected " in
 * front of the text; about the member's key instead of its value. */
int yaml_error(const struct yaml_node *node, struct error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int yaml_error_expected(const struct yaml_node *node, struct error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int yaml_error_key(const struct yaml_node *node, struct error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Put "file:line:column: path: " in front of an error that was made of the node's text. Always -1.
 */
int yaml_error_prefix(const struct yaml_node *node, struct error *err);
