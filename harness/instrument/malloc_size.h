#pragma once
/* What a block of malloc takes: more than was asked for. glibc's rule is known (a word before it,
 * sixteen bytes at a time, whole pages for one that has a mapping of its own); of other allocators
 * it is what was asked for. */
#include <stdbool.h>
#include <stdint.h>

enum malloc_kind { MALLOC_GLIBC, MALLOC_OTHER };

/* Does this mapped file bring a malloc in the place of the C library's ("/…/libjemalloc.so.2")? */
bool malloc_is_other(const char *path);

/* Bytes that the block at `address` takes, when `size` were asked for. */
uint64_t malloc_size(enum malloc_kind kind, uint64_t address, uint64_t size);
