#include "instrument/heap_blocks.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define SLOTS_FIRST 1024
#define HELD_FIRST  1024

void heap_blocks_init(struct heap_blocks *blocks)
{
    *blocks = (struct heap_blocks){.seed = 0x9E3779B97F4A7C15U};
    (void)!getrandom(&blocks->seed, sizeof(blocks->seed), GRND_NONBLOCK);
}

void heap_blocks_done(struct heap_blocks *blocks)
{
    free(blocks->slots);
    free(blocks->held);
    *blocks = (struct heap_blocks){.seed = blocks->seed};
}

static size_t heap_blocks_home(const struct heap_blocks *blocks, uint32_t space, uint64_t address)
{
    uint64_t hash = (address ^ blocks->seed) + space;
    hash = (hash ^ hash >> 30) * 0xBF58476D1CE4E5B9U;
    hash = (hash ^ hash >> 27) * 0x94D049BB133111EBU;
    return (size_t)(hash ^ hash >> 31) & (blocks->n_slots - 1);
}

/* Where it is, or where it would go. */
static struct heap_block *heap_blocks_slot(const struct heap_blocks *blocks, uint32_t space,
                                           uint64_t address)
{
    size_t at = heap_blocks_home(blocks, space, address);
    for (;; at = (at + 1) & (blocks->n_slots - 1)) {
        struct heap_block *slot = &blocks->slots[at];
        if (slot->space == 0 || (slot->address == address && slot->space == space + 1))
            return slot;
    }
}

static int heap_blocks_grow(struct heap_blocks *blocks, struct error *err)
{
    struct heap_blocks larger = *blocks;
    larger.n_slots = blocks->n_slots == 0 ? SLOTS_FIRST : blocks->n_slots * 2;
    larger.slots = calloc(larger.n_slots, sizeof(*larger.slots));
    if (larger.slots == NULL)
        return error_out_of_memory(err);
    for (size_t i = 0; i < blocks->n_slots; i++) {
        const struct heap_block *block = &blocks->slots[i];
        if (block->space != 0)
            *heap_blocks_slot(&larger, block->space - 1, block->address) = *block;
    }
    free(blocks->slots);
    *blocks = larger;
    return 0;
}

static int heap_blocks_know(struct heap_blocks *blocks, uint32_t owner, struct error *err)
{
    size_t n = blocks->n_held == 0 ? HELD_FIRST : blocks->n_held;
    if (owner < blocks->n_held)
        return 0;
    while (n <= owner)
        n *= 2;
    struct heap_held *held = realloc(blocks->held, n * sizeof(*held));
    if (held == NULL)
        return error_out_of_memory(err);
    memset(held + blocks->n_held, 0, (n - blocks->n_held) * sizeof(*held));
    blocks->held = held;
    blocks->n_held = n;
    return 0;
}

static void heap_blocks_count(struct heap_blocks *blocks, const struct heap_block *block, int sign)
{
    struct heap_held *held = &blocks->held[block->owner];
    held->objects += sign;
    held->bytes += sign * (int64_t)block->bytes;
}

int heap_blocks_take(struct heap_blocks *blocks, uint32_t space, const struct heap_block *block,
                     struct error *err)
{
    /* No machine has so much; and no sum of what is held can overflow. */
    bool absurd = block->bytes > (uint64_t)INT64_MAX / HEAP_BLOCKS_MAX;
    (void)heap_blocks_release(blocks, space, block->address);
    if (absurd || blocks->n >= HEAP_BLOCKS_MAX || block->owner >= HEAP_OWNERS_MAX) {
        blocks->dropped++;
        return 0;
    }
    if ((blocks->n + 1) * 4 > blocks->n_slots * 3 && heap_blocks_grow(blocks, err) < 0)
        return -1;
    if (heap_blocks_know(blocks, block->owner, err) < 0)
        return -1;
    struct heap_block *slot = heap_blocks_slot(blocks, space, block->address);
    *slot = *block;
    slot->space = space + 1;
    blocks->n++;
    heap_blocks_count(blocks, slot, 1);
    return 0;
}

/* Free a slot, and move up what was put behind it for want of it. */
static void heap_blocks_remove(struct heap_blocks *blocks, size_t at)
{
    size_t mask = blocks->n_slots - 1;
    heap_blocks_count(blocks, &blocks->slots[at], -1);
    blocks->n--;
    for (size_t next = (at + 1) & mask; blocks->slots[next].space != 0; next = (next + 1) & mask) {
        const struct heap_block *block = &blocks->slots[next];
        size_t home = heap_blocks_home(blocks, block->space - 1, block->address);
        if (((next - home) & mask) < ((next - at) & mask))
            continue;
        blocks->slots[at] = *block;
        at = next;
    }
    blocks->slots[at].space = 0;
}

const struct heap_block *heap_blocks_find(const struct heap_blocks *blocks, uint32_t space,
                                          uint64_t address)
{
    if (blocks->n == 0)
        return NULL;
    const struct heap_block *slot = heap_blocks_slot(blocks, space, address);
    return slot->space != 0 ? slot : NULL;
}

bool heap_blocks_release(struct heap_blocks *blocks, uint32_t space, uint64_t address)
{
    if (blocks->n == 0)
        return false;
    struct heap_block *slot = heap_blocks_slot(blocks, space, address);
    if (slot->space == 0)
        return false;
    heap_blocks_remove(blocks, (size_t)(slot - blocks->slots));
    return true;
}

void heap_blocks_release_space(struct heap_blocks *blocks, uint32_t space)
{
    for (size_t i = 0; i < blocks->n_slots;) {
        if (blocks->slots[i].space == space + 1)
            heap_blocks_remove(blocks, i); /* another may have come here */
        else
            i++;
    }
}
