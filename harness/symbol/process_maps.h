#pragma once
/* Which files the code of a process is mapped from, by /proc/PID/maps. Only what may be executed is
 * kept. */
#include <sys/types.h>

#include "symbol/symbols.h"

struct code_mapping {
    uint64_t begin, end; /* addresses */
    uint64_t offset;     /* in the file */
    uint32_t file;       /* of symbols; 0: code of no file */
    bool is_located;     /* the next two are known */
    bool is_loaded;      /* false: it is no ELF file */
    uint64_t slide;      /* an address of the process less the file's own */
};

struct process_maps {              /* all zeroes: none */
    struct code_mapping *mappings; /* by address */
    size_t n, capacity;
};

/* Replace them by those of the process. 1: it is gone, and they stay as they were. */
int process_maps_read(struct process_maps *maps, pid_t pid, struct symbols *symbols,
                      struct error *err);

/* A copy, for a child; each is released with process_maps_done(). */
int process_maps_copy(const struct process_maps *maps, struct process_maps *ret, struct error *err);
void process_maps_done(struct process_maps *maps);

/* The mapping that an address is in; NULL: it is no code. */
struct code_mapping *process_maps_find(const struct process_maps *maps, uint64_t address);
