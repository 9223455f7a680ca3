#include "instrument/held_totals.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "profile/intern.h"

#define TOTALS_MAX_BYTES ((size_t)64 << 20)
#define LABEL_MAX        512

struct held_total {
    int64_t objects, bytes;
};

/* A key is the number of the stack and the text of the label. */
struct held_totals {
    struct store store;
    struct intern keys;
    struct held_total *values; /* owned, by the key's number */
    size_t capacity;
};

int held_totals_new(struct held_totals **ret, struct error *err)
{
    struct held_totals *totals = calloc(1, sizeof(*totals));
    if (totals == NULL)
        return error_out_of_memory(err);
    if (store_init(&totals->store, TOTALS_MAX_BYTES, err) < 0 ||
        intern_init(&totals->keys, &totals->store, err) < 0) {
        held_totals_free(totals);
        return -1;
    }
    *ret = totals;
    return 0;
}

void held_totals_free(struct held_totals *totals)
{
    if (totals == NULL)
        return;
    intern_done(&totals->keys);
    store_done(&totals->store);
    free(totals->values);
    free(totals);
}

void held_totals_freep(struct held_totals **totals)
{
    held_totals_free(*totals);
}

int held_totals_add(struct held_totals *totals, const char *label, uint32_t stack, int64_t objects,
                    int64_t bytes, struct error *err)
{
    char key[sizeof(stack) + LABEL_MAX];
    uint32_t number;
    size_t length = strnlen(label, LABEL_MAX);
    memcpy(key, &stack, sizeof(stack));
    memcpy(key + sizeof(stack), label, length);
    if (intern_add(&totals->keys, key, sizeof(stack) + length, &number, err) < 0)
        return -1;
    if (number >= totals->capacity) {
        size_t capacity = totals->capacity == 0 ? 64 : 2 * totals->capacity;
        struct held_total *values = realloc(totals->values, capacity * sizeof(*values));
        if (values == NULL)
            return error_out_of_memory(err);
        memset(values + totals->capacity, 0, (capacity - totals->capacity) * sizeof(*values));
        totals->values = values;
        totals->capacity = capacity;
    }
    totals->values[number].objects += objects;
    totals->values[number].bytes += bytes;
    return 0;
}

static int held_totals_fill(const struct held_totals *totals, struct instrument_share *share,
                            struct profile *profile, struct error *err)
{
    for (uint32_t i = 0; i < totals->keys.n; i++) {
        const char *key = totals->keys.keys[i].data;
        char label[LABEL_MAX + 1];
        struct call_sample sample = {.label = label};
        memcpy(&sample.stack, key, sizeof(sample.stack));
        snprintf(label, sizeof(label), "%s", key + sizeof(sample.stack));
        if (label[0] == '\0')
            sample.label = NULL;
        int64_t values[2] = {totals->values[i].objects, totals->values[i].bytes};
        if (call_stacks_add_sample(share->stacks, share->symbols, profile, &sample, values, err) <
            0)
            return -1;
    }
    return 0;
}

int held_totals_store(const struct held_totals *totals, struct instrument_share *share,
                      const struct held_totals_file *file, struct error *err)
{
    CLEANUP(profile_freep) struct profile *profile = NULL;
    if (profile_new(&profile, err) < 0)
        return -1;
    int status = file->has_bytes ? profile_add_type(profile, "inuse_objects", "count", err)
                                 : profile_add_type(profile, "descriptors", "count", err);
    if (status == 0 && file->has_bytes)
        status = profile_add_type(profile, "inuse_space", "bytes", err);
    if (status < 0)
        return -1;
    profile->default_type = profile->n_types - 1;
    pthread_mutex_lock(share->lock);
    status = held_totals_fill(totals, share, profile, err);
    pthread_mutex_unlock(share->lock);
    if (status < 0)
        return -1;
    return instrument_store(profile, file->dir, file->name, file->cycle, err);
}
