#pragma once
/* What the parts of a profile are kept in: an arena and arrays that grow, all within one bound, so
 * that no file of a service under test can take this machine's memory.
 *
 * What is over the bound is ERROR_USAGE (it is the file that is too large); being out of memory
 * is ERROR_INTERNAL. */
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

struct store {
    struct arena *arena; /* owned */
    size_t used_bytes;
    size_t max_bytes;
};

/* An empty one; release it with store_done(). */
int store_init(struct store *store, size_t max_bytes, struct error *err);
void store_done(struct store *store); /* an empty one, or all zeroes, is fine */

/* Zeroed, until store_done(); NULL with the error. */
void *store_alloc(struct store *store, size_t size, struct error *err);

/* Room for `need` items in a malloc'd array, which stays its owner's: *array and *capacity (in
 * items) are changed when it has to grow. */
int store_grow(struct store *store, void *array, size_t need, size_t item_size, size_t *capacity,
               struct error *err);
