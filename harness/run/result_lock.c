#include "run/result_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"

#define LOCK_BOUND_NS (10 * NSEC_PER_SEC)
#define LOCK_LOOK_NS  (10 * NSEC_PER_MSEC)

int result_lock(const char *results_dir)
{
    CLEANUP(closep) int fd = open(results_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    nsec_t deadline_ns = clock_now_ns() + LOCK_BOUND_NS;
    while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        nsec_t now_ns = clock_now_ns();
        if (now_ns >= deadline_ns)
            return -1;
        clock_sleep_until(now_ns + LOCK_LOOK_NS);
    }
    return take_fd(&fd);
}
