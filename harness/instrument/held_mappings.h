#pragma once
/* Who mapped what of each process: ranges of addresses with the stack of their mmap. Pure: it is
 * told what happens, in the order in which it does. Addresses and lengths are in bytes, and taken
 * to whole pages of `page_bytes`.
 *
 * A mapping of which a part is unmapped, or mapped over, is in two parts then; what mremap adds to
 * one is a part, too, with the stack of that mremap. What mremap moves keeps its stack. */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

enum held_mapping_kind {
    HELD_MAPPING_PRIVATE, /* anonymous */
    HELD_MAPPING_SHARED,
    HELD_MAPPING_FILE, /* of a file, private */
    HELD_MAPPING_SYSV, /* shmat */
};

struct held_mapping {
    uint64_t start, end;
    uint32_t stack;
    enum held_mapping_kind kind;
    bool is_part;      /* of one that is counted elsewhere */
    bool is_inherited; /* the parent had it when this process was forked */
    bool is_populated; /* pages of it are there without having been touched */
};

struct held_mappings;

/* An empty one. The caller owns *ret. */
int held_mappings_new(uint64_t page_bytes, struct held_mappings **ret, struct error *err);
void held_mappings_free(struct held_mappings *held); /* NULL is fine */

/* A new mapping from start to end, over whatever was there. */
int held_mappings_add(struct held_mappings *held, pid_t pid, const struct held_mapping *mapping,
                      struct error *err);

/* What was there is no longer. */
int held_mappings_remove(struct held_mappings *held, pid_t pid, uint64_t address, uint64_t length,
                         struct error *err);

/* shmdt: the mapping that starts there. */
int held_mappings_detach(struct held_mappings *held, pid_t pid, uint64_t address,
                         struct error *err);

/* A mremap by this stack: old_length bytes at old_address are length bytes at address. */
struct held_mappings_move {
    uint64_t old_address, old_length;
    uint64_t address, length;
    bool keeps_old;
    uint32_t stack;
};

/* The pages of the old range, and what is added, as `move` says. */
int held_mappings_remap(struct held_mappings *held, pid_t pid,
                        const struct held_mappings_move *move, struct error *err);

/* A new process has what its parent has; all of it is inherited. */
int held_mappings_fork(struct held_mappings *held, pid_t pid, pid_t parent, struct error *err);

/* The process has none any more: exec, or its end. */
void held_mappings_exit(struct held_mappings *held, pid_t pid);

/* All of a process, highest address first; borrowed until something is told. */
const struct held_mapping *held_mappings_get(const struct held_mappings *held, pid_t pid,
                                             size_t *ret_n);

/* The one an address is in; NULL: none. */
const struct held_mapping *held_mappings_find(const struct held_mappings *held, pid_t pid,
                                              uint64_t address);
