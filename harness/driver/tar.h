#pragma once
/* Read one small file out of a tar archive. */
#include "base/buffer.h"
#include "base/error.h"

/* Append the file `name` ("manifest.json"; "./" in front of it is the same) of the archive that
 * `fd` is to `buffer`, whose bound holds. A link to a file, as `docker save` made them once, is
 * followed. 1: there is none. -1: no tar archive, cut short, or compressed; the error says which.
 */
int tar_read_file(int fd, const char *name, struct buffer *buffer, struct error *err);
