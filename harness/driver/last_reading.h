#pragma once
/* The last reading of a cgroup that its engine removes once its first process has ended.
 *
 * A container's counters, which tell why it ended, go with its group, some ten milliseconds after
 * it. So a thread waits for the end of its first process and reads the group at once. Until then it
 * sleeps. */
#include <stdbool.h>

#include "base/error.h"
#include "timeline/sample.h"

struct last_reading;

/* Watch the group whose folder `dir_fd` is (needed only here) and the process of `pidfd`, which
 * stays the caller's and must stay open. The caller owns *ret. */
int last_reading_start(int dir_fd, int pidfd, struct last_reading **ret, struct error *err);
void last_reading_free(struct last_reading *last); /* NULL is fine */

/* Has the process ended? */
bool last_reading_is_over(struct last_reading *last);

/* Once it is over: the reading, without t_ns. 1: the group was gone before it could be taken. */
int last_reading_get(struct last_reading *last, struct memory_sample *ret);
