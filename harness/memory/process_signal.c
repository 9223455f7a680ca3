#include "memory/process_signal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "memory/process_stat.h"

#define CGROUP_TEXT_MAX ((size_t)64 * 1024)
#define GROUP_PREFIX    "/leakcage-"

uint64_t process_ticks_now(void)
{
    struct timespec now;
    long hz = sysconf(_SC_CLK_TCK);
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (uint64_t)now.tv_sec * (uint64_t)hz +
           (uint64_t)now.tv_nsec / (uint64_t)(NSEC_PER_SEC / hz);
}

/* Of whoever has the pid now; false: nobody. */
static bool process_signal_started(pid_t pid, uint64_t *ret_ticks)
{
    char path[32];
    struct process_stat stat;
    snprintf(path, sizeof(path), "/proc/%d", pid);
    CLEANUP(closep) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || process_stat_read(fd, &stat, NULL) != 0)
        return false;
    *ret_ticks = stat.id.start_ticks;
    return true;
}

static int process_signal_nobody(void)
{
    errno = ESRCH;
    return -1;
}

/* The descriptor was opened first: what is found to be right afterwards is right of its process. */
static int process_signal_send(int pidfd, int number)
{
    return (int)syscall(SYS_pidfd_send_signal, pidfd, number, NULL, 0U);
}

int process_signal_known(pid_t pid, uint64_t known_ticks, int number)
{
    uint64_t started = 0;
    CLEANUP(closep) int pidfd = (int)syscall(SYS_pidfd_open, pid, 0U);
    if (pidfd < 0)
        return -1;
    if (known_ticks > 0 && (!process_signal_started(pid, &started) || started > known_ticks))
        return process_signal_nobody();
    return process_signal_send(pidfd, number);
}

/* The group's path from our own part of it on: "/leakcage-PID-…/service". The rest depends on the
 * namespace that one looks from. False: it is none of ours. */
static bool process_signal_group(int dir_fd, char *ret, size_t size)
{
    char link[64];
    char path[PATH_MAX];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", dir_fd);
    ssize_t length = readlink(link, path, sizeof(path) - 1);
    if (length < 0)
        return false;
    path[length] = '\0';
    const char *ours = strstr(path, GROUP_PREFIX);
    return ours != NULL && (size_t)snprintf(ret, size, "%s", ours) < size;
}

static bool process_signal_is_member(pid_t pid, const char *group)
{
    char path[32];
    size_t length = strlen(group);
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(CGROUP_TEXT_MAX);
    snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
    if (file_read(AT_FDCWD, path, &text, NULL) < 0)
        return false;
    const char *found = strstr(buffer_text(&text), group);
    return found != NULL && (found[length] == '\n' || found[length] == '/' ||
                             found[length] == ' ' || found[length] == '\0');
}

int process_signal_member(pid_t pid, int dir_fd, int number)
{
    char group[PATH_MAX];
    CLEANUP(closep) int pidfd = (int)syscall(SYS_pidfd_open, pid, 0U);
    if (pidfd < 0)
        return -1;
    if (process_signal_group(dir_fd, group, sizeof(group)) && !process_signal_is_member(pid, group))
        return process_signal_nobody();
    return process_signal_send(pidfd, number);
}
