#include "memory/descriptors.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

static bool link_starts(const char *link, const char *prefix)
{
    return strncmp(link, prefix, strlen(prefix)) == 0;
}

enum descriptor_kind descriptor_kind_of(const char *link, uint64_t *ret_inode)
{
    *ret_inode = 0;
    if (link_starts(link, "socket:[")) {
        *ret_inode = strtoull(link + strlen("socket:["), NULL, 10);
        return DESCRIPTOR_SOCKET;
    }
    if (link_starts(link, "pipe:["))
        return DESCRIPTOR_PIPE;
    if (link_starts(link, "anon_inode:"))
        return DESCRIPTOR_ANON_INODE;
    if (link_starts(link, "/dev/") && !link_starts(link, "/dev/shm/") &&
        !link_starts(link, "/dev/mqueue/"))
        return DESCRIPTOR_DEVICE;
    return link[0] == '/' ? DESCRIPTOR_FILE : DESCRIPTOR_OTHER;
}

static int descriptors_failure(int errno_value, struct error *err)
{
    if (errno_value == ENOENT || errno_value == ESRCH)
        return 1;
    if (errno_value == EACCES || errno_value == EPERM)
        return 2;
    return error_set_errno(err, ERROR_INTERNAL, errno_value, "cannot read a process's fd folder");
}

static void closedirp(DIR **dir)
{
    if (*dir != NULL)
        closedir(*dir);
}

int descriptors_each(int process_fd, descriptors_function function, void *context,
                     struct error *err)
{
    CLEANUP(closep) int fd = openat(process_fd, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return descriptors_failure(errno, err);
    CLEANUP(closedirp) DIR *dir = fdopendir(fd);
    if (dir == NULL)
        return error_set_errno(err, ERROR_INTERNAL, errno, "cannot list descriptors");
    int fd_dir = take_fd(&fd);

    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(dir);
        if (entry == NULL)
            return errno == 0 ? 0 : descriptors_failure(errno, err);
        if (entry->d_name[0] == '.')
            continue;

        char link[PATH_MAX];
        ssize_t length = readlinkat(fd_dir, entry->d_name, link, sizeof(link) - 1);
        if (length < 0 && errno == ENOENT)
            continue;
        if (length < 0)
            return descriptors_failure(errno, err);
        link[length] = '\0';

        struct descriptor descriptor = {.number = entry->d_name, .link = link, .fd_dir = fd_dir};
        descriptor.kind = descriptor_kind_of(link, &descriptor.inode);
        if (function(&descriptor, context, err) < 0)
            return -1;
    }
}
