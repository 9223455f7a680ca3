#include "memory/process_stat.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

#define STAT_TEXT_MAX 1024
/* PF_KTHREAD of the kernel's sched.h; the flags have been in this file since 2.6. */
#define STAT_FLAG_KTHREAD 0x00200000U

/* "1234 (name) S 1 …": the name may hold blanks and parentheses, so the last one ends it. */
bool process_stat_parse(const char *text, struct process_stat *ret)
{
    struct process_stat stat = {.parent = 0};
    const char *open = strchr(text, '(');
    const char *close = strrchr(text, ')');
    unsigned flags = 0;
    if (open == NULL || close == NULL || close < open || sscanf(text, "%d ", &stat.id.pid) != 1)
        return false;
    size_t length = (size_t)(close - open - 1);
    if (length >= sizeof(stat.name))
        length = sizeof(stat.name) - 1;
    memcpy(stat.name, open + 1, length);
    /* state ppid pgrp session tty tpgid flags; 4 faults, 4 times, priority, nice, threads,
     * itrealvalue, starttime */
    if (sscanf(close + 1,
               " %c %d %*d %*d %*d %*d %u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %u %*d %" SCNu64,
               &stat.state, &stat.parent, &flags, &stat.threads, &stat.id.start_ticks) != 5)
        return false;
    stat.kernel_thread = (flags & STAT_FLAG_KTHREAD) != 0;
    *ret = stat;
    return true;
}

int process_stat_read(int process_fd, struct process_stat *ret, struct error *err)
{
    char text[STAT_TEXT_MAX];
    CLEANUP(closep) int fd = openat(process_fd, "stat", O_RDONLY | O_CLOEXEC);
    ssize_t length = fd >= 0 ? file_reread(fd, text, sizeof(text)) : -1;
    if (length < 0 && (errno == ENOENT || errno == ESRCH))
        return 1;
    if (length < 0)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot read a process's stat");
    if (!process_stat_parse(text, ret))
        return error_set(err, ERROR_INTERNAL, "found \"%.60s\", expected a line of /proc/PID/stat",
                         text);
    return 0;
}
