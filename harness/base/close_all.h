#pragma once
/* All descriptors of this process from a number on, closed now or with the next exec.
 *
 * For a child between fork and exec: async-signal-safe, allocates nothing, and needs nothing newer
 * than Linux 2.6.24. close_range(2) does it at once where the kernel has it (5.9; 5.11 for "with
 * exec"); before that each descriptor is looked up in /proc/self/fd, and where that is not mounted
 * every number below the limit of open files is tried. */

/* Close `first` and all above it. 0, or -1 with errno. */
int close_all_from(unsigned first);

/* Have exec close `first` and all above it. 0, or -1 with errno. */
int close_all_on_exec_from(unsigned first);
