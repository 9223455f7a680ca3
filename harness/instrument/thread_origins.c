#include "instrument/thread_origins.h"

#include <stdlib.h>

#define ORIGINS_FIRST 256

struct thread_origin {
    pid_t tid; /* 0: free */
    uint32_t stack;
};

/* Open addressing; half of it stays free. */
struct thread_origins {
    struct thread_origin *slots;
    size_t n_slots; /* a power of two */
    size_t n;
};

static struct thread_origin *thread_origins_slot(struct thread_origin *slots, size_t n_slots,
                                                 pid_t tid)
{
    size_t at = (size_t)tid * 2654435761U & (n_slots - 1);
    while (slots[at].tid != 0 && slots[at].tid != tid)
        at = (at + 1) & (n_slots - 1);
    return &slots[at];
}

int thread_origins_new(struct thread_origins **ret, struct error *err)
{
    struct thread_origins *origins = calloc(1, sizeof(*origins));
    if (origins == NULL)
        return error_out_of_memory(err);
    origins->n_slots = ORIGINS_FIRST;
    origins->slots = calloc(origins->n_slots, sizeof(*origins->slots));
    if (origins->slots == NULL) {
        free(origins);
        return error_out_of_memory(err);
    }
    *ret = origins;
    return 0;
}

void thread_origins_free(struct thread_origins *origins)
{
    if (origins == NULL)
        return;
    free(origins->slots);
    free(origins);
}

static int thread_origins_grow(struct thread_origins *origins, struct error *err)
{
    size_t n_slots = origins->n_slots * 2;
    struct thread_origin *slots = calloc(n_slots, sizeof(*slots));
    if (slots == NULL)
        return error_out_of_memory(err);
    for (size_t i = 0; i < origins->n_slots; i++)
        if (origins->slots[i].tid != 0)
            *thread_origins_slot(slots, n_slots, origins->slots[i].tid) = origins->slots[i];
    free(origins->slots);
    origins->slots = slots;
    origins->n_slots = n_slots;
    return 0;
}

int thread_origins_set(struct thread_origins *origins, pid_t tid, uint32_t stack, struct error *err)
{
    if ((origins->n + 1) * 2 > origins->n_slots && thread_origins_grow(origins, err) < 0)
        return -1;
    struct thread_origin *slot = thread_origins_slot(origins->slots, origins->n_slots, tid);
    origins->n += slot->tid == 0;
    *slot = (struct thread_origin){.tid = tid, .stack = stack};
    return 0;
}

uint32_t thread_origins_get(const struct thread_origins *origins, pid_t tid)
{
    return thread_origins_slot(origins->slots, origins->n_slots, tid)->stack;
}
