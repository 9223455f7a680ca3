#include "serve/serve_events.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "base/units.h"
#include "base/utf8.h"
#include "serve/serve_links.h"

#define PART_BYTES       ((size_t)32 * 1024)
#define STREAM_MAX_BYTES ((size_t)256 * 1024)
#define BEAT_INTERVAL_NS (10 * NSEC_PER_SEC)
/* How often it is asked whether who writes is still alive. */
#define LIFE_INTERVAL_NS (NSEC_PER_SEC)
#define RETRY_MS         1000

struct serve_events {
    struct serve_results *results; /* borrowed */
    char *key;                     /* owned; of the run, as its result will have it */
    char owner[OWNER_NAME_MAX];    /* who writes the feed */
    int fd;                        /* the feed; -1: it is over already */
    off_t offset;                  /* of the feed: what is before has been read */
    char part[PART_BYTES + 1];     /* a line that is not whole yet, as much as is read of it */
    size_t part_length;
    bool skipping;        /* within a line that is too long */
    struct buffer stream; /* to go out */
    size_t sent;          /* of it */
    nsec_t beat_ns;       /* when something went out last */
    nsec_t life_ns;       /* when it is asked next whether somebody writes */
    bool over;            /* the end is in the stream */
};

static void events_put_end(struct serve_events *events, off_t at, const char *verdict,
                           const char *dir);

static struct serve_events *events_new(struct serve_results *results, const char *key)
{
    struct serve_events *events = calloc(1, sizeof(*events));
    if (events == NULL)
        return NULL;
    events->results = results;
    events->key = strdup(key);
    events->fd = -1;
    events->stream = BUFFER_INIT(STREAM_MAX_BYTES);
    events->beat_ns = clock_now_ns();
    if (events->key == NULL ||
        buffer_printf(&events->stream, NULL, "retry: %d\n\n", RETRY_MS) < 0) {
        serve_events_close(events);
        return NULL;
    }
    return events;
}

/* Go on behind the last event that was seen, if that can be. */
static void events_seek(struct serve_events *events, const char *after)
{
    uint64_t offset = 0;
    off_t end = lseek(events->fd, 0, SEEK_END);
    if (after != NULL && end > 0 && units_parse_count(after, 0, (uint64_t)end, &offset, NULL) == 0)
        events->offset = (off_t)offset;
}

/* The stream of what is over: its end alone. */
static int events_open_result(struct serve_results *results, const char *key,
                              struct serve_events **ret, struct error *err)
{
    struct serve_place place = {0};
    if (serve_results_find(results, key, &place, err) != 0)
        return 1;
    struct serve_events *events = events_new(results, place.key);
    serve_place_done(&place);
    if (events == NULL)
        return error_out_of_memory(err);
    events_put_end(events, events->offset, NULL, NULL);
    *ret = events;
    return 0;
}

int serve_events_open(struct serve_results *results, const char *key, const char *after,
                      struct serve_events **ret, struct error *err)
{
    struct serve_run run = {0};
    if (serve_results_find_run(results, key, &run) != 0)
        return events_open_result(results, key, ret, err);
    struct serve_events *events = events_new(results, run.key);
    if (events != NULL)
        events->fd = open(run.feed, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    int failure = errno;
    if (events != NULL)
        snprintf(events->owner, sizeof(events->owner), "%s", run.owner);
    serve_run_done(&run);
    if (events == NULL)
        return error_out_of_memory(err);
    if (events->fd < 0) { /* it ended just now */
        serve_events_close(events);
        return failure == ENOENT
                   ? events_open_result(results, key, ret, err)
                   : error_set_errno(err, ERROR_ENVIRONMENT, failure, "cannot read the feed");
    }
    events_seek(events, after);
    *ret = events;
    return 0;
}

void serve_events_close(struct serve_events *events)
{
    if (events == NULL)
        return;
    if (events->fd >= 0)
        close(events->fd);
    buffer_done(&events->stream);
    free(events->key);
    free(events);
}

/* Put an end into the stream, whose next line would be at `at`; what is not known is NULL. */
static void events_put_end(struct serve_events *events, off_t at, const char *verdict,
                           const char *dir)
{
    CLEANUP(buffer_done) struct buffer line = BUFFER_INIT(PART_BYTES);
    CLEANUP(buffer_done) struct buffer link = BUFFER_INIT(PART_BYTES);
    struct serve_place place = {0};
    struct json_writer writer;
    bool there = serve_results_find(events->results, events->key, &place, NULL) == 0 &&
                 serve_link_write(SERVE_REPORT, place.key, &link) == 0;
    events->over = true;
    json_writer_begin_line(&writer, &line);
    json_write_object(&writer, NULL);
    json_write_bool(&writer, "end", true);
    json_write_text(&writer, "verdict", verdict);
    json_write_text(&writer, "dir", dir != NULL ? dir : place.dir);
    json_write_text(&writer, "report", there ? buffer_text(&link) : NULL);
    json_write_close_object(&writer);
    if (json_writer_end(&writer, NULL) == 0)
        (void)buffer_printf(&events->stream, NULL, "id: %lld\ndata: %s\n", (long long)at,
                            buffer_text(&line));
    serve_place_done(&place);
}

/* Is it an end line? Then it is put, with what it says. */
static bool events_take_end(struct serve_events *events, off_t at, const char *line)
{
    static const char begin[] = "{\"end\":";
    CLEANUP(json_freep) struct json_document *document = NULL;
    struct json_place place;
    const char *verdict = NULL;
    const char *dir = NULL;
    if (strncmp(line, begin, strlen(begin)) != 0 ||
        json_load_text("feed", line, strlen(line), &document, NULL) < 0)
        return false;
    const struct json_place root = json_root(document);
    if (json_member(&root, "verdict", &place))
        (void)json_string(&place, &verdict, NULL);
    if (json_member(&root, "dir", &place))
        (void)json_string(&place, &dir, NULL);
    events_put_end(events, at, verdict, dir);
    return true;
}

/* Is it one line of text, and like an object? A carriage return would end a line of the stream. */
static bool events_is_fit(const char *line, size_t length)
{
    if (length < 2 || line[0] != '{' || line[length - 1] != '}' || strlen(line) != length)
        return false;
    while (*line != '\0') {
        size_t bytes = utf8_length(line);
        if (bytes == 0 || (unsigned char)*line < ' ')
            return false;
        line += bytes;
    }
    return true;
}

/* Take the whole lines out of what was read. */
static void events_take_lines(struct serve_events *events)
{
    char *line = events->part;
    char *end = NULL;
    off_t at = events->offset - (off_t)events->part_length;
    while (!events->over &&
           (end = memchr(line, '\n', events->part_length - (size_t)(line - events->part))) !=
               NULL) {
        *end = '\0';
        at += end + 1 - line;
        size_t length = (size_t)(end - line);
        if (!events->skipping && events_is_fit(line, length) && !events_take_end(events, at, line))
            (void)buffer_printf(&events->stream, NULL, "id: %lld\ndata: %s\n\n", (long long)at,
                                line);
        events->skipping = false;
        line = end + 1;
    }
    events->part_length -= (size_t)(line - events->part);
    memmove(events->part, line, events->part_length);
    if (events->part_length == PART_BYTES) {
        events->part_length = 0;
        events->skipping = true;
    }
}

/* Nobody writes any more: the file or its folder is gone, or its session is dead. */
static bool events_is_dead(struct serve_events *events)
{
    struct stat status;
    nsec_t now_ns = clock_now_ns();
    if (fstat(events->fd, &status) < 0 || status.st_nlink == 0 || status.st_size < events->offset)
        return true;
    if (now_ns < events->life_ns)
        return false;
    events->life_ns = now_ns + LIFE_INTERVAL_NS;
    return owner_is_dead(events->owner);
}

/* Take in what there is next; false: there is nothing. */
static bool events_fill(struct serve_events *events)
{
    bool dead = events->fd < 0 || events_is_dead(events); /* before the last read, not after */
    ssize_t length = pread(events->fd, events->part + events->part_length,
                           PART_BYTES - events->part_length, events->offset);
    if (length > 0) {
        events->offset += length;
        events->part_length += (size_t)length;
        events_take_lines(events);
        return true;
    }
    if (dead || (length < 0 && errno != EINTR && errno != EAGAIN))
        events_put_end(events, events->offset, NULL, NULL);
    return false;
}

ssize_t serve_events_read(struct serve_events *events, char *out, size_t size)
{
    nsec_t now_ns = clock_now_ns();
    if (events->sent == events->stream.length) {
        if (events->over)
            return -1;
        buffer_clear(&events->stream);
        events->sent = 0;
        while (events->stream.length == 0 && !events->over && events_fill(events))
            ;
        if (events->stream.length == 0 && now_ns - events->beat_ns >= BEAT_INTERVAL_NS)
            (void)buffer_append_text(&events->stream, ": beat\n\n", NULL);
    }
    size_t left = events->stream.length - events->sent;
    size_t length = left < size ? left : size;
    if (length == 0)
        return 0;
    memcpy(out, buffer_text(&events->stream) + events->sent, length);
    events->sent += length;
    events->beat_ns = now_ns;
    return (ssize_t)length;
}
