#pragma once
/* JSON that the program writes: keys in the order they are given, two spaces of indentation, whole
 * numbers as such, doubles with 17 significant digits at most (the shortest that reads back the
 * same). The first failure is kept and every later call does nothing; ask json_writer_end().
 *
 * What is not known is left out: a NULL text and a number that is not finite write nothing, key and
 * all; inside an array, where the place counts, they write null. */
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

#define JSON_WRITER_DEPTH_MAX 16

struct json_writer {
    struct buffer *out; /* borrowed */
    struct error error;
    bool failed;
    unsigned depth;
    bool line;                          /* all of it is on one line */
    unsigned row;                       /* the depth inside the outermost row; 0: none is open */
    char closer[JSON_WRITER_DEPTH_MAX]; /* of the containers that are open: '}' or ']' */
    bool has_member[JSON_WRITER_DEPTH_MAX + 1];
};

/* Append to `out` from here on; the second: all on one line, for a file of lines or a stream. */
void json_writer_begin(struct json_writer *writer, struct buffer *out);
void json_writer_begin_line(struct json_writer *writer, struct buffer *out);

/* Open and close a container. `key` is NULL inside an array and at the root, and only there. */
void json_write_object(struct json_writer *writer, const char *key);
void json_write_array(struct json_writer *writer, const char *key);
void json_write_close_object(struct json_writer *writer);
void json_write_close_array(struct json_writer *writer);

/* The same as an array, on one line with all that is in it: [1, 2, 3]. Closed as an array. */
void json_write_row(struct json_writer *writer, const char *key);

/* And an object: {"a": 1, "b": [2]}. Closed as an object. */
void json_write_row_object(struct json_writer *writer, const char *key);

/* One value. Bytes of a text that are not UTF-8 become U+FFFD; controls and what turns
 * the direction of text are escaped (\u202e). */
void json_write_text(struct json_writer *writer, const char *key, const char *text);
void json_write_u64(struct json_writer *writer, const char *key, uint64_t value);
void json_write_i64(struct json_writer *writer, const char *key, int64_t value);
void json_write_double(struct json_writer *writer, const char *key, double value);
/* The same with so many digits behind the point at most (9), and none that say nothing. */
void json_write_decimal(struct json_writer *writer, const char *key, double value,
                        unsigned decimals);
void json_write_bool(struct json_writer *writer, const char *key, bool value);

/* A final newline; -1 with the first failure, also when a container is still open. */
int json_writer_end(struct json_writer *writer, struct error *err);
