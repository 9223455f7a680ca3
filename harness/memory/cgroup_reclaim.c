#include "memory/cgroup_reclaim.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/file.h"

/* Reclaim is dry when two tries in a row take less than this. */
#define RECLAIM_DRY_BYTES 65536
#define RECLAIM_DRY_TRIES 2
#define RECLAIM_PAUSE_NS  (10 * NSEC_PER_MSEC)

/* Ask for all of *current_bytes once, and read what is left. 1: interrupted. 2: not ours to
 * ask. */
static int cgroup_reclaim_once(int dir_fd, uint64_t *current_bytes, struct error *err)
{
    char text[32];
    struct error failure = {.kind = ERROR_NONE};
    snprintf(text, sizeof(text), "%" PRIu64, *current_bytes);
    if (file_write(dir_fd, "memory.reclaim", text, &failure) < 0) {
        if (failure.errno_value == EINTR)
            return 1;
        if (failure.errno_value == EACCES || failure.errno_value == EPERM)
            return 2;
        if (failure.errno_value != EAGAIN) {
            if (err != NULL)
                *err = failure;
            return -1;
        }
    }
    return file_read_u64(dir_fd, "memory.current", current_bytes, err);
}

int cgroup_reclaim_folder(int dir_fd, nsec_t deadline_ns, int64_t *ret_bytes, struct error *err)
{
    uint64_t before = 0;
    if (!file_exists(dir_fd, "memory.reclaim"))
        return 1;
    if (file_read_u64(dir_fd, "memory.current", &before, err) < 0)
        return -1;

    uint64_t current = before;
    for (unsigned dry = 0; dry < RECLAIM_DRY_TRIES && clock_now_ns() < deadline_ns;) {
        uint64_t last = current;
        int status = cgroup_reclaim_once(dir_fd, &current, err);
        if (status < 0)
            return -1;
        if (status == 2)
            return 1;
        if (status == 1)
            break;
        bool is_dry = current + RECLAIM_DRY_BYTES > last;
        dry = is_dry ? dry + 1 : 0;
        if (is_dry && dry < RECLAIM_DRY_TRIES)
            clock_sleep_until(clock_now_ns() + RECLAIM_PAUSE_NS);
    }
    *ret_bytes = (int64_t)before - (int64_t)current;
    return 0;
}
