#pragma once
/* The line of /proc/PID/stat: who a process is, whose child, and since when.
 *
 * A pid is used again once its process has ended; a pid together with the time at which its process
 * was started never is (process_id). The fields are those of proc(5). */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/* One process, for good. */
struct process_id {
    pid_t pid;
    uint64_t start_ticks; /* since boot, in clock ticks */
};

struct process_stat {
    struct process_id id;
    pid_t parent;
    char state; /* 'R', 'S', 'Z', … */
    unsigned threads;
    bool kernel_thread;
    char name[16]; /* comm */
};

/* Read the line; false when it is not of that form. Pure. */
bool process_stat_parse(const char *text, struct process_stat *ret);

/* Of the process whose /proc folder this is. 1: it is gone. */
int process_stat_read(int process_fd, struct process_stat *ret, struct error *err);

/* Has it ended, all its threads with it? (Its parent may not have looked yet.) */
static inline bool process_stat_is_over(const struct process_stat *stat)
{
    return stat->state == 'X' || (stat->state == 'Z' && stat->threads <= 1);
}
