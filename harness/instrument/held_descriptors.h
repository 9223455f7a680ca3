#pragma once
/* Who opened the descriptors of each process: the stack that opened it, by pid and number. Pure:
 * it is told what happens, in the order in which it does.
 *
 * A fork copies a process's descriptors, stacks and all. A duplicate has the stack that made it. */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

struct held_descriptors;

/* An empty one. The caller owns *ret. */
int held_descriptors_new(struct held_descriptors **ret, struct error *err);
void held_descriptors_free(struct held_descriptors *held); /* NULL is fine */

/* This process opened this descriptor; stack 0: nobody knows where. A number that was there is
 * another descriptor now. */
int held_descriptors_open(struct held_descriptors *held, pid_t pid, int fd, uint32_t stack,
                          struct error *err);

/* It closed it, or all of these. One that is not known is fine. */
void held_descriptors_close(struct held_descriptors *held, pid_t pid, int first, int last);

/* A new process has what its parent has. */
int held_descriptors_fork(struct held_descriptors *held, pid_t pid, pid_t parent,
                          struct error *err);

/* Only those that are open remain (exec closes some): those `is_open` says true of. */
void held_descriptors_keep(struct held_descriptors *held, pid_t pid,
                           bool (*is_open)(void *context, int fd), void *context);

/* The process is gone. */
void held_descriptors_exit(struct held_descriptors *held, pid_t pid);

/* Who opened it; false: that it was opened was not seen. */
bool held_descriptors_get(const struct held_descriptors *held, pid_t pid, int fd,
                          uint32_t *ret_stack);
