#include "profile/intern.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define INTERN_SLOTS_MIN 64

static uint64_t intern_rotate(uint64_t word, unsigned bits)
{
    return word << bits | word >> (64 - bits);
}

static void intern_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = intern_rotate(v[1], 13) ^ v[0];
    v[0] = intern_rotate(v[0], 32);
    v[2] += v[3];
    v[3] = intern_rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = intern_rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = intern_rotate(v[1], 17) ^ v[2];
    v[2] = intern_rotate(v[2], 32);
}

/* SipHash-1-3 of the bytes, as words of this machine. */
static uint32_t intern_hash(const struct intern *intern, const void *data, size_t length)
{
    const unsigned char *bytes = data;
    uint64_t v[4] = {intern->seed[0] ^ 0x736f6d6570736575, intern->seed[1] ^ 0x646f72616e646f6d,
                     intern->seed[0] ^ 0x6c7967656e657261, intern->seed[1] ^ 0x7465646279746573};
    for (size_t done = 0; done <= length; done += sizeof(uint64_t)) {
        uint64_t word = 0;
        size_t part = length - done < sizeof(word) ? length - done : sizeof(word);
        if (part > 0)
            memcpy(&word, bytes + done, part);
        if (part < sizeof(word))
            word |= (uint64_t)length << 56;
        v[3] ^= word;
        intern_round(v);
        v[0] ^= word;
    }
    v[2] ^= 0xff;
    for (unsigned i = 0; i < 3; i++)
        intern_round(v);
    uint64_t hash = v[0] ^ v[1] ^ v[2] ^ v[3];
    return (uint32_t)(hash ^ hash >> 32);
}

int intern_init(struct intern *intern, struct store *store, struct error *err)
{
    *intern = (struct intern){.store = store};
    if (getrandom(intern->seed, sizeof(intern->seed), 0) != sizeof(intern->seed))
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot get random bytes");
    return 0;
}

void intern_done(struct intern *intern)
{
    free(intern->keys);
    free(intern->slots);
    intern->keys = NULL;
    intern->slots = NULL;
    intern->n = 0;
    intern->capacity = 0;
    intern->n_slots = 0;
}

/* Where this key is, or the free slot where it belongs. */
static uint32_t *intern_slot(const struct intern *intern, const void *data, size_t length,
                             uint32_t hash)
{
    size_t at = hash & (intern->n_slots - 1);
    for (;; at = (at + 1) & (intern->n_slots - 1)) {
        uint32_t *slot = &intern->slots[at];
        if (*slot == 0)
            return slot;
        const struct intern_key *key = &intern->keys[*slot - 1];
        if (key->hash == hash && key->length == length &&
            (length == 0 || memcmp(key->data, data, length) == 0))
            return slot;
    }
}

/* At most half of the slots are ever taken. */
static int intern_make_room(struct intern *intern, struct error *err)
{
    if (((size_t)intern->n + 1) * 2 <= intern->n_slots)
        return 0;
    size_t n_slots = intern->n_slots;
    size_t need = n_slots == 0 ? INTERN_SLOTS_MIN : n_slots * 2;
    if (store_grow(intern->store, &intern->slots, need, sizeof(*intern->slots), &n_slots, err) < 0)
        return -1;
    intern->n_slots = n_slots;
    memset(intern->slots, 0, n_slots * sizeof(*intern->slots));
    for (uint32_t i = 0; i < intern->n; i++) {
        const struct intern_key *key = &intern->keys[i];
        *intern_slot(intern, key->data, key->length, key->hash) = i + 1;
    }
    return 0;
}

int intern_add(struct intern *intern, const void *data, size_t length, uint32_t *ret,
               struct error *err)
{
    if (length > UINT32_MAX / 2 || intern->n >= UINT32_MAX / 2)
        return error_set(err, ERROR_USAGE, "more than can be numbered");
    if (intern_make_room(intern, err) < 0)
        return -1;
    uint32_t hash = intern_hash(intern, data, length);
    uint32_t *slot = intern_slot(intern, data, length, hash);
    if (*slot == 0) {
        if (store_grow(intern->store, &intern->keys, (size_t)intern->n + 1, sizeof(*intern->keys),
                       &intern->capacity, err) < 0)
            return -1;
        unsigned char *copy = store_alloc(intern->store, length + 1, err);
        if (copy == NULL)
            return -1;
        if (length > 0)
            memcpy(copy, data, length);
        intern->keys[intern->n] = (struct intern_key){copy, (uint32_t)length, hash};
        *slot = ++intern->n;
    }
    *ret = *slot - 1;
    return 0;
}

uint32_t intern_find(const struct intern *intern, const void *data, size_t length)
{
    if (intern->n == 0)
        return UINT32_MAX;
    uint32_t slot = *intern_slot(intern, data, length, intern_hash(intern, data, length));
    return slot == 0 ? UINT32_MAX : slot - 1;
}
