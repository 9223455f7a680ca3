#include "run/message.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void message_send(int fd, const char *line)
{
    /* One write a line: whoever reads gets whole lines or, when we die, none. */
    ssize_t written = write(fd, line, strlen(line));
    (void)written; /* nobody listens any more: the run goes on, its record tells all */
}

void message_send_progress(int fd, const struct run_progress *progress)
{
    char line[MESSAGE_LINE_MAX];
    snprintf(line, sizeof(line),
             "progress\t%s\t%s\t%u\t%u\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64
             "\t%" PRId64 "\t%" PRId64 "\n",
             progress->id, progress->phase, progress->cycle, progress->cycles_max,
             progress->requests, progress->requests_goal, progress->memory_bytes,
             progress->limit_bytes, progress->elapsed_ns, progress->budget_ns);
    message_send(fd, line);
}

void message_send_record(int fd, const char *id)
{
    char line[MESSAGE_LINE_MAX];
    snprintf(line, sizeof(line), "record\t%s\n", id);
    message_send(fd, line);
}

void message_reader_feed(struct message_reader *reader, const char *data, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (reader->length == sizeof(reader->pending)) {
            reader->length = 0;
            reader->skipping = true;
        }
        if (reader->skipping) {
            reader->skipping = data[i] != '\n';
            continue;
        }
        reader->pending[reader->length++] = data[i];
    }
}

/* An id becomes a folder's name: nothing but what run_spec.id is made of. */
static bool message_is_id(const char *id)
{
    if (*id == '\0' || *id == '.')
        return false;
    return strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-.") == strlen(id);
}

static bool message_parse(const char *line, struct message *ret)
{
    memset(ret, 0, sizeof(*ret));
    if (sscanf(line, "record\t%143[^\t\n]", ret->id) == 1) {
        ret->kind = MESSAGE_RECORD;
        return message_is_id(ret->id);
    }
    struct run_progress *progress = &ret->progress;
    ret->kind = MESSAGE_PROGRESS;
    int fields = sscanf(line,
                        "progress\t%143[^\t\n]\t%63[^\t\n]\t%u\t%u\t%" SCNu64 "\t%" SCNu64
                        "\t%" SCNu64 "\t%" SCNu64 "\t%" SCNd64 "\t%" SCNd64,
                        ret->id, ret->phase, &progress->cycle, &progress->cycles_max,
                        &progress->requests, &progress->requests_goal, &progress->memory_bytes,
                        &progress->limit_bytes, &progress->elapsed_ns, &progress->budget_ns);
    progress->id = ret->id;
    progress->phase = ret->phase;
    return fields == 10 && message_is_id(ret->id);
}

bool message_reader_next(struct message_reader *reader, struct message *ret)
{
    char *end = NULL;
    while ((end = memchr(reader->pending, '\n', reader->length)) != NULL) {
        *end = '\0';
        bool parsed = message_parse(reader->pending, ret);
        size_t taken = (size_t)(end - reader->pending) + 1;
        reader->length -= taken;
        memmove(reader->pending, reader->pending + taken, reader->length);
        if (parsed)
            return true;
    }
    return false;
}
