#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "report/record_lines.h"
#include "view/view_parts.h"

#define VIEW_LOG_MAX      ((size_t)16 * 1024)
#define VIEW_LINE_MAX     ((size_t)64 * 1024)
#define VIEW_HEADLINE_MAX ((size_t)16 * 1024)

/* Lines on their way into the data. */
struct view_lines {
    struct json_writer *writer; /* borrowed */
    int status;
    struct error *err;
};

/* One line, with its parts in one text. */
static void view_write_line(void *user, const struct record_line *line)
{
    struct view_lines *lines = user;
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(VIEW_LINE_MAX);
    bool gap = *line->after != '\0' && (*line->before != '\0' || *line->word != '\0');
    if (lines->status < 0)
        return;
    lines->status = buffer_printf(&text, lines->err, "%s%s%s%s", line->before, line->word,
                                  gap ? " " : "", line->after);
    json_write_object(lines->writer, NULL);
    json_write_text(lines->writer, "name", line->name);
    json_write_text(lines->writer, "text", buffer_text(&text));
    json_write_close_object(lines->writer);
}

int view_write_texts(struct json_writer *writer, const struct stored_record *run, struct error *err)
{
    const struct record *record = run->record;
    const struct record_lines wanted = {.record = record, .utf8 = true};
    CLEANUP(buffer_done) struct buffer headline = BUFFER_INIT(VIEW_HEADLINE_MAX);
    if (buffer_append_text(&headline, record->id, err) < 0 ||
        record_headline_write(&wanted, &headline, err) < 0)
        return -1;
    json_write_text(writer, "headline", buffer_text(&headline));
    struct view_lines lines = {.writer = writer, .err = err};
    json_write_array(writer, "lines");
    if (record_lines_each(&wanted, view_write_line, &lines, err) < 0 || lines.status < 0)
        return -1;
    json_write_close_array(writer);
    json_write_array(writer, "warnings");
    for (unsigned i = 0; i < record->n_warnings; i++)
        json_write_text(writer, NULL, record->warnings[i]);
    json_write_close_array(writer);
    json_write_array(writer, "findings");
    for (unsigned i = 0; i < record->verdict.n_findings; i++)
        json_write_text(writer, NULL, record->verdict.findings[i]);
    json_write_close_array(writer);
    return 0;
}

/* The end of a file, from the begin of a line on where it is cut. Returns its length; -1 with errno
 * set. What is a NUL there is no UTF-8 here, so that it does not end the text. */
static ssize_t view_read_end(int fd, char *text, size_t size, bool *ret_cut)
{
    struct stat status;
    if (fstat(fd, &status) < 0)
        return -1;
    off_t room = (off_t)size - 1;
    off_t from = status.st_size > room ? status.st_size - room : 0;
    size_t length = 0;
    while (length < size - 1) {
        ssize_t part = pread(fd, text + length, size - 1 - length, from + (off_t)length);
        if (part < 0 && errno == EINTR)
            continue;
        if (part < 0)
            return -1;
        if (part == 0)
            break;
        length += (size_t)part;
    }
    for (size_t i = 0; i < length; i++)
        if (text[i] == '\0')
            text[i] = '\xff';
    text[length] = '\0';
    *ret_cut = from > 0;
    char *end = from > 0 ? strchr(text, '\n') : NULL;
    if (end != NULL && end[1] != '\0') {
        length -= (size_t)(end + 1 - text);
        memmove(text, end + 1, length + 1);
    }
    return (ssize_t)length;
}

int view_write_log(struct json_writer *writer, const struct stored_record *run, struct error *err)
{
    char text[VIEW_LOG_MAX + 1];
    bool cut = false;
    if (run->dir == NULL)
        return 0;
    CLEANUP(closep) int dir_fd = open(run->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir_fd < 0)
        return error_set_errno(err, ERROR_USAGE, errno, "cannot open %s", run->dir);
    /* Recordings may be without one. */
    CLEANUP(closep) int fd = openat(dir_fd, "service.log", O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT)
        return 0;
    if (fd < 0 || view_read_end(fd, text, sizeof(text), &cut) < 0)
        return error_set_errno(err, ERROR_USAGE, errno, "cannot read %s/service.log", run->dir);
    json_write_object(writer, "log");
    json_write_text(writer, "text", text);
    json_write_bool(writer, "cut", cut);
    json_write_close_object(writer);
    return 0;
}
