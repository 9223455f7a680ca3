#pragma once
/* The wire format of protocol buffers: a message is a row of fields, each a number, a type and a
 * value; a message within it is a field of bytes.
 *
 * Nothing is copied and nothing allocated: what is read points into the bytes that were given, so
 * it takes no memory, however a message is made. Errors (ERROR_USAGE) name the byte, counted from
 * the start of the outermost message. */
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

enum wire_type {
    WIRE_VARINT = 0,
    WIRE_FIXED64 = 1,
    WIRE_BYTES = 2, /* text, a message, or numbers in a row ("packed") */
    WIRE_FIXED32 = 5,
};

/* What is left to read. */
struct wire {
    const unsigned char *origin; /* of the outermost message */
    const unsigned char *at;
    const unsigned char *end;
};

struct wire_field {
    uint32_t number;
    enum wire_type type;
    uint64_t value;    /* of a number */
    struct wire bytes; /* of WIRE_BYTES */
};

/* From the start of these bytes. */
struct wire wire_of(const void *data, size_t length);

/* The next field, or (1) the end. */
int wire_next(struct wire *wire, struct wire_field *ret, struct error *err);

/* The next of the numbers of a repeated field, packed (then more than one) or not, or (1) the end;
 * `field` is changed. -1 also when it is no field of numbers. */
int wire_next_number(struct wire_field *field, uint64_t *ret, struct error *err);

/* Read a message whose fields are numbers: the last one of field i goes to values[i], which is 0
 * when there is none. Fields from n on are passed over. */
int wire_read_numbers(struct wire message, uint64_t *values, unsigned n, struct error *err);

/* Always -1: "byte N: " and what was expected of this field. */
int wire_error(const struct wire_field *field, struct error *err, const char *expected);

/* Append a number, with its field number or (0) without: what a packed field holds. A field that
 * is 0 is left out, as others do. */
int wire_put_number(struct buffer *out, uint32_t number, uint64_t value, struct error *err);

/* Append a field of bytes. */
int wire_put_bytes(struct buffer *out, uint32_t number, const void *data, size_t length,
                   struct error *err);
