#pragma once
/* Interning: each different key (some bytes) gets a number, from 0 in the order they came; equal
 * keys get the same. Keys are copied into the store and followed by a NUL, so that text is a
 * string; they stay where they are, aligned for any type.
 *
 * Hashed with SipHash under a random key: a file cannot be made to have all its names collide. The
 * numbers do not depend on it. */
#include <stdint.h>

#include "profile/store.h"

struct intern_key {
    const void *data; /* in the store */
    uint32_t length;
    uint32_t hash;
};

struct intern {
    struct store *store; /* borrowed */
    uint64_t seed[2];
    struct intern_key *keys;
    uint32_t n;
    size_t capacity;
    uint32_t *slots; /* number + 1; 0: free */
    size_t n_slots;  /* a power of two */
};

/* An empty one in this store; release it with intern_done(). */
int intern_init(struct intern *intern, struct store *store, struct error *err);
void intern_done(struct intern *intern); /* an empty one, or all zeroes, is fine */

/* The number of this key, which is added when it is not there: then *ret == the old intern->n. */
int intern_add(struct intern *intern, const void *data, size_t length, uint32_t *ret,
               struct error *err);

/* The number of this key; UINT32_MAX: it is not there. */
uint32_t intern_find(const struct intern *intern, const void *data, size_t length);
