#pragma once
/* gzip: what profiles are packed in. Bytes to bytes, within the bound of the buffer that they go
 * to. What is no gzip, or is cut short, is ERROR_USAGE, as is more than the bound (a file of 64 MiB
 * can hold 64 GiB of nothing). */
#include <stdbool.h>

#include "base/buffer.h"
#include "base/error.h"

/* Does it start as gzip does? */
bool gzip_is(const void *data, size_t length);

/* Append what is packed in there, all members of it. */
int gzip_unpack(const void *data, size_t length, struct buffer *out, struct error *err);

/* Append it packed; without a name or a time, so that the same bytes give the same. */
int gzip_pack(const void *data, size_t length, struct buffer *out, struct error *err);
