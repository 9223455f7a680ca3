#pragma once
/* A growable byte buffer that knows its own bound.
 *
 * The content is always followed by a NUL that is not counted, so that text can be used as a
 * string. Growing beyond `max_bytes` is an error, never a surprise. */
#include <stdarg.h>
#include <stddef.h>

#include "base/error.h"

struct buffer {
    char *data; /* owned; NULL while empty */
    size_t length;
    size_t capacity;
    size_t max_bytes;
};

#define BUFFER_INIT(max) ((struct buffer){.max_bytes = (max)})

/* Release the content; the buffer is empty and usable afterwards. Fit for CLEANUP. */
void buffer_done(struct buffer *buffer);

/* Forget the content, keep the storage. */
void buffer_clear(struct buffer *buffer);

/* Room for `more` further bytes and the NUL. */
int buffer_reserve(struct buffer *buffer, size_t more, struct error *err);

/* Append bytes, a string, formatted text. The buffer is unchanged on failure. */
int buffer_append(struct buffer *buffer, const void *data, size_t length, struct error *err);
int buffer_append_text(struct buffer *buffer, const char *text, struct error *err);
int buffer_printf(struct buffer *buffer, struct error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The content as a string, "" when empty; borrowed until the next change. */
const char *buffer_text(const struct buffer *buffer);
