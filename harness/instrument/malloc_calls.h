#pragma once
/* Calls of malloc and its kin, as they begin and as they return, and what comes of them: blocks
 * that are held, by the stack that took them. Pure, but for `peek`.
 *
 * A call that is within another of the same thread (realloc of nothing calls malloc) is told first,
 * and the outer one's word is the last. What was taken before anybody looked is not known, and
 * given back without harm. */
#include <sys/types.h>

#include "instrument/heap_blocks.h"
#include "instrument/malloc_size.h"
#include "instrument/process_table.h"

enum malloc_function {
    MALLOC_CALL_MALLOC,  /* (size), as operator new and valloc */
    MALLOC_CALL_CALLOC,  /* (n, size) */
    MALLOC_CALL_REALLOC, /* (block, size) */
    MALLOC_CALL_ALIGNED, /* (alignment, size) */
    MALLOC_CALL_POSIX,   /* (where the block goes, alignment, size); 0 when it went well */
    MALLOC_CALL_FREE,    /* (block) */
};

struct malloc_calls {
    struct heap_blocks blocks;    /* owners are stacks (call_stacks.h), spaces are pids */
    struct process_table threads; /* what each has begun and not ended */
    /* Read a word of a process, for posix_memalign; false: it cannot be. */
    bool (*peek)(pid_t pid, uint64_t address, uint64_t *ret);
    uint64_t begun;     /* calls, without free */
    uint64_t unmatched; /* returns of calls whose begin was not seen */
};

struct malloc_begin {
    enum malloc_function function;
    enum malloc_kind kind;
    pid_t pid, tid;
    uint64_t arguments[3];
    uint32_t stack;
};

struct malloc_end {
    enum malloc_function function;
    pid_t pid, tid;
    uint64_t value; /* what it returns */
};

/* An empty one, in place; release what it holds with malloc_calls_done(). */
void malloc_calls_init(struct malloc_calls *calls,
                       bool (*peek)(pid_t pid, uint64_t address, uint64_t *ret));
void malloc_calls_done(struct malloc_calls *calls);

/* A call begins; and it returns: the newest of its kind that the thread has begun. */
int malloc_calls_begin(struct malloc_calls *calls, const struct malloc_begin *begin,
                       struct error *err);
int malloc_calls_end(struct malloc_calls *calls, const struct malloc_end *end, struct error *err);

/* A thread has ended. */
void malloc_calls_forget_thread(struct malloc_calls *calls, pid_t tid);

/* A process has ended, or runs another program. */
void malloc_calls_forget_process(struct malloc_calls *calls, pid_t pid);
