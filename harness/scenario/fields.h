#pragma once
/* Tables that tie the keys of a JSON object to the members of a struct.
 *
 * One table serves reading, writing, the check of ranges and the list of known keys, so that they
 * cannot drift apart; tests/rules/check_schema.py holds the tables against scenarios/schema.json
 * (it finds them by their shape: `const struct field NAME_fields[]`, one {"key", FIELD_… a line).
 * Reading replaces what an object names and leaves the rest: that is how variants work. */
#include <stddef.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "scenario/placeholder.h"

/* What a reader needs besides the text. */
struct reader {
    struct arena *arena; /* strings are kept here */
    struct placeholder_names names;
};

enum field_kind {
    FIELD_TEXT,     /* const char *: any text */
    FIELD_LINE,     /* const char *: one line of visible text, not empty */
    FIELD_URL_PATH, /* const char *: "/…" */
    FIELD_COUNT,    /* uint64_t */
    FIELD_UNSIGNED, /* unsigned */
    FIELD_PORT,     /* uint16_t; 0 is "none": cannot be written, is not checked */
    FIELD_NUMBER,   /* double; 0 is "none" */
    FIELD_BYTES,    /* uint64_t; "none" is SCENARIO_NO_LIMIT */
    FIELD_DURATION, /* nsec_t; the range is in seconds */
    FIELD_BOOL,     /* bool */
    FIELD_OTHER,    /* by functions of its own; NULL: not read, or not written */
};

/* `object` is the struct that the table describes, `place` the value of the key. */
typedef int field_reader(struct reader *reader, const struct json_place *place, void *object,
                         struct error *err);
typedef void field_writer(struct json_writer *writer, const char *key, const void *object);

struct field {
    const char *key; /* NULL ends the table */
    enum field_kind kind;
    size_t offset;
    double minimum; /* of numbers, sizes and times */
    double maximum;
    field_reader *read;
    field_writer *write;
};

/* A table and what it describes. One JSON object may fill several structs. */
struct field_group {
    const struct field *fields; /* NULL ends a list of groups */
    void *object;
};

/* Read the object at `place`: every key must be in one of the groups. Keys are taken in the order
 * of the tables. */
int fields_read(struct reader *reader, const struct json_place *place,
                const struct field_group *groups, struct error *err);

/* Read the value at `place` as that field of `object`. */
int field_read(struct reader *reader, const struct field *field, const struct json_place *place,
               void *object, struct error *err);

/* Write all fields of one table; what is "none" is left out. */
void fields_write(struct json_writer *writer, const struct field *fields, const void *object);

/* Values that did not come from JSON are in range too: -1 names the key in *ret_key (borrowed). */
int fields_check(const struct field *fields, const void *object, const char **ret_key,
                 struct error *err);

/* A copy that the reader's arena keeps. */
int reader_keep(struct reader *reader, const char *text, const char **ret, struct error *err);

/* What a path should have been, or NULL when it is one. */
const char *url_path_fault(const char *path);
