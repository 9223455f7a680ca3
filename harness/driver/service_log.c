#include "driver/service_log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/bounded_log.h"
#include "base/cleanup.h"
#include "base/clock.h"

#define TAKE_BYTES ((size_t)64 * 1024)
/* At a synchronization and at the end what is in the pipe is taken; who goes on printing does not
 * hold us up. A pipe holds 16 pages, each of them perhaps a read. */
#define TAKES_MAX 64
/* Who prints little at a time is not met after every line: the naps in between grow and shrink so
 * that the pipe, of 64 KiB, does not run full. */
#define LITTLE_BYTES  ((size_t)16 * 1024)
#define NAP_MAX_NS    (2 * NSEC_PER_MSEC)
#define NAP_MIN_NS    (NSEC_PER_MSEC / 16)
#define FLUSH_REST_NS (100 * NSEC_PER_MSEC) /* nothing was printed for so long */
#define FLUSH_BUSY_NS (1 * NSEC_PER_SEC)    /* while it is printed without a break */
#define SYNC_NS       (1 * NSEC_PER_SEC)

struct service_log {
    struct bounded_log *file; /* the thread's, while there is one */
    int read_fd, write_fd;    /* write_fd -1: the program has it */
    int wake_fd;
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t lock; /* over all below */
    pthread_cond_t synced;
    bool stop;
    unsigned wanted, done; /* synchronizations */
    int failure;           /* at the last one */
    char block[TAKE_BYTES];
};

/* At most one block. 0: nothing there; -1: nobody can print any more. */
static ssize_t service_log_take(struct service_log *log)
{
    ssize_t length = read(log->read_fd, log->block, sizeof(log->block));
    if (length > 0)
        bounded_log_add(log->file, log->block, (size_t)length);
    if (length == 0)
        return -1;
    return length > 0 ? length : 0;
}

/* What is there now. */
static void service_log_drain(struct service_log *log)
{
    for (unsigned i = 0; i < TAKES_MAX && service_log_take(log) > 0; i++)
        continue;
    bounded_log_flush(log->file);
}

/* Do what was asked for. True: it is over. */
static bool service_log_obey(struct service_log *log)
{
    uint64_t count = 0;
    (void)!read(log->wake_fd, &count, sizeof(count));
    pthread_mutex_lock(&log->lock);
    unsigned wanted = log->wanted;
    bool stop = log->stop;
    pthread_mutex_unlock(&log->lock);
    service_log_drain(log);
    pthread_mutex_lock(&log->lock);
    log->done = wanted;
    log->failure = bounded_log_failure(log->file);
    pthread_cond_broadcast(&log->synced);
    pthread_mutex_unlock(&log->lock);
    return stop;
}

/* After a little: wait for more. What is there then tells how long the next nap may be. */
static ssize_t service_log_nap(struct service_log *log, nsec_t *nap_ns)
{
    clock_sleep_until(clock_now_ns() + *nap_ns);
    ssize_t taken = service_log_take(log);
    if (taken >= (ssize_t)LITTLE_BYTES && *nap_ns > NAP_MIN_NS)
        *nap_ns /= 2;
    else if (taken < (ssize_t)LITTLE_BYTES && *nap_ns < NAP_MAX_NS)
        *nap_ns *= 2;
    return taken;
}

static void *service_log_run(void *context)
{
    struct service_log *log = context;
    struct pollfd watch[2] = {{.fd = log->read_fd, .events = POLLIN},
                              {.fd = log->wake_fd, .events = POLLIN}};
    nsec_t flushed_ns = 0;
    nsec_t nap_ns = NAP_MAX_NS;
    for (;;) {
        nsec_t rest_ns = bounded_log_is_dirty(log->file) ? FLUSH_REST_NS : NSEC_NEVER;
        int n = poll(watch, 2, clock_poll_timeout_ms(0, rest_ns));
        if ((watch[1].revents & POLLIN) != 0 && service_log_obey(log))
            return NULL;
        ssize_t taken = n > 0 && watch[0].revents != 0 ? service_log_take(log) : 0;
        if (taken > 0 && (size_t)taken < LITTLE_BYTES)
            taken = service_log_nap(log, &nap_ns);
        if (taken < 0)
            watch[0].fd = -1; /* its log is closed: only the end is waited for */
        nsec_t now_ns = clock_now_ns();
        if (taken < 0 || n == 0 || now_ns - flushed_ns >= FLUSH_BUSY_NS) {
            bounded_log_flush(log->file);
            flushed_ns = now_ns;
        }
    }
}

int service_log_open(const char *path, struct service_log **ret, struct error *err)
{
    int fds[2];
    CLEANUP(service_log_freep) struct service_log *log = calloc(1, sizeof(*log));
    if (log == NULL)
        return error_out_of_memory(err);
    log->read_fd = log->write_fd = log->wake_fd = -1;
    pthread_mutex_init(&log->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&log->synced, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (bounded_log_open(path, &log->file, err) < 0)
        return -1;
    if (pipe2(fds, O_CLOEXEC) < 0)
        return error_set_errno(err, ERROR_INTERNAL, errno, "cannot make a pipe");
    log->read_fd = fds[0];
    log->write_fd = fds[1];
    log->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (log->wake_fd < 0 || fcntl(log->read_fd, F_SETFL, O_NONBLOCK) < 0)
        return error_set_errno(err, ERROR_INTERNAL, errno, "cannot set up a pipe");
    *ret = take_ptr(&log);
    return 0;
}

static void service_log_wake(const struct service_log *log)
{
    uint64_t one = 1;
    (void)!write(log->wake_fd, &one, sizeof(one));
}

void service_log_free(struct service_log *log)
{
    if (log == NULL)
        return;
    closep(&log->write_fd);
    if (log->has_thread) {
        pthread_mutex_lock(&log->lock);
        log->stop = true;
        pthread_mutex_unlock(&log->lock);
        service_log_wake(log);
        pthread_join(log->thread, NULL);
    } else if (log->file != NULL && log->read_fd >= 0) {
        service_log_drain(log);
    }
    bounded_log_free(log->file);
    closep(&log->read_fd);
    closep(&log->wake_fd);
    pthread_cond_destroy(&log->synced);
    pthread_mutex_destroy(&log->lock);
    free(log);
}

void service_log_freep(struct service_log **log)
{
    service_log_free(*log);
}

int service_log_fd(const struct service_log *log)
{
    return log->write_fd;
}

int service_log_give(const struct service_log *log, const struct account *user, struct error *err)
{
    if (fchown(log->write_fd, user->uid, user->gid) < 0)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno,
                               "cannot give the pipe for its output to user %u",
                               (unsigned)user->uid);
    return 0;
}

/* Signals are the other threads' business. */
int service_log_begin(struct service_log *log, struct error *err)
{
    sigset_t all, before;
    close(take_fd(&log->write_fd));
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = pthread_create(&log->thread, NULL, service_log_run, log);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failure != 0)
        return error_set_errno(err, ERROR_INTERNAL, failure, "cannot start a thread for the log");
    log->has_thread = true;
    return 0;
}

int service_log_sync(struct service_log *log)
{
    if (log == NULL || !log->has_thread)
        return 0;
    nsec_t until_ns = clock_now_ns() + SYNC_NS;
    struct timespec until = {.tv_sec = (time_t)(until_ns / NSEC_PER_SEC),
                             .tv_nsec = (long)(until_ns % NSEC_PER_SEC)};
    pthread_mutex_lock(&log->lock);
    unsigned wanted = ++log->wanted;
    service_log_wake(log);
    while ((int)(log->done - wanted) < 0 &&
           pthread_cond_timedwait(&log->synced, &log->lock, &until) != ETIMEDOUT)
        continue;
    int failure = log->failure;
    pthread_mutex_unlock(&log->lock);
    return failure;
}
