#pragma once
/* What heaptrack has written and not yet handed to the kernel: it collects 4 KiB before it writes,
 * up to two hundred events, and at rest only its clock's lines fill them, in three seconds. So they
 * are read where they lie, in the service's memory, which changes nothing about it. */
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/error.h"

#define HEAPTRACK_TAIL_MAX 4096

/* Has the process this file (a FIFO) open? */
bool heaptrack_has_open(pid_t pid, const struct stat *file);

/* Copy what the writer to `fifo` in this process holds back into ret[HEAPTRACK_TAIL_MAX]. 1: there
 * is no such writer in it (a forked child has none, though it has the FIFO); 2: its memory may not
 * be read. Then err says so. */
int heaptrack_tail_read(pid_t pid, const struct stat *fifo, char *ret, size_t *ret_length,
                        struct error *err);
