#pragma once
/* An instrument: one way to find out who holds a service's memory. Each is a constant table; all of
 * a start share names, stacks, and who started which thread (instrument_share).
 *
 * A snapshot at a floor is a pprof profile of what is held at that moment, by the stack of calls
 * that took it: written as DIR/NAME.CYCLE.gz (instrument_store). Its types, the last is the
 * default:
 *
 *   heap         inuse_objects/count, inuse_space/bytes     blocks of malloc; bytes with the
 * rounding of the allocator, where that is known pages        inuse_objects/count,
 * inuse_space/bytes     pages of anonymous memory that are resident, by who touched them first
 *   mappings     inuse_objects/count, inuse_space/bytes     of mmap; bytes are resident ones
 *   descriptors  descriptors/count                          by who opened them; label: what it is
 *   threads      threads/count                              where each is now, and who started it
 *   files        inuse_objects/count, inuse_space/bytes     page cache and shared memory; label:
 * path go, node, python, java                                  as the runtime has it
 *
 * In a profile a label is the leaf frame, in brackets. What was there before the instrument has the
 * label "[before]" and no stack. */
#include <pthread.h>

#include "run/instruments.h"
#include "symbol/call_stacks.h"

struct thread_origins;

/* What the instruments of one start share; owned by who began them. */
struct instrument_share {
    const struct instrument_site *site;
    struct symbols *symbols;
    struct call_stacks *stacks;
    struct thread_origins *origins; /* see thread_origins.h */
    pthread_mutex_t *lock;          /* an instrument may have a thread of its own: whoever uses
                                       symbols, stacks or origins, or a process_space made of them,
                                       holds this for as long, and waits for nothing meanwhile */
};

/* Words of the service's environment that instruments change. */
struct instrument_environment;

/* Put NAME=VALUE into it; where there is one already, VALUE comes before it, with `separator`
 * between them ('\0': it is replaced). */
int instrument_environment_add(struct instrument_environment *environment, const char *name,
                               const char *value, char separator, struct error *err);

/* What it is there now; NULL: nothing. Borrowed. */
const char *instrument_environment_get(const struct instrument_environment *environment,
                                       const char *name);

struct instrument {
    uint32_t kinds; /* which of settings.instruments it is: a bit each */

    /* Before the start. 1: it cannot work here, `err` says why and what would mend it. The caller
     * owns *ret, each instrument's own. */
    int (*begin)(struct instrument_share *share, struct instrument_environment *environment,
                 void **ret, struct error *err);
    /* Each may be NULL. 1: it cannot go on, as above. */
    int (*started)(void *self, const struct instrument_target *target, struct error *err);
    int (*ready)(void *self, const struct instrument_target *target, struct error *err);
    /* Before reclaim takes back what it can, and the snapshot: note what will be gone then. */
    int (*settled)(void *self, struct error *err);
    /* Write what is held now. -1: this one is missing, and err says why. */
    int (*snapshot)(void *self, const char *dir, size_t cycle, struct error *err);
    /* What it did to the service, and what it could not see, for the record; "" when nothing. */
    void (*effect)(const void *self, char *text, size_t size);
    void (*end)(void *self);
};

/* Write a profile as DIR/NAME.CYCLE.gz. */
int instrument_store(const struct profile *profile, const char *dir, const char *name, size_t cycle,
                     struct error *err);
