#include "instrument/heaptrack_tail.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "base/cleanup.h"
#include "memory/line_reader.h"

#define PATH_ROOM      64
#define DATA_BYTES_MAX 65536 /* of the library's variables: some KiB */

/* The writer as it lies in memory, at the beginning of what the library's one pointer leads to
 * (heaptrack's LineWriter, since 1.1). It is believed when its descriptor is the FIFO. */
struct heaptrack_writer {
    int32_t fd;
    uint32_t length; /* of what is in its buffer */
    uint64_t buffer;
};

struct tail_search {
    pid_t pid;
    const struct stat *fifo;
    struct heaptrack_writer found; /* buffer 0: not found yet */
    bool is_denied;
};

static void closedirp(DIR **dir)
{
    if (*dir != NULL)
        closedir(*dir);
}

static bool same_file(int dir_fd, const char *path, const struct stat *file)
{
    struct stat status;
    return fstatat(dir_fd, path, &status, 0) == 0 && status.st_dev == file->st_dev &&
           status.st_ino == file->st_ino;
}

bool heaptrack_has_open(pid_t pid, const struct stat *file)
{
    char path[PATH_ROOM];
    const struct dirent *entry = NULL;
    snprintf(path, sizeof(path), "/proc/%d/fd", pid);
    CLEANUP(closedirp) DIR *dir = opendir(path);
    while (dir != NULL && (entry = readdir(dir)) != NULL)
        if (entry->d_name[0] != '.' && same_file(dirfd(dir), entry->d_name, file))
            return true;
    return false;
}

/* All of it, or false. */
static bool tail_copy(pid_t pid, uint64_t address, void *ret, size_t length)
{
    struct iovec here = {.iov_base = ret, .iov_len = length};
    struct iovec there = {.iov_len = length};
    memcpy(&there.iov_base, &address, sizeof(there.iov_base));
    return process_vm_readv(pid, &here, 1, &there, 1, 0) == (ssize_t)length;
}

/* Is this where the writer lies? */
static bool tail_is_writer(const struct tail_search *search, uint64_t address,
                           struct heaptrack_writer *ret)
{
    char path[PATH_ROOM];
    if (address == 0 || address % sizeof(uint64_t) != 0 ||
        !tail_copy(search->pid, address, ret, sizeof(*ret)) || ret->fd < 0 ||
        ret->length > HEAPTRACK_TAIL_MAX || ret->buffer == 0)
        return false;
    snprintf(path, sizeof(path), "/proc/%d/fd/%d", search->pid, ret->fd);
    return same_file(AT_FDCWD, path, search->fifo);
}

/* A line of /proc/PID/maps: look through what the library can write. */
static int tail_line(char *line, void *context, struct error *err)
{
    struct tail_search *search = context;
    uint64_t start = 0;
    uint64_t end = 0;
    char rights[8] = "";
    if (search->found.buffer != 0 || strstr(line, "/libheaptrack_preload.so") == NULL ||
        sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s", &start, &end, rights) != 3 ||
        rights[1] != 'w' || end <= start || end - start > DATA_BYTES_MAX)
        return 0;
    size_t length = (size_t)(end - start);
    CLEANUP(freep) uint64_t *words = malloc(length);
    if (words == NULL)
        return error_out_of_memory(err);
    if (!tail_copy(search->pid, start, words, length)) {
        search->is_denied = errno == EPERM;
        return 0;
    }
    for (size_t i = 0; i < length / sizeof(*words); i++) {
        struct heaptrack_writer writer;
        if (!tail_is_writer(search, words[i], &writer))
            continue;
        search->found = writer;
        break;
    }
    return 0;
}

int heaptrack_tail_read(pid_t pid, const struct stat *fifo, char *ret, size_t *ret_length,
                        struct error *err)
{
    char path[PATH_ROOM];
    struct tail_search search = {.pid = pid, .fifo = fifo};
    snprintf(path, sizeof(path), "/proc/%d/maps", pid);
    int status = line_reader_each(AT_FDCWD, path, tail_line, &search, err);
    if (status < 0)
        return -1;
    bool is_denied = status == 2 || search.is_denied;
    if (status > 0 || search.found.buffer == 0) {
        (void)error_set(err, ERROR_ENVIRONMENT,
                        "what heaptrack holds back in process %d (up to 4 KiB, some two hundred "
                        "blocks) %s",
                        pid, is_denied ? "may not be read" : "is not to be found");
        return is_denied ? 2 : 1;
    }
    if (search.found.length > 0 && !tail_copy(pid, search.found.buffer, ret, search.found.length)) {
        (void)error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot read memory of process %d",
                              pid);
        return 2;
    }
    *ret_length = search.found.length;
    return 0;
}
