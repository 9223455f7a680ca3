#pragma once
/* CSV as RFC 4180 has it, a row at a time: fields in quotes where they need them, one header row
 * that names every column. Control characters in text become spaces. */
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

#define CSV_FIELDS_MAX 256

/* Append one field and the comma or line end after it. An absent value is an empty field. */
void csv_text(struct buffer *out, const char *text);
void csv_u64(struct buffer *out, uint64_t value);
void csv_i64(struct buffer *out, int64_t value);
void csv_absent(struct buffer *out);
void csv_end_row(struct buffer *out);

/* Reading: walks a text that it changes in place (fields become strings). */
struct csv_reader {
    const char *name; /* for errors; borrowed */
    char *next;       /* NULL at the end */
    unsigned line;
    char *fields[CSV_FIELDS_MAX];
    size_t n_fields;
};

/* Read `text`, which is changed by it; both strings are borrowed. */
void csv_reader_init(struct csv_reader *reader, const char *name, char *text);

/* The next row into fields[]: 0; 1 at the end; -1 when it is malformed. */
int csv_reader_next(struct csv_reader *reader, struct error *err);

/* A field as a number; an empty one gives `absent`. -1 names file, line and column. */
int csv_read_u64(const struct csv_reader *reader, size_t column, uint64_t absent, uint64_t *ret,
                 struct error *err);
int csv_read_i64(const struct csv_reader *reader, size_t column, int64_t absent, int64_t *ret,
                 struct error *err);

/* Always -1: put "file:line: " in front of what a row was refused for, which is the file's fault
 * (ERROR_USAGE) unless it is that of this machine (out of memory). */
int csv_row_error(const struct csv_reader *reader, struct error *err);
