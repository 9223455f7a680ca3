#pragma once
/* Blocks of memory that are held now, by address, and the sum of them by owner (a number: a stack
 * of calls, of whoever counts). Bytes are what they take, as the caller has reckoned it.
 *
 * Memory is bounded, for what is told comes from the service: what does not fit is counted
 * (`dropped`) and otherwise as if it had never been taken. Not for several threads at once. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* As many can be held: 24 bytes each, in a table that is three quarters full at most. */
#define HEAP_BLOCKS_MAX ((size_t)3 << 20)

/* …by so many owners. */
#define HEAP_OWNERS_MAX ((size_t)1 << 22)

/* What one owner holds. */
struct heap_held {
    int64_t objects;
    int64_t bytes;
};

struct heap_block {
    uint64_t address;
    uint64_t bytes;
    uint32_t space; /* + 1; 0: the slot is free */
    uint32_t owner;
};

struct heap_blocks {
    struct heap_block *slots;
    size_t n_slots; /* a power of two, or 0 */
    size_t n;
    struct heap_held *held; /* of each owner */
    size_t n_held;
    uint64_t seed;
    uint64_t dropped;
};

/* All zeroes is an empty one, but for the seed, which this sets: no addresses can be chosen to
 * collide. */
void heap_blocks_init(struct heap_blocks *blocks);
void heap_blocks_done(struct heap_blocks *blocks);

/* A block was taken in the address space `space` (of a process; any number below UINT32_MAX). One
 * that is there already is given back first: its end was not told. */
int heap_blocks_take(struct heap_blocks *blocks, uint32_t space, const struct heap_block *block,
                     struct error *err);

/* It was given back; false: it is not there. */
bool heap_blocks_release(struct heap_blocks *blocks, uint32_t space, uint64_t address);

/* The block at this address, borrowed until the next change; NULL: there is none. */
const struct heap_block *heap_blocks_find(const struct heap_blocks *blocks, uint32_t space,
                                          uint64_t address);

/* All of an address space, for its process has ended or runs another program. */
void heap_blocks_release_space(struct heap_blocks *blocks, uint32_t space);
