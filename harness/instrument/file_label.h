#pragma once
/* What to call a file that holds memory, so that files of one kind have one name. Pure.
 *
 *   [shmem /dev/shm/frame-*]       on a tmpfs
 *   [memfd frame]                  memfd_create()
 *   [SysV shared memory]           shmget()
 *   [shared anonymous memory]      mmap(MAP_SHARED | MAP_ANONYMOUS)
 *   [cache {data}/journal.*.log]   page cache of a file elsewhere
 *   [cache /var/log/x, deleted]    …that has no name any more
 *
 * A run of digits is "*", for names are made by counting, from pids and from times, but below /usr,
 * /lib, /bin, /sbin, /opt and /etc, where a number is a version. {data} is LEAKCAGE_DATA. */
#include <stdbool.h>

#define FILE_LABEL_MAX 320

enum file_kind {
    FILE_KIND_CACHE,
    FILE_KIND_SHMEM,
    FILE_KIND_MEMFD,
    FILE_KIND_SYSV,
    FILE_KIND_ANONYMOUS,
};

/* What a link of /proc (PID/fd, PID/map_files) or a line of PID/maps says of a file. "/memfd:x
 * (deleted)", "/SYSV00000000 (deleted)" and "/dev/zero (deleted)" are of the kernel's own tmpfs;
 * for others `is_shmem` tells which of the first two it is. */
enum file_kind file_label_kind(const char *link, bool is_shmem);

/* Its label; `data_dir` NULL: none. What is no text is shown as '?'. Returns ret[FILE_LABEL_MAX],
 * cut there. */
const char *file_label(enum file_kind kind, const char *link, const char *data_dir, char *ret);
