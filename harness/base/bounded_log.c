#include "base/bounded_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

#define NOTICE_FORMAT "\n[leakcage: %20llu bytes of the log are left out here]\n"
#define NOTICE_BYTES  (sizeof("\n[leakcage:  bytes of the log are left out here]\n") - 1 + 20)

struct bounded_log {
    int fd;
    int failure;
    size_t head_length;
    char *tail; /* owned; a ring, NULL until the head is full */
    size_t tail_start, tail_length;
    uint64_t left_out_bytes;
    bool dirty;
};

static void bounded_log_write(struct bounded_log *log, const char *data, size_t length, size_t at)
{
    while (length > 0) {
        ssize_t written = pwrite(log->fd, data, length, (off_t)at);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0) {
            log->failure = log->failure != 0 ? log->failure : written < 0 ? errno : EIO;
            return;
        }
        data += written;
        at += (size_t)written;
        length -= (size_t)written;
    }
}

/* The number in the notice at the end of the head; false: there is no notice. */
static bool bounded_log_read_notice(int fd, uint64_t *ret_bytes)
{
    char text[NOTICE_BYTES + 1] = "";
    char expected[NOTICE_BYTES + 1];
    unsigned long long bytes = 0;
    if (pread(fd, text, NOTICE_BYTES, (off_t)BOUNDED_LOG_HEAD_BYTES) != (ssize_t)NOTICE_BYTES ||
        sscanf(text, "\n[leakcage: %20llu", &bytes) != 1)
        return false;
    snprintf(expected, sizeof(expected), NOTICE_FORMAT, bytes);
    *ret_bytes = bytes;
    return strcmp(text, expected) == 0;
}

/* The ring. */
static bool bounded_log_make_tail(struct bounded_log *log)
{
    if (log->tail == NULL)
        log->tail = malloc(BOUNDED_LOG_TAIL_BYTES);
    if (log->tail == NULL)
        log->failure = log->failure != 0 ? log->failure : ENOMEM;
    return log->tail != NULL;
}

static void bounded_log_add_to_tail(struct bounded_log *log, const char *data, size_t length)
{
    if (length == 0 || !bounded_log_make_tail(log))
        return;
    log->dirty = true;
    if (length > BOUNDED_LOG_TAIL_BYTES) {
        log->left_out_bytes += length - BOUNDED_LOG_TAIL_BYTES;
        data += length - BOUNDED_LOG_TAIL_BYTES;
        length = BOUNDED_LOG_TAIL_BYTES;
    }
    size_t room = BOUNDED_LOG_TAIL_BYTES - log->tail_length;
    if (length > room) {
        size_t dropped = length - room;
        log->left_out_bytes += dropped;
        log->tail_start = (log->tail_start + dropped) % BOUNDED_LOG_TAIL_BYTES;
        log->tail_length -= dropped;
    }
    size_t at = (log->tail_start + log->tail_length) % BOUNDED_LOG_TAIL_BYTES;
    size_t until_end = BOUNDED_LOG_TAIL_BYTES - at;
    size_t first = length < until_end ? length : until_end;
    memcpy(log->tail + at, data, first);
    memcpy(log->tail, data + first, length - first);
    log->tail_length += length;
}

/* What is behind the head of a log that is continued. */
static int bounded_log_load_tail(struct bounded_log *log, size_t size, struct error *err)
{
    size_t at = BOUNDED_LOG_HEAD_BYTES;
    if (bounded_log_read_notice(log->fd, &log->left_out_bytes))
        at += NOTICE_BYTES;
    if (size - at > BOUNDED_LOG_TAIL_BYTES) { /* not written by us */
        log->left_out_bytes += size - at - BOUNDED_LOG_TAIL_BYTES;
        at = size - BOUNDED_LOG_TAIL_BYTES;
    }
    if (!bounded_log_make_tail(log))
        return error_out_of_memory(err);
    ssize_t length = pread(log->fd, log->tail, size - at, (off_t)at);
    if (length < 0)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot read the log");
    log->tail_length = (size_t)length;
    return 0;
}

int bounded_log_open(const char *path, struct bounded_log **ret, struct error *err)
{
    struct stat status;
    struct bounded_log *log = calloc(1, sizeof(*log));
    if (log == NULL)
        return error_out_of_memory(err);
    log->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (log->fd < 0 || fstat(log->fd, &status) < 0) {
        int failure = errno;
        bounded_log_free(log);
        return error_set_errno(err, ERROR_ENVIRONMENT, failure, "cannot write the log %s", path);
    }
    size_t size = status.st_size > 0 ? (size_t)status.st_size : 0;
    log->head_length = size < BOUNDED_LOG_HEAD_BYTES ? size : BOUNDED_LOG_HEAD_BYTES;
    if (size > BOUNDED_LOG_HEAD_BYTES && bounded_log_load_tail(log, size, err) < 0) {
        bounded_log_free(log);
        return -1;
    }
    *ret = log;
    return 0;
}

void bounded_log_free(struct bounded_log *log)
{
    if (log == NULL)
        return;
    if (log->fd >= 0)
        bounded_log_flush(log);
    closep(&log->fd);
    free(log->tail);
    free(log);
}

void bounded_log_add(struct bounded_log *log, const char *data, size_t length)
{
    size_t room = BOUNDED_LOG_HEAD_BYTES - log->head_length;
    size_t first = length < room ? length : room;
    bounded_log_write(log, data, first, log->head_length);
    log->head_length += first;
    bounded_log_add_to_tail(log, data + first, length - first);
}

bool bounded_log_is_dirty(const struct bounded_log *log)
{
    return log->dirty;
}

/* How much of the tail belongs to a line that is cut. */
static size_t bounded_log_cut_line(const struct bounded_log *log)
{
    for (size_t i = 0; log->left_out_bytes > 0 && i < log->tail_length; i++)
        if (log->tail[(log->tail_start + i) % BOUNDED_LOG_TAIL_BYTES] == '\n')
            return i + 1 < log->tail_length ? i + 1 : 0;
    return 0;
}

void bounded_log_flush(struct bounded_log *log)
{
    if (!log->dirty)
        return;
    log->dirty = false;
    size_t skipped = bounded_log_cut_line(log);
    size_t at = BOUNDED_LOG_HEAD_BYTES;
    if (log->left_out_bytes > 0) {
        char notice[NOTICE_BYTES + 1];
        unsigned long long bytes = log->left_out_bytes;
        snprintf(notice, sizeof(notice), NOTICE_FORMAT, bytes + skipped);
        bounded_log_write(log, notice, NOTICE_BYTES, at);
        at += NOTICE_BYTES;
    }
    size_t start = (log->tail_start + skipped) % BOUNDED_LOG_TAIL_BYTES;
    size_t length = log->tail_length - skipped;
    size_t until_end = BOUNDED_LOG_TAIL_BYTES - start;
    size_t first = length < until_end ? length : until_end;
    bounded_log_write(log, log->tail + start, first, at);
    bounded_log_write(log, log->tail, length - first, at + first);
    if (ftruncate(log->fd, (off_t)(at + length)) < 0 && errno != EINVAL)
        log->failure = log->failure != 0 ? log->failure : errno;
}

int bounded_log_failure(const struct bounded_log *log)
{
    return log->failure;
}

uint64_t bounded_log_left_out(const char *path)
{
    uint64_t bytes = 0;
    CLEANUP(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd >= 0 && bounded_log_read_notice(fd, &bytes) ? bytes : 0;
}
