#pragma once
/* Open descriptors of one process, from the links in /proc/PID/fd.
 *
 * The link alone tells the kind, which keeps this at about a microsecond each:
 *     socket:[1234]   pipe:[1234]   anon_inode:[eventpoll]   /memfd:name (deleted)   /a/path
 * A path below /dev is a device, but for /dev/shm and /dev/mqueue; any other path is a file, a
 * folder or a named pipe among them. */
#include <stdint.h>

#include "base/error.h"

enum descriptor_kind {
    DESCRIPTOR_SOCKET,
    DESCRIPTOR_FILE,
    DESCRIPTOR_PIPE,
    DESCRIPTOR_ANON_INODE,
    DESCRIPTOR_DEVICE,
    DESCRIPTOR_OTHER,
};

struct descriptor {
    enum descriptor_kind kind;
    uint64_t inode;     /* of a socket; 0 otherwise */
    const char *number; /* name in the fd folder, borrowed */
    const char *link;   /* where it leads, borrowed */
    int fd_dir;         /* the fd folder */
};

/* What a link says; inode is set for sockets. */
enum descriptor_kind descriptor_kind_of(const char *link, uint64_t *ret_inode);

/* Called for each descriptor; -1 stops and is passed on. */
typedef int (*descriptors_function)(const struct descriptor *descriptor, void *context,
                                    struct error *err);

/* Every descriptor of the process whose /proc folder is `process_fd`; those closed meanwhile are
 * left out. Returns 1 when the process is gone, 2 when it may not be read. */
int descriptors_each(int process_fd, descriptors_function function, void *context,
                     struct error *err);
