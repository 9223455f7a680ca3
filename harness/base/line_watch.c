#include "base/line_watch.h"

#include <fcntl.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

struct line_watch {
    char *path; /* owned */
    int fd;     /* -1: not there yet */
    off_t offset;
    regex_t regex;
    bool has_regex;
    bool matched;
    bool within; /* text[0] is not the beginning of its line */
    unsigned long lines;
    size_t length;
    char text[LINE_WATCH_WINDOW_BYTES + 1]; /* of the line that is not ended yet */
};

static int line_watch_compile(const char *pattern, regex_t *ret, struct error *err)
{
    char why[256];
    int status = regcomp(ret, pattern, REG_EXTENDED | REG_NOSUB);
    if (status == 0)
        return 0;
    regerror(status, ret, why, sizeof(why));
    return error_set(err, ERROR_USAGE,
                     "found \"%.200s\" (%s), expected a POSIX extended regular expression", pattern,
                     why);
}

int line_watch_check(const char *pattern, struct error *err)
{
    regex_t regex;
    if (line_watch_compile(pattern, &regex, err) < 0)
        return -1;
    regfree(&regex);
    return 0;
}

/* Open it when it is there; from the beginning, unless it is there from the beginning. */
static void line_watch_open(struct line_watch *watch)
{
    if (watch->fd < 0)
        watch->fd = open(watch->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

int line_watch_new(const char *path, const char *pattern, struct line_watch **ret,
                   struct error *err)
{
    struct stat status;
    struct line_watch *watch = calloc(1, sizeof(*watch));
    if (watch == NULL)
        return error_out_of_memory(err);
    watch->fd = -1;
    watch->path = strdup(path);
    if (watch->path == NULL) {
        line_watch_free(watch);
        return error_out_of_memory(err);
    }
    if (line_watch_compile(pattern, &watch->regex, err) < 0) {
        line_watch_free(watch);
        return -1;
    }
    watch->has_regex = true;
    line_watch_open(watch);
    if (watch->fd >= 0 && fstat(watch->fd, &status) == 0)
        watch->offset = status.st_size;
    *ret = watch;
    return 0;
}

void line_watch_free(struct line_watch *watch)
{
    if (watch == NULL)
        return;
    if (watch->has_regex)
        regfree(&watch->regex);
    closep(&watch->fd);
    free(watch->path);
    free(watch);
}

unsigned long line_watch_lines(const struct line_watch *watch)
{
    return watch->lines;
}

/* Does text[0, length) match? It may be a stretch of a line. */
static void line_watch_try(struct line_watch *watch, size_t length, bool is_end)
{
    char saved = watch->text[length];
    watch->text[length] = '\0';
    int flags = (watch->within ? REG_NOTBOL : 0) | (is_end ? 0 : REG_NOTEOL);
    watch->matched = watch->matched || regexec(&watch->regex, watch->text, 0, NULL, flags) == 0;
    watch->text[length] = saved;
}

static void line_watch_drop(struct line_watch *watch, size_t bytes)
{
    watch->length -= bytes;
    memmove(watch->text, watch->text + bytes, watch->length);
}

/* Look at the whole lines there are, and at a stretch that fills the window. */
static void line_watch_scan(struct line_watch *watch)
{
    const char *newline = NULL;
    while ((newline = memchr(watch->text, '\n', watch->length)) != NULL) {
        size_t length = (size_t)(newline - watch->text);
        size_t ending = length > 0 && newline[-1] == '\r' ? 1 : 0;
        line_watch_try(watch, length - ending, true);
        line_watch_drop(watch, length + 1);
        watch->within = false;
        watch->lines++;
    }
    if (watch->length < LINE_WATCH_WINDOW_BYTES)
        return;
    line_watch_try(watch, watch->length, false);
    line_watch_drop(watch, LINE_WATCH_WINDOW_BYTES / 2);
    watch->within = true;
}

bool line_watch_look(struct line_watch *watch)
{
    bool added = false;
    line_watch_open(watch);
    while (watch->fd >= 0 && !watch->matched) {
        char *end = watch->text + watch->length;
        ssize_t length =
            pread(watch->fd, end, LINE_WATCH_WINDOW_BYTES - watch->length, watch->offset);
        if (length <= 0)
            break;
        for (ssize_t i = 0; i < length; i++)
            if (end[i] == '\0')
                end[i] = '?';
        watch->offset += length;
        watch->length += (size_t)length;
        added = true;
        line_watch_scan(watch);
    }
    if (!added && watch->length > 0 && !watch->matched)
        line_watch_try(watch, watch->length, true);
    return watch->matched;
}
