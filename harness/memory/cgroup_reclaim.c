#include "memory/cgroup_reclaim.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"

/* Reclaim is dry when two tries in a row take less than this. */
#define RECLAIM_DRY_BYTES 65536
#define RECLAIM_DRY_TRIES 2
#define RECLAIM_PAUSE_NS  (10 * NSEC_PER_MSEC)

/* Longer than a number. */
#define RECLAIM_HIGH_TEXT_MAX 64

const char *cgroup_reclaim_file(int dir_fd)
{
    static const char *const files[] = {"memory.reclaim", "memory.high"};
    for (size_t i = 0; i < ARRAY_LENGTH(files); i++)
        if (file_exists(dir_fd, files[i]))
            return files[i];
    return NULL;
}

/* 0: written. 1: interrupted. 2: not ours to ask. EAGAIN says that less was there to take. */
static int cgroup_reclaim_write(int dir_fd, const char *file, const char *text, struct error *err)
{
    struct error failure = {.kind = ERROR_NONE};
    if (file_write(dir_fd, file, text, &failure) == 0 || failure.errno_value == EAGAIN)
        return 0;
    if (failure.errno_value == EINTR)
        return 1;
    if (failure.errno_value == EACCES || failure.errno_value == EPERM ||
        failure.errno_value == EROFS)
        return 2;
    if (err != NULL)
        *err = failure;
    return -1;
}

/* Lower memory.high to nothing and put it back. Results as above. */
static int cgroup_reclaim_lower(int dir_fd, struct error *err)
{
    CLEANUP(buffer_done) struct buffer high = BUFFER_INIT(RECLAIM_HIGH_TEXT_MAX);
    if (file_read(dir_fd, "memory.high", &high, err) < 0)
        return -1;
    int status = cgroup_reclaim_write(dir_fd, "memory.high", "0", err);
    if (status == 2)
        return status;
    struct error failure = {.kind = ERROR_NONE};
    if (file_write(dir_fd, "memory.high", buffer_text(&high), &failure) < 0) {
        if (err != NULL)
            *err = failure;
        return error_prefix(err, "memory.high was lowered to reclaim, and cannot be put back");
    }
    return status;
}

/* Ask for all of *current_bytes once, and read what is left. Results as above. */
static int cgroup_reclaim_once(int dir_fd, const char *file, uint64_t *current_bytes,
                               struct error *err)
{
    char text[32];
    snprintf(text, sizeof(text), "%" PRIu64, *current_bytes);
    int status = strcmp(file, "memory.high") == 0 ? cgroup_reclaim_lower(dir_fd, err)
                                                  : cgroup_reclaim_write(dir_fd, file, text, err);
    return status != 0 ? status : file_read_u64(dir_fd, "memory.current", current_bytes, err);
}

int cgroup_reclaim_folder(int dir_fd, nsec_t deadline_ns, int64_t *ret_bytes, struct error *err)
{
    uint64_t before = 0;
    const char *file = cgroup_reclaim_file(dir_fd);
    if (file == NULL)
        return 1;
    if (file_read_u64(dir_fd, "memory.current", &before, err) < 0)
        return -1;

    uint64_t current = before;
    for (unsigned dry = 0; dry < RECLAIM_DRY_TRIES && clock_now_ns() < deadline_ns;) {
        uint64_t last = current;
        int status = cgroup_reclaim_once(dir_fd, file, &current, err);
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
