#include "instrument/held_mappings.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "instrument/process_table.h"

#define MAPPINGS_FIRST 64

/* Highest first: the kernel goes downwards, so a new one mostly comes last. */
struct process_mappings {
    struct held_mapping *ranges; /* owned, disjoint */
    size_t n, capacity;
};

struct held_mappings {
    uint64_t page_bytes;
    struct process_table processes;
};

int held_mappings_new(uint64_t page_bytes, struct held_mappings **ret, struct error *err)
{
    struct held_mappings *held = calloc(1, sizeof(*held));
    if (held == NULL)
        return error_out_of_memory(err);
    held->page_bytes = page_bytes;
    *ret = held;
    return 0;
}

static void process_mappings_free(struct process_mappings *process)
{
    if (process == NULL)
        return;
    free(process->ranges);
    free(process);
}

void held_mappings_free(struct held_mappings *held)
{
    if (held == NULL)
        return;
    for (size_t i = 0; i < held->processes.n_slots; i++)
        process_mappings_free(held->processes.slots[i].value);
    process_table_done(&held->processes);
    free(held);
}

static struct process_mappings *held_mappings_of(struct held_mappings *held, pid_t pid,
                                                 struct error *err)
{
    return process_table_need(&held->processes, pid, sizeof(struct process_mappings), err);
}

static int process_mappings_reserve(struct process_mappings *process, size_t more,
                                    struct error *err)
{
    if (process->n + more <= process->capacity)
        return 0;
    size_t capacity = process->capacity == 0 ? MAPPINGS_FIRST : process->capacity;
    while (capacity < process->n + more)
        capacity *= 2;
    struct held_mapping *ranges = realloc(process->ranges, capacity * sizeof(*ranges));
    if (ranges == NULL)
        return error_out_of_memory(err);
    process->ranges = ranges;
    process->capacity = capacity;
    return 0;
}

/* The first range (they go downwards) that ends at or below this address, or the number of all. */
static size_t process_mappings_below(const struct process_mappings *process, uint64_t address)
{
    size_t low = 0;
    size_t high = process->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (process->ranges[middle].end <= address)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* The first range that starts below this address. */
static size_t process_mappings_starting_below(const struct process_mappings *process,
                                              uint64_t address)
{
    size_t low = 0;
    size_t high = process->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (process->ranges[middle].start < address)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* Put `more` instead of the ranges from `first` to `last` (without it). Room is there. */
static void process_mappings_replace(struct process_mappings *process, size_t first, size_t last,
                                     const struct held_mapping *more, size_t n)
{
    memmove(process->ranges + first + n, process->ranges + last,
            (process->n - last) * sizeof(*process->ranges));
    memcpy(process->ranges + first, more, n * sizeof(*more));
    process->n = process->n - (last - first) + n;
}

static int process_mappings_remove(struct process_mappings *process, uint64_t start, uint64_t end,
                                   struct error *err)
{
    if (start >= end)
        return 0;
    size_t first = process_mappings_starting_below(process, end);
    size_t last = process_mappings_below(process, start);
    if (first >= last)
        return 0;
    struct held_mapping kept[2];
    size_t n = 0;
    const struct held_mapping *highest = &process->ranges[first];
    const struct held_mapping *lowest = &process->ranges[last - 1];
    bool keeps_start = lowest->start < start;
    if (highest->end > end) {
        kept[n] = *highest;
        kept[n].start = end;
        kept[n++].is_part |= keeps_start && highest == lowest;
    }
    if (keeps_start) {
        kept[n] = *lowest;
        kept[n++].end = start;
    }
    if (process_mappings_reserve(process, n, err) < 0)
        return -1;
    process_mappings_replace(process, first, last, kept, n);
    return 0;
}

static int process_mappings_insert(struct process_mappings *process,
                                   const struct held_mapping *mapping, struct error *err)
{
    if (mapping->start >= mapping->end)
        return 0;
    if (process_mappings_remove(process, mapping->start, mapping->end, err) < 0 ||
        process_mappings_reserve(process, 1, err) < 0)
        return -1;
    size_t at = process_mappings_starting_below(process, mapping->start);
    process_mappings_replace(process, at, at, mapping, 1);
    return 0;
}

static uint64_t held_mappings_up(const struct held_mappings *held, uint64_t address)
{
    uint64_t mask = held->page_bytes - 1;
    return address > UINT64_MAX - mask ? ~mask : (address + mask) & ~mask;
}

/* Where a range ends; nothing is beyond the last address. */
static uint64_t held_mappings_end(const struct held_mappings *held, uint64_t address,
                                  uint64_t length)
{
    return held_mappings_up(held, length > UINT64_MAX - address ? UINT64_MAX : address + length);
}

int held_mappings_add(struct held_mappings *held, pid_t pid, const struct held_mapping *mapping,
                      struct error *err)
{
    struct process_mappings *process = held_mappings_of(held, pid, err);
    struct held_mapping whole = *mapping;
    whole.end = held_mappings_up(held, whole.end);
    return process == NULL ? -1 : process_mappings_insert(process, &whole, err);
}

int held_mappings_remove(struct held_mappings *held, pid_t pid, uint64_t address, uint64_t length,
                         struct error *err)
{
    struct process_mappings *process = process_table_get(&held->processes, pid);
    if (process == NULL)
        return 0;
    return process_mappings_remove(process, address, held_mappings_end(held, address, length), err);
}

int held_mappings_detach(struct held_mappings *held, pid_t pid, uint64_t address, struct error *err)
{
    const struct held_mapping *mapping = held_mappings_find(held, pid, address);
    if (mapping == NULL || mapping->start != address || mapping->kind != HELD_MAPPING_SYSV)
        return 0;
    return held_mappings_remove(held, pid, address, mapping->end - address, err);
}

/* The parts of a range, as they are; the caller owns *ret. */
static int process_mappings_copy(const struct process_mappings *process, uint64_t start,
                                 uint64_t end, struct held_mapping **ret, size_t *ret_n,
                                 struct error *err)
{
    size_t first = process_mappings_starting_below(process, end);
    size_t last = process_mappings_below(process, start);
    *ret_n = last > first ? last - first : 0;
    *ret = NULL;
    if (*ret_n == 0)
        return 0;
    struct held_mapping *parts = malloc(*ret_n * sizeof(*parts));
    if (parts == NULL)
        return error_out_of_memory(err);
    for (size_t i = 0; i < *ret_n; i++) {
        parts[i] = process->ranges[first + i];
        parts[i].start = parts[i].start < start ? start : parts[i].start;
        parts[i].end = parts[i].end > end ? end : parts[i].end;
    }
    *ret = parts;
    return 0;
}

int held_mappings_remap(struct held_mappings *held, pid_t pid,
                        const struct held_mappings_move *move, struct error *err)
{
    struct process_mappings *process = held_mappings_of(held, pid, err);
    uint64_t old_end = held_mappings_end(held, move->old_address, move->old_length);
    uint64_t end = held_mappings_end(held, move->address, move->length);
    CLEANUP(freep) struct held_mapping *parts = NULL;
    size_t n = 0;
    if (process == NULL ||
        process_mappings_copy(process, move->old_address, old_end, &parts, &n, err) < 0 ||
        (!move->keeps_old &&
         process_mappings_remove(process, move->old_address, old_end, err) < 0) ||
        process_mappings_remove(process, move->address, end, err) < 0)
        return -1;
    for (size_t i = 0; parts != NULL && i < n; i++) {
        struct held_mapping part = parts[i];
        part.start = part.start - move->old_address + move->address;
        part.end = part.end - move->old_address + move->address;
        part.end = part.end > end ? end : part.end;
        if (process_mappings_insert(process, &part, err) < 0)
            return -1;
    }
    uint64_t old_bytes = old_end - move->old_address;
    if (end - move->address <= old_bytes)
        return 0;
    /* Where nothing was known of the old one, all of it is new. */
    struct held_mapping added = {.start = parts != NULL ? move->address + old_bytes : move->address,
                                 .end = end,
                                 .stack = move->stack,
                                 .kind = parts != NULL ? parts[0].kind : HELD_MAPPING_PRIVATE,
                                 .is_part = parts != NULL};
    return process_mappings_insert(process, &added, err);
}

int held_mappings_fork(struct held_mappings *held, pid_t pid, pid_t parent, struct error *err)
{
    held_mappings_exit(held, pid);
    const struct process_mappings *from = process_table_get(&held->processes, parent);
    if (from == NULL || from->n == 0)
        return 0;
    struct process_mappings *process = held_mappings_of(held, pid, err);
    if (process == NULL || process_mappings_reserve(process, from->n, err) < 0)
        return -1;
    process_mappings_replace(process, 0, 0, from->ranges, from->n);
    for (size_t i = 0; i < process->n; i++)
        process->ranges[i].is_inherited = true;
    return 0;
}

void held_mappings_exit(struct held_mappings *held, pid_t pid)
{
    process_mappings_free(process_table_take(&held->processes, pid));
}

const struct held_mapping *held_mappings_get(const struct held_mappings *held, pid_t pid,
                                             size_t *ret_n)
{
    const struct process_mappings *process = process_table_get(&held->processes, pid);
    *ret_n = process == NULL ? 0 : process->n;
    return process == NULL ? NULL : process->ranges;
}

const struct held_mapping *held_mappings_find(const struct held_mappings *held, pid_t pid,
                                              uint64_t address)
{
    const struct process_mappings *process = process_table_get(&held->processes, pid);
    if (process == NULL)
        return NULL;
    size_t at = process_mappings_below(process, address);
    if (at == 0 || process->ranges[at - 1].start > address)
        return NULL;
    return &process->ranges[at - 1];
}
