#include "driver/last_reading.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "memory/cgroup_reader.h"

struct last_reading {
    struct cgroup_reader *reader; /* the thread's alone */
    int pidfd;
    int stop_fd;
    bool has_thread;
    bool joined;
    pthread_t thread;
    struct memory_sample sample; /* the thread's until it is joined */
    bool has_sample;
};

/* Poll until the process ends; false when asked to stop before. */
static bool last_wait(const struct last_reading *last)
{
    for (;;) {
        struct pollfd watch[2] = {{.fd = last->pidfd, .events = POLLIN},
                                  {.fd = last->stop_fd, .events = POLLIN}};
        if (poll(watch, 2, -1) < 0 && errno != EINTR)
            return false;
        if (watch[0].revents != 0)
            return true;
        if (watch[1].revents != 0)
            return false;
    }
}

static void *last_run(void *context)
{
    struct last_reading *last = context;
    if (last_wait(last))
        last->has_sample = cgroup_reader_full(last->reader, &last->sample, NULL) == 0;
    return NULL;
}

static void last_freep(struct last_reading **last)
{
    last_reading_free(*last);
}

int last_reading_start(int dir_fd, int pidfd, struct last_reading **ret, struct error *err)
{
    CLEANUP(last_freep) struct last_reading *last = calloc(1, sizeof(*last));
    if (last == NULL)
        return error_out_of_memory(err);
    last->pidfd = pidfd;
    last->stop_fd = eventfd(0, EFD_CLOEXEC);
    if (last->stop_fd < 0)
        return error_set_errno(err, ERROR_INTERNAL, errno, "cannot make an eventfd");
    if (cgroup_reader_open(dir_fd, &last->reader, err) < 0)
        return -1;
    int failure = pthread_create(&last->thread, NULL, last_run, last);
    if (failure != 0)
        return error_set_errno(err, ERROR_ENVIRONMENT, failure, "cannot make a thread");
    last->has_thread = true;
    *ret = take_ptr(&last);
    return 0;
}

static void last_join(struct last_reading *last)
{
    if (last->has_thread && !last->joined)
        last->joined = pthread_join(last->thread, NULL) == 0;
}

void last_reading_free(struct last_reading *last)
{
    if (last == NULL)
        return;
    uint64_t one = 1;
    if (last->has_thread && write(last->stop_fd, &one, sizeof(one)) == (ssize_t)sizeof(one))
        last_join(last);
    cgroup_reader_free(last->reader);
    closep(&last->stop_fd);
    free(last);
}

bool last_reading_is_over(struct last_reading *last)
{
    struct pollfd watch = {.fd = last->pidfd, .events = POLLIN};
    return poll(&watch, 1, 0) > 0;
}

int last_reading_get(struct last_reading *last, struct memory_sample *ret)
{
    last_join(last);
    if (!last->has_sample)
        return 1;
    *ret = last->sample;
    return 0;
}
