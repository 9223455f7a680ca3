#include "symbol/address_ranges.h"

#include <stdlib.h>

void address_ranges_done(struct address_ranges *ranges)
{
    free(ranges->ranges);
    *ranges = (struct address_ranges){.ranges = NULL};
}

int address_ranges_add(struct address_ranges *ranges, uint64_t begin, uint64_t end, uint64_t number,
                       struct error *err)
{
    if (begin >= end || begin == 0)
        return 0;
    if (ranges->n == ranges->capacity) {
        size_t capacity = ranges->capacity == 0 ? 16 : ranges->capacity * 2;
        struct address_range *grown = realloc(ranges->ranges, capacity * sizeof(*grown));
        if (grown == NULL)
            return error_out_of_memory(err);
        ranges->ranges = grown;
        ranges->capacity = capacity;
    }
    ranges->ranges[ranges->n++] =
        (struct address_range){.begin = begin, .end = end, .number = number};
    return 0;
}

/* By where they begin; what is around another comes before it. */
static int address_range_compare(const void *left, const void *right)
{
    const struct address_range *a = left;
    const struct address_range *b = right;
    if (a->begin != b->begin)
        return a->begin < b->begin ? -1 : 1;
    if (a->end != b->end)
        return a->end > b->end ? -1 : 1;
    return a->number < b->number ? -1 : a->number > b->number;
}

void address_ranges_sort(struct address_ranges *ranges)
{
    if (ranges->n > 0)
        qsort(ranges->ranges, ranges->n, sizeof(*ranges->ranges), address_range_compare);
    for (size_t i = 1; i < ranges->n; i++) {
        size_t around = i;
        while (around > 0 && ranges->ranges[around - 1].end <= ranges->ranges[i].begin)
            around = ranges->ranges[around - 1].around;
        ranges->ranges[i].around = around;
    }
}

bool address_ranges_find(const struct address_ranges *ranges, uint64_t address, uint64_t *ret)
{
    size_t low = 0;
    size_t high = ranges->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ranges->ranges[middle].begin <= address)
            low = middle + 1;
        else
            high = middle;
    }
    /* `low` is the last that begins before it, from 1. */
    while (low > 0 && ranges->ranges[low - 1].end <= address)
        low = ranges->ranges[low - 1].around;
    if (low > 0)
        *ret = ranges->ranges[low - 1].number;
    return low > 0;
}
