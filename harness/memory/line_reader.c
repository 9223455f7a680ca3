#include "memory/line_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

#define LINE_READER_MAX 8192

/* What has been read and not yet been handed on. */
struct line_reader {
    char text[65536];
    size_t length;
    bool cut; /* the rest of a line that was too long is skipped */
};

/* errno as the result the header names. */
static int line_reader_failure(const char *path, int errno_value, struct error *err)
{
    if (errno_value == ENOENT || errno_value == ESRCH || errno_value == ENOTDIR ||
        errno_value == ENODEV)
        return 1;
    if (errno_value == EACCES || errno_value == EPERM)
        return 2;
    return error_set_errno(err, ERROR_INTERNAL, errno_value, "cannot read %s", path);
}

/* Hand on the whole lines, keep the rest; at the end of the file the rest is a line too. */
static int line_reader_drain(struct line_reader *reader, bool at_end, line_reader_function function,
                             void *context, struct error *err)
{
    char *start = reader->text;
    char *end = reader->text + reader->length;
    while (start < end) {
        char *newline = memchr(start, '\n', (size_t)(end - start));
        bool too_long = newline == NULL && end - start > LINE_READER_MAX;
        if (newline == NULL && !at_end && !too_long)
            break;
        char *stop = newline != NULL ? newline : end;
        if (stop - start > LINE_READER_MAX)
            start[LINE_READER_MAX] = '\0';
        *stop = '\0'; /* text has room for it */
        if (!reader->cut && function(start, context, err) < 0)
            return -1;
        reader->cut = newline == NULL;
        start = newline != NULL ? newline + 1 : end;
    }
    reader->length = (size_t)(end - start);
    memmove(reader->text, start, reader->length);
    return 0;
}

int line_reader_each(int dir_fd, const char *path, line_reader_function function, void *context,
                     struct error *err)
{
    CLEANUP(closep) int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return line_reader_failure(path, errno, err);

    struct line_reader reader;
    reader.length = 0;
    reader.cut = false;
    for (;;) {
        ssize_t length =
            read(fd, reader.text + reader.length, sizeof(reader.text) - 1 - reader.length);
        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0)
            return line_reader_failure(path, errno, err);
        reader.length += (size_t)length;
        if (line_reader_drain(&reader, length == 0, function, context, err) < 0)
            return -1;
        if (length == 0)
            return 0;
    }
}
