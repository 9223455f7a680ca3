#pragma once
/* Ranges of addresses, each with a number: added, sorted once, then searched. Where they are within
 * each other, the innermost is found. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct address_range {
    uint64_t begin, end; /* [begin, end) */
    uint64_t number;
    size_t around; /* the range that this one is in, from 1; 0: in none */
};

struct address_ranges { /* all zeroes: none */
    struct address_range *ranges;
    size_t n, capacity;
};

/* Release them; none are left. */
void address_ranges_done(struct address_ranges *ranges);

/* Add one; what is empty is left out, and so is what begins at 0: of functions that the linker
 * threw away. */
int address_ranges_add(struct address_ranges *ranges, uint64_t begin, uint64_t end, uint64_t number,
                       struct error *err);

/* Before they are searched. */
void address_ranges_sort(struct address_ranges *ranges);

/* The number of the innermost one that has this address. */
bool address_ranges_find(const struct address_ranges *ranges, uint64_t address, uint64_t *ret);
