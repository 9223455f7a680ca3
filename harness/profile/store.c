#include "profile/store.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define STORE_CAPACITY_MIN 16

int store_init(struct store *store, size_t max_bytes, struct error *err)
{
    struct arena *arena = arena_new();
    if (arena == NULL)
        return error_out_of_memory(err);
    *store = (struct store){.arena = arena, .max_bytes = max_bytes};
    return 0;
}

void store_done(struct store *store)
{
    arena_free(store->arena);
    store->arena = NULL;
    store->used_bytes = 0;
}

static int store_take(struct store *store, size_t bytes, struct error *err)
{
    if (bytes > store->max_bytes - store->used_bytes)
        return error_set(err, ERROR_USAGE, "it takes more than %zu MiB of memory",
                         store->max_bytes >> 20);
    store->used_bytes += bytes;
    return 0;
}

void *store_alloc(struct store *store, size_t size, struct error *err)
{
    /* As the arena rounds it up. */
    size_t rounded = size < 16 ? 16 : size;
    if (store_take(store, rounded, err) < 0)
        return NULL;
    void *block = arena_alloc(store->arena, size);
    if (block == NULL)
        error_out_of_memory(err);
    return block;
}

int store_grow(struct store *store, void *array, size_t need, size_t item_size, size_t *capacity,
               struct error *err)
{
    if (need <= *capacity)
        return 0;
    size_t items = *capacity < STORE_CAPACITY_MIN ? STORE_CAPACITY_MIN : *capacity;
    while (items < need && items <= SIZE_MAX / 2)
        items *= 2;
    if (items < need || items > SIZE_MAX / item_size)
        return error_out_of_memory(err);
    if (store_take(store, (items - *capacity) * item_size, err) < 0)
        return -1;
    void *old = NULL;
    memcpy(&old, array, sizeof(old));
    void *grown = realloc(old, items * item_size);
    if (grown == NULL)
        return error_out_of_memory(err);
    memcpy(array, &grown, sizeof(grown));
    *capacity = items;
    return 0;
}
