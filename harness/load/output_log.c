#include "load/output_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

#define TAKE_BYTES 65536
#define KEEP_BYTES (OUTPUT_LOG_MAX_BYTES / 2)
/* What is in the pipe at the end; a pipe holds no more. */
#define TAKES_MAX 16

int output_log_open(const char *path, struct output_log *ret, struct error *err)
{
    int pipe_fds[2];
    struct stat status;
    CLEANUP(output_log_done) struct output_log log = OUTPUT_LOG_NONE;
    log.fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (log.fd < 0 || fstat(log.fd, &status) < 0)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot write the log %s", path);
    if (pipe2(pipe_fds, O_CLOEXEC) < 0)
        return error_set_errno(err, ERROR_INTERNAL, errno, "cannot make a pipe");
    log.pipe_fd = pipe_fds[0];
    log.write_fd = pipe_fds[1];
    log.size_bytes = status.st_size;
    if (fcntl(log.pipe_fd, F_SETFL, O_NONBLOCK) < 0)
        return error_set_errno(err, ERROR_INTERNAL, errno, "cannot set up a pipe");
    *ret = log;
    log = OUTPUT_LOG_NONE;
    return 0;
}

void output_log_done(struct output_log *log)
{
    for (unsigned i = 0; i < TAKES_MAX && output_log_take(log) > 0; i++)
        continue;
    closep(&log->write_fd);
    closep(&log->pipe_fd);
    closep(&log->fd);
    *log = OUTPUT_LOG_NONE;
}

/* Only the last KEEP_BYTES stay, from the beginning of a line. */
static void output_log_cut(struct output_log *log)
{
    static const char notice[] = "(leakcage: what was printed before is cut off here)\n";
    CLEANUP(freep) char *tail = malloc((size_t)KEEP_BYTES);
    if (tail == NULL)
        return;
    ssize_t length = pread(log->fd, tail, (size_t)KEEP_BYTES, log->size_bytes - KEEP_BYTES);
    if (length < 0 || ftruncate(log->fd, 0) < 0)
        return;
    const char *newline = memchr(tail, '\n', (size_t)length);
    const char *start = newline != NULL ? newline + 1 : tail;
    size_t rest = (size_t)(tail + length - start);
    ssize_t first = write(log->fd, notice, sizeof(notice) - 1);
    ssize_t second = write(log->fd, start, rest);
    log->size_bytes = (first > 0 ? first : 0) + (second > 0 ? second : 0);
}

static void output_log_write(struct output_log *log, const char *data, size_t length)
{
    ssize_t written = write(log->fd, data, length);
    log->size_bytes += written > 0 ? written : 0;
    if (log->size_bytes > OUTPUT_LOG_MAX_BYTES)
        output_log_cut(log);
}

size_t output_log_take(struct output_log *log)
{
    char data[TAKE_BYTES];
    ssize_t length = log->pipe_fd >= 0 ? read(log->pipe_fd, data, sizeof(data)) : -1;
    if (length <= 0)
        return 0;
    output_log_write(log, data, (size_t)length);
    return (size_t)length;
}

void output_log_say(struct output_log *log, const char *text)
{
    output_log_write(log, "leakcage: ", 10);
    output_log_write(log, text, strlen(text));
    output_log_write(log, "\n", 1);
}
