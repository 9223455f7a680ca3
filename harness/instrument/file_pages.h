#pragma once
/* How much of a file is in memory, and who is charged for it.
 *
 * A cgroup is charged for those pages of the page cache that a process of it touched first, so what
 * a file has in memory is not what it costs the service. Where the kernel lets us see whose pages
 * are (root, /proc/kpagecgroup), those of the service's cgroups are counted, and otherwise all that
 * there are. Nothing is read into memory by looking; pages that are there may count as used once
 * more. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define FILE_PAGES_CGROUPS_MAX 256

struct file_pages {
    int pagemap_fd;     /* of this process; -1: not to be seen */
    int kpagecgroup_fd; /* -1: not to be seen */
    int kpageflags_fd;
    uint64_t cgroups[FILE_PAGES_CGROUPS_MAX]; /* inodes of their folders */
    unsigned n_cgroups;
};

/* Open what it takes; `cgroup_dir` NULL: none is known. Release with file_pages_done(). */
void file_pages_init(struct file_pages *pages, const char *cgroup_dir);
void file_pages_done(struct file_pages *pages);

/* Can it be told who is charged? */
bool file_pages_tells_owner(const struct file_pages *pages);

struct file_pages_count {
    uint64_t bytes; /* of the cgroup's, or of all */
    bool is_shmem;  /* they are on a tmpfs (below an overlay), not page cache */
};

/* Of an open file. 1: it cannot be told (it cannot be mapped). */
int file_pages_measure(const struct file_pages *pages, int fd, struct file_pages_count *ret,
                       struct error *err);
