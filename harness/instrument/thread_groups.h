#pragma once
/* Threads counted by where they are and who started them. */
#include "symbol/call_stacks.h"

struct thread_groups {
    struct store store;
    struct intern keys;
    int64_t *groups; /* how many threads each has */
    size_t capacity;
};

/* None so far; release them with thread_groups_done(). */
int thread_groups_init(struct thread_groups *groups, struct error *err);
void thread_groups_done(struct thread_groups *groups); /* all zeroes is fine */

/* One more with this stack and this origin (0: not known). */
int thread_groups_add(struct thread_groups *groups, uint32_t stack, uint32_t origin,
                      struct error *err);

/* What a group is in a profile. */
struct call_sample thread_groups_sample(const struct thread_groups *groups, uint32_t group);
