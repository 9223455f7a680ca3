#include "instrument/malloc_calls.h"

#include <stdlib.h>

/* Calls within calls: operator new, realloc, malloc. More is somebody's longjmp(). */
#define DEPTH_MAX 8

struct malloc_thread {
    unsigned n;
    struct malloc_begin begun[DEPTH_MAX];
    struct heap_block old[DEPTH_MAX]; /* of realloc: what it gives back; space 0: nothing */
};

void malloc_calls_init(struct malloc_calls *calls,
                       bool (*peek)(pid_t pid, uint64_t address, uint64_t *ret))
{
    *calls = (struct malloc_calls){.peek = peek};
    heap_blocks_init(&calls->blocks);
}

void malloc_calls_done(struct malloc_calls *calls)
{
    for (size_t i = 0; i < calls->threads.n_slots; i++)
        free(calls->threads.slots[i].value);
    process_table_done(&calls->threads);
    heap_blocks_done(&calls->blocks);
}

/* What this thread has begun; NULL: out of memory. */
static struct malloc_thread *calls_thread(struct malloc_calls *calls, pid_t tid, struct error *err)
{
    struct malloc_thread *thread = process_table_get(&calls->threads, tid);
    if (thread != NULL)
        return thread;
    thread = calloc(1, sizeof(*thread));
    if (thread == NULL)
        (void)error_out_of_memory(err);
    else if (process_table_set(&calls->threads, tid, thread, err) < 0) {
        free(thread);
        thread = NULL;
    }
    return thread;
}

int malloc_calls_begin(struct malloc_calls *calls, const struct malloc_begin *begin,
                       struct error *err)
{
    uint32_t space = (uint32_t)begin->pid;
    if (begin->function == MALLOC_CALL_FREE) {
        (void)heap_blocks_release(&calls->blocks, space, begin->arguments[0]);
        return 0;
    }
    calls->begun++;
    struct malloc_thread *thread = calls_thread(calls, begin->tid, err);
    if (thread == NULL)
        return -1;
    /* The oldest were left by a jump. */
    if (thread->n == DEPTH_MAX)
        thread->n = 0;
    thread->begun[thread->n] = *begin;
    thread->old[thread->n] = (struct heap_block){.space = 0};
    /* It is given back before it returns: another thread may have the address by then. */
    if (begin->function == MALLOC_CALL_REALLOC && begin->arguments[0] != 0) {
        const struct heap_block *old = heap_blocks_find(&calls->blocks, space, begin->arguments[0]);
        if (old != NULL) {
            thread->old[thread->n] = *old;
            (void)heap_blocks_release(&calls->blocks, space, begin->arguments[0]);
        }
    }
    thread->n++;
    return 0;
}

static uint64_t calls_size(const struct malloc_begin *begin)
{
    uint64_t size = 0;
    switch (begin->function) {
    case MALLOC_CALL_CALLOC:
        if (__builtin_mul_overflow(begin->arguments[0], begin->arguments[1], &size))
            size = 0;
        return size;
    case MALLOC_CALL_REALLOC:
    case MALLOC_CALL_ALIGNED:
        return begin->arguments[1];
    case MALLOC_CALL_POSIX:
        return begin->arguments[2];
    default:
        return begin->arguments[0];
    }
}

/* The block that a call returns; 0: none. */
static uint64_t calls_block(const struct malloc_calls *calls, const struct malloc_begin *begin,
                            uint64_t value)
{
    uint64_t address = 0;
    if (begin->function != MALLOC_CALL_POSIX)
        return value;
    if ((uint32_t)value != 0 || !calls->peek(begin->pid, begin->arguments[0], &address))
        return 0;
    return address;
}

int malloc_calls_end(struct malloc_calls *calls, const struct malloc_end *end, struct error *err)
{
    struct malloc_thread *thread = process_table_get(&calls->threads, end->tid);
    while (thread != NULL && thread->n > 0 &&
           thread->begun[thread->n - 1].function != end->function)
        thread->n--;
    if (thread == NULL || thread->n == 0) {
        calls->unmatched++;
        return 0;
    }
    unsigned at = --thread->n;
    const struct malloc_begin *begin = &thread->begun[at];
    uint64_t size = calls_size(begin);
    uint64_t address = calls_block(calls, begin, end->value);
    if (address != 0) {
        const struct heap_block block = {.address = address,
                                         .bytes = malloc_size(begin->kind, address, size),
                                         .owner = begin->stack};
        return heap_blocks_take(&calls->blocks, (uint32_t)begin->pid, &block, err);
    }
    /* realloc has failed, and left it where it was (or freed it: of no size). */
    if (thread->old[at].space != 0 && size != 0)
        return heap_blocks_take(&calls->blocks, (uint32_t)begin->pid, &thread->old[at], err);
    return 0;
}

void malloc_calls_forget_thread(struct malloc_calls *calls, pid_t tid)
{
    free(process_table_take(&calls->threads, tid));
}

void malloc_calls_forget_process(struct malloc_calls *calls, pid_t pid)
{
    heap_blocks_release_space(&calls->blocks, (uint32_t)pid);
}
