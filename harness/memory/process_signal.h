#pragma once
/* Signals to processes that are not our children: their pids may be somebody else's by now. */
#include <stdint.h>
#include <sys/types.h>

/* Now, in clock ticks since boot, as processes' start times are told. */
uint64_t process_ticks_now(void);

/* Signal the process if it was there at `known_ticks`: one that has its pid since then is another,
 * and is left alone. 0: any. Number 0 only looks. -1 with errno: ESRCH when it is gone. */
int process_signal_known(pid_t pid, uint64_t known_ticks, int number);

/* Signal the process if it is in the cgroup that is open as `dir_fd`, or below. -1 with errno:
 * ESRCH when it is not (any more). */
int process_signal_member(pid_t pid, int dir_fd, int number);
