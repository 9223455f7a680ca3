#include "instrument/heaptrack_feed.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/temporary.h"
#include "instrument/heaptrack_tail.h"

#define PIPE_BYTES (1 << 20)
#define READ_BYTES 65536
#define PIECES_MAX 4096
#define TRIES_MAX  200 /* to find the writer between two of its flushes */
#define PATH_ROOM  256

struct heaptrack_feed {
    pthread_mutex_t turn; /* whoever wants the lock next, so that the thread cannot keep it */
    pthread_mutex_t lock; /* of all that follows */
    pthread_t thread;
    char dir[PATH_ROOM];
    char path[PATH_ROOM + 8];
    struct stat file;
    int read_fd;
    int write_fd; /* ours, so that the pipe has no end before its reader wants one */
    bool draining;
    struct heaptrack_stream *stream; /* NULL: while draining */
    char ahead[HEAPTRACK_TAIL_MAX];  /* fed before they came through the FIFO */
    size_t n_ahead;
    bool is_other; /* what came was not what had been read ahead */
    char bytes[READ_BYTES];
};

static void feed_remove_files(struct heaptrack_feed *feed)
{
    if (feed->path[0] != '\0')
        (void)unlink(feed->path);
    if (feed->dir[0] != '\0')
        (void)rmdir(feed->dir);
    feed->path[0] = feed->dir[0] = '\0';
}

static void feed_free(struct heaptrack_feed *feed)
{
    feed_remove_files(feed);
    heaptrack_stream_free(feed->stream);
    closep(&feed->read_fd);
    closep(&feed->write_fd);
    pthread_mutex_destroy(&feed->lock);
    pthread_mutex_destroy(&feed->turn);
    free(feed);
}

/* What comes through the FIFO and was not read ahead. A fault of the stream stays in it. */
static void feed_bytes(struct heaptrack_feed *feed, const char *bytes, size_t length)
{
    size_t known = length < feed->n_ahead ? length : feed->n_ahead;
    if (known > 0) {
        feed->is_other = feed->is_other || memcmp(bytes, feed->ahead, known) != 0;
        memmove(feed->ahead, feed->ahead + known, feed->n_ahead - known);
        feed->n_ahead -= known;
    }
    (void)heaptrack_stream_feed(feed->stream, bytes + known, length - known, NULL);
}

/* Read what is in the FIFO now, in at most so many pieces. False: nobody writes any more. */
static bool feed_drain(struct heaptrack_feed *feed, unsigned pieces)
{
    while (pieces-- > 0) {
        ssize_t got = read(feed->read_fd, feed->bytes, sizeof(feed->bytes));
        if (got == 0)
            return false;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return true;
        if (!feed->draining)
            feed_bytes(feed, feed->bytes, (size_t)got);
    }
    return true;
}

static void feed_lock(struct heaptrack_feed *feed)
{
    pthread_mutex_lock(&feed->turn);
    pthread_mutex_lock(&feed->lock);
    pthread_mutex_unlock(&feed->turn);
}

static void *feed_thread(void *context)
{
    struct heaptrack_feed *feed = context;
    for (;;) {
        struct pollfd polled = {.fd = feed->read_fd, .events = POLLIN};
        if (poll(&polled, 1, -1) < 0 && errno != EINTR)
            break;
        feed_lock(feed);
        bool over = !feed_drain(feed, 1) && feed->draining;
        pthread_mutex_unlock(&feed->lock);
        if (over)
            break;
    }
    feed_free(feed);
    return NULL;
}

static int feed_make_files(struct heaptrack_feed *feed, struct error *err)
{
    if (temporary_make("heap", feed->dir, sizeof(feed->dir), err) < 0)
        return -1;
    snprintf(feed->path, sizeof(feed->path), "%s/stream", feed->dir);
    /* The service may run as another user: it may pass through and write, and not look. */
    if (chmod(feed->dir, 0711) < 0 || mkfifo(feed->path, 0600) < 0 || chmod(feed->path, 0622) < 0 ||
        stat(feed->path, &feed->file) < 0)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot make the FIFO %s",
                               feed->path);
    feed->read_fd = open(feed->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    feed->write_fd = open(feed->path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (feed->read_fd < 0 || feed->write_fd < 0)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot open %s", feed->path);
    /* As large as it may be; 64 KiB do as well, more slowly. */
    (void)fcntl(feed->read_fd, F_SETPIPE_SZ, PIPE_BYTES);
    return 0;
}

/* Signals are for the program's first thread. */
static int feed_start(struct heaptrack_feed *feed, struct error *err)
{
    sigset_t all;
    sigset_t old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int status = pthread_create(&feed->thread, NULL, feed_thread, feed);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return status == 0 ? 0 : error_set_errno(err, ERROR_INTERNAL, status, "cannot start a thread");
}

int heaptrack_feed_new(struct heaptrack_feed **ret, struct error *err)
{
    struct heaptrack_feed *feed = calloc(1, sizeof(*feed));
    if (feed == NULL)
        return error_out_of_memory(err);
    feed->read_fd = feed->write_fd = -1;
    pthread_mutex_init(&feed->lock, NULL);
    pthread_mutex_init(&feed->turn, NULL);
    if (heaptrack_stream_new(&feed->stream, err) < 0 || feed_make_files(feed, err) < 0 ||
        feed_start(feed, err) < 0) {
        feed_free(feed);
        return -1;
    }
    *ret = feed;
    return 0;
}

const char *heaptrack_feed_path(const struct heaptrack_feed *feed)
{
    return feed->path;
}

const struct stat *heaptrack_feed_file(const struct heaptrack_feed *feed)
{
    return &feed->file;
}

/* What the writer holds back, as of a moment when the FIFO was empty: so nothing is between the
 * two. */
static int feed_take_tail(struct heaptrack_feed *feed, pid_t pid, struct error *err)
{
    char tail[HEAPTRACK_TAIL_MAX];
    size_t length = 0;
    for (unsigned i = 0; i < TRIES_MAX; i++) {
        struct pollfd polled = {.fd = feed->read_fd, .events = POLLIN};
        (void)feed_drain(feed, PIECES_MAX);
        int status = heaptrack_tail_read(pid, &feed->file, tail, &length, err);
        if (status != 0)
            return status < 0 ? -1 : 1;
        if (poll(&polled, 1, 0) > 0)
            continue;
        if (length < feed->n_ahead || memcmp(tail, feed->ahead, feed->n_ahead) != 0) {
            feed->is_other = true;
            return 0;
        }
        (void)heaptrack_stream_feed(feed->stream, tail + feed->n_ahead, length - feed->n_ahead,
                                    NULL);
        memcpy(feed->ahead, tail, length);
        feed->n_ahead = length;
        return 0;
    }
    (void)error_set(err, ERROR_ENVIRONMENT,
                    "what heaptrack holds back in process %d (up to 4 KiB) changes all the time",
                    pid);
    return 1;
}

int heaptrack_feed_hold(struct heaptrack_feed *feed, pid_t pid, const struct heaptrack_stream **ret,
                        struct error *err)
{
    int status = 0;
    feed_lock(feed);
    (void)feed_drain(feed, PIECES_MAX);
    if (pid != 0 && !feed->stream->has_failed && !feed->is_other)
        status = feed_take_tail(feed, pid, err);
    *ret = feed->stream;
    if (feed->is_other)
        return error_set(err, ERROR_SERVICE,
                         "heaptrack's stream is not what was in its writer's memory: more than one "
                         "process writes it, or the service does");
    return feed->stream->has_failed ? heaptrack_stream_feed(feed->stream, "\n", 1, err) : status;
}

void heaptrack_feed_release(struct heaptrack_feed *feed)
{
    pthread_mutex_unlock(&feed->lock);
}

void heaptrack_feed_end(struct heaptrack_feed *feed)
{
    if (feed == NULL)
        return;
    pthread_t thread = feed->thread;
    feed_lock(feed);
    feed_remove_files(feed);
    feed->draining = true;
    heaptrack_stream_free(feed->stream);
    feed->stream = NULL;
    int write_fd = take_fd(&feed->write_fd);
    pthread_mutex_unlock(&feed->lock);
    /* Without a writer it ends now, and `feed` with it. */
    closep(&write_fd);
    pthread_detach(thread);
}
