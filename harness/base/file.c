#include "base/file.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

int file_read(int dir_fd, const char *path, struct buffer *buffer, struct error *err)
{
    CLEANUP(closep) int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set_errno(err, ERROR_INTERNAL, errno, "cannot open %s", path);

    for (;;) {
        char chunk[16384];
        ssize_t length = read(fd, chunk, sizeof(chunk));
        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0)
            return error_set_errno(err, ERROR_INTERNAL, errno, "cannot read %s", path);
        if (length == 0)
            return 0;
        if (buffer_append(buffer, chunk, (size_t)length, err) < 0)
            return error_prefix(err, "%s", path);
    }
}

ssize_t file_reread(int fd, char *text, size_t size)
{
    ssize_t length = 0;
    do
        length = pread(fd, text, size - 1, 0);
    while (length < 0 && errno == EINTR);
    if (length >= 0)
        text[length] = '\0';
    return length;
}

int file_read_u64(int dir_fd, const char *path, uint64_t *ret, struct error *err)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(64);
    if (file_read(dir_fd, path, &text, err) < 0)
        return -1;

    if (strncmp(buffer_text(&text), "max", 3) == 0) {
        *ret = UINT64_MAX;
        return 0;
    }
    const char *start = buffer_text(&text);
    char *end = NULL;
    errno = 0;
    unsigned long long value = strtoull(start, &end, 10);
    if (end == start || errno != 0 || !isdigit((unsigned char)*start))
        return error_set(err, ERROR_INTERNAL, "%s: found \"%s\", expected a number", path, start);
    *ret = value;
    return 0;
}

int file_write(int dir_fd, const char *path, const char *text, struct error *err)
{
    CLEANUP(closep) int fd = openat(dir_fd, path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set_errno(err, ERROR_INTERNAL, errno, "cannot open %s", path);
    if (write(fd, text, strlen(text)) < 0)
        return error_set_errno(err, ERROR_INTERNAL, errno, "cannot write \"%s\" to %s", text, path);
    return 0;
}

static int file_write_all(int fd, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t part = write(fd, data, length);
        if (part < 0 && errno == EINTR)
            continue;
        if (part < 0)
            return -1;
        data += part;
        length -= (size_t)part;
    }
    return 0;
}

/* What is to be in a file, and who may read it. */
struct file_content {
    const void *data;
    size_t length;
    mode_t mode;
};

/* A link in the place of the temporary file is removed, not followed. */
static int file_replace(int dir_fd, const char *path, const struct file_content *content,
                        struct error *err)
{
    char temporary[4096];
    int size = snprintf(temporary, sizeof(temporary), "%s.%ld.tmp", path, (long)getpid());
    if (size < 0 || (size_t)size >= sizeof(temporary))
        return error_set(err, ERROR_INTERNAL, "the path %.60s… is too long", path);

    (void)unlinkat(dir_fd, temporary, 0);
    CLEANUP(closep)
    int fd = openat(dir_fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, content->mode);
    if (fd < 0)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot create %s", temporary);
    if (file_write_all(fd, content->data, content->length) < 0 ||
        renameat(dir_fd, temporary, dir_fd, path) < 0) {
        int saved = errno;
        unlinkat(dir_fd, temporary, 0);
        return error_set_errno(err, ERROR_ENVIRONMENT, saved, "cannot write %s", path);
    }
    return 0;
}

int file_write_atomic(int dir_fd, const char *path, const void *data, size_t length,
                      struct error *err)
{
    const struct file_content content = {data, length, 0666};
    return file_replace(dir_fd, path, &content, err);
}

int file_write_private(int dir_fd, const char *path, const void *data, size_t length,
                       struct error *err)
{
    const struct file_content content = {data, length, 0600};
    return file_replace(dir_fd, path, &content, err);
}

int file_make_directories(const char *path, struct error *err)
{
    CLEANUP(freep) char *copy = strdup(path);
    if (copy == NULL)
        return error_out_of_memory(err);

    for (char *slash = copy + 1;; slash++) {
        slash = strchr(slash, '/');
        if (slash != NULL)
            *slash = '\0';
        if (mkdir(copy, 0777) < 0 && errno != EEXIST)
            return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot make the folder %s",
                                   copy);
        if (slash == NULL)
            break;
        *slash = '/';
    }

    struct stat status;
    if (stat(path, &status) < 0 || !S_ISDIR(status.st_mode))
        return error_set(err, ERROR_ENVIRONMENT, "%s is not a folder", path);
    return 0;
}

bool file_exists(int dir_fd, const char *path)
{
    return faccessat(dir_fd, path, F_OK, 0) == 0;
}

/* Start of the last `lines` lines of text. */
static const char *file_last_lines(const char *text, size_t length, unsigned lines)
{
    const char *start = text + length;
    if (start > text && start[-1] == '\n')
        start--;
    while (start > text) {
        if (start[-1] == '\n' && --lines == 0)
            break;
        start--;
    }
    return start;
}

size_t file_tail(int dir_fd, const char *path, unsigned lines, char *text, size_t size)
{
    text[0] = '\0';
    CLEANUP(closep) int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;

    char chunk[8192];
    off_t end = lseek(fd, 0, SEEK_END);
    off_t from = end > (off_t)sizeof(chunk) ? end - (off_t)sizeof(chunk) : 0;
    ssize_t length = pread(fd, chunk, sizeof(chunk), from);
    if (length <= 0)
        return 0;

    const char *start = file_last_lines(chunk, (size_t)length, lines);
    size_t out = 0;
    for (; start < chunk + length && out < size - 1; start++) {
        unsigned char byte = (unsigned char)*start;
        text[out++] = byte == '\n' || (byte >= ' ' && byte != 0x7f) ? (char)byte : '?';
    }
    text[out] = '\0';
    return out;
}

char *file_join(const char *directory, const char *name)
{
    char *path = NULL;
    return asprintf(&path, "%s/%s", directory, name) < 0 ? NULL : path;
}
