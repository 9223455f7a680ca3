#include "base/close_all.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* From linux/close_range.h, which libcs of that time do not have. */
#define CLOSE_ALL_ON_EXEC 4U

/* Without /proc: no more numbers than this are tried, whatever the limit. */
#define CLOSE_ALL_TRIES_MAX 1048576

/* As getdents64(2) writes it. */
struct close_all_entry {
    uint64_t inode;
    int64_t offset;
    unsigned short length;
    unsigned char type;
    char name[];
};

static int close_all_one(int fd, bool on_exec)
{
    return on_exec ? fcntl(fd, F_SETFD, FD_CLOEXEC) : close(fd);
}

/* -1: not a number. (strtol is not async-signal-safe.) */
static int close_all_number(const char *text)
{
    int number = 0;
    if (*text == '\0')
        return -1;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9' || number > INT32_MAX / 10 - 1)
            return -1;
        number = number * 10 + (*text - '0');
    }
    return number;
}

/* One buffer of entries. Whether any was closed: the folder moves up then. */
static bool close_all_listed(const char *data, size_t length, int own_fd, int first, bool on_exec)
{
    bool any = false;
    for (size_t at = 0; at < length;) {
        const struct close_all_entry *entry = (const void *)(data + at);
        int fd = close_all_number(entry->name);
        at += entry->length;
        if (fd < first || fd == own_fd)
            continue;
        any = close_all_one(fd, on_exec) == 0 || any;
    }
    return any && !on_exec;
}

/* -1: /proc/self/fd cannot be read. */
static int close_all_by_proc(int first, bool on_exec)
{
    int folder = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return -1;
    _Alignas(struct close_all_entry) char data[4096];
    long length = 0;
    while ((length = syscall(SYS_getdents64, folder, data, sizeof(data))) > 0)
        if (close_all_listed(data, (size_t)length, folder, first, on_exec))
            lseek(folder, 0, SEEK_SET);
    close(folder);
    return length < 0 ? -1 : 0;
}

static int close_all_by_number(int first, bool on_exec)
{
    struct rlimit limit = {.rlim_cur = CLOSE_ALL_TRIES_MAX};
    getrlimit(RLIMIT_NOFILE, &limit);
    rlim_t end = limit.rlim_cur < CLOSE_ALL_TRIES_MAX ? limit.rlim_cur : CLOSE_ALL_TRIES_MAX;
    for (int fd = first; (rlim_t)fd < end; fd++)
        (void)close_all_one(fd, on_exec);
    return 0;
}

static int close_all(unsigned first, bool on_exec)
{
    if (syscall(SYS_close_range, first, ~0U, on_exec ? CLOSE_ALL_ON_EXEC : 0U) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS && errno != EPERM) /* EPERM: an old seccomp filter */
        return -1;
    return close_all_by_proc((int)first, on_exec) == 0 ? 0
                                                       : close_all_by_number((int)first, on_exec);
}

int close_all_from(unsigned first)
{
    return close_all(first, false);
}

int close_all_on_exec_from(unsigned first)
{
    return close_all(first, true);
}
