#pragma once
/* What heaptrack's preload writes (version 3 of its format), read as it comes: who was loaded
 * where, stacks of calls as a tree, blocks taken and given back. What comes of it is what is held
 * now.
 *
 * Pure: bytes in, state out. The service's process writes them and may write anything: memory is
 * bounded, and a line that cannot be is an error with its number, after which nothing more is
 * read. */
#include "instrument/heap_blocks.h"
#include "instrument/malloc_size.h"

#define HEAPTRACK_TRACES_MAX  ((uint32_t)1 << 21)
#define HEAPTRACK_MODULES_MAX 4096
#define HEAPTRACK_RANGES_MAX  16384
#define HEAPTRACK_LINE_MAX    16384

/* A call in a stack. Number 0 is none: the end of each stack. */
struct heaptrack_trace {
    uint64_t address; /* of the call (not where it returns to), in the module's own addresses */
    uint32_t module;  /* + 1; 0: in none that is known, and the address is the process's */
    uint32_t parent;  /* who called it, a smaller number */
};

/* Where a part of a module is in the process. */
struct heaptrack_range {
    uint64_t start, end, base;
    uint32_t module;
};

struct heaptrack_stream {
    char **modules; /* their paths, as the process sees them */
    size_t n_modules;
    struct heaptrack_range *ranges;
    size_t n_ranges;
    size_t last_range; /* which was the right one the last time */
    struct heaptrack_trace *traces;
    size_t n_traces;
    size_t capacity_traces;
    struct heap_blocks blocks; /* owners are traces */
    enum malloc_kind malloc_kind;
    char *program;        /* NULL: not told yet */
    bool has_version;     /* the first line was there */
    bool in_command;      /* command lines may have lines of their own */
    uint64_t lost_traces; /* beyond HEAPTRACK_TRACES_MAX; their blocks are of trace 0 */
    uint64_t n_lines;     /* all that were read */
    char line[HEAPTRACK_LINE_MAX];
    size_t length; /* of the line that is not complete yet */
    bool has_failed;
    struct error failed; /* with this */
};

/* An empty one. The caller owns *ret. */
int heaptrack_stream_new(struct heaptrack_stream **ret, struct error *err);
void heaptrack_stream_free(struct heaptrack_stream *stream); /* NULL is fine */

/* Read on. -1: what is wrong, now and ever after. */
int heaptrack_stream_feed(struct heaptrack_stream *stream, const char *bytes, size_t length,
                          struct error *err);
