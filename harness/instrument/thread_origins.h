#pragma once
/* Who started which thread: the stack of calls of its clone(), as the kernel's events tell it, for
 * the instrument that looks at what the threads do now. Not for several threads at once. */
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

struct thread_origins;

/* An empty one. The caller owns *ret. */
int thread_origins_new(struct thread_origins **ret, struct error *err);
void thread_origins_free(struct thread_origins *origins); /* NULL is fine */

/* A thread was started from this stack (call_stacks.h); a tid that is used again has the newer. */
int thread_origins_set(struct thread_origins *origins, pid_t tid, uint32_t stack,
                       struct error *err);

/* 0: not known. */
uint32_t thread_origins_get(const struct thread_origins *origins, pid_t tid);
