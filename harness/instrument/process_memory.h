#pragma once
/* Which pages of a process are resident, from /proc/PID/maps and pagemap.
 *
 * Anonymous ones, in private mappings: what was written to there, be it of a file. Shared ones, in
 * shared mappings of memory (memfd, /dev/shm, shared anonymous, System V). Pages in swap are told
 * as such. Of a mapping larger than PROCESS_MEMORY_WHOLE_MAX (what a sanitizer or a virtual machine
 * reserves) only what the caller names is looked at, for it has millions of pages. */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

#define PROCESS_MEMORY_WHOLE_MAX ((uint64_t)4 << 30)
#define PROCESS_MEMORY_BLOCK_MAX 512 /* pages */

enum process_page {
    PROCESS_PAGE_NONE,
    PROCESS_PAGE_ANONYMOUS,
    PROCESS_PAGE_ANONYMOUS_OWN, /* mapped by no other process */
    PROCESS_PAGE_SHARED,        /* of a shared mapping of memory */
    PROCESS_PAGE_SWAPPED,
};

/* Some pages on end, of one mapping and of one block (of BLOCK_MAX, aligned to it: a huge
 * page, where a page is 4 KiB). */
struct process_pages_block {
    uint64_t address;
    const enum process_page *pages;
    size_t n;
    bool is_whole; /* a whole block, all of it anonymous and resident, as a huge page is */
};

struct process_memory_reader {
    /* Called for each block that has any; -1 stops and is passed on. */
    int (*block)(void *context, const struct process_pages_block *block, struct error *err);
    /* The addresses, in order, of pages within a huge mapping that are looked for; *ret is the
     * reader's to free. NULL: there are none. */
    int (*sparse)(void *context, uint64_t start, uint64_t end, uint64_t **ret, size_t *ret_n,
                  struct error *err);
    void *context;
};

/* Go through all pages of a process. 1: it is gone; 2: it may not be read. */
int process_memory_read(pid_t pid, const struct process_memory_reader *reader, struct error *err);
