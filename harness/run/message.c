#include "run/message.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/units.h"

/* The words of a progress line. */
#define PROGRESS_FIELDS 11

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

/* What is shown on a terminal holds nothing that a terminal obeys. */
static bool message_is_plain(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return false;
    return true;
}

/* A field as it is; false when it does not fit, for then it is another one. */
static bool message_copy(const char *field, char *text, size_t size)
{
    return (size_t)snprintf(text, size, "%s", field) < size;
}

static bool message_parse_progress(char *const *fields, struct message *ret)
{
    struct run_progress *progress = &ret->progress;
    uint64_t numbers[PROGRESS_FIELDS - 3];
    for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++)
        if (units_parse_count(fields[i + 3], 0, UINT64_MAX, &numbers[i], NULL) < 0)
            return false;
    *progress = (struct run_progress){
        .id = ret->id,
        .phase = ret->phase,
        .cycle = (unsigned)numbers[0],
        .cycles_max = (unsigned)numbers[1],
        .requests = numbers[2],
        .requests_goal = numbers[3],
        .memory_bytes = numbers[4],
        .limit_bytes = numbers[5],
        .elapsed_ns = (nsec_t)numbers[6],
        .budget_ns = (nsec_t)numbers[7],
    };
    return message_copy(fields[2], ret->phase, sizeof(ret->phase)) && message_is_plain(ret->phase);
}

static bool message_parse(char *line, struct message *ret)
{
    char *fields[PROGRESS_FIELDS + 1] = {NULL};
    size_t n = 0;
    for (char *field = NULL; n <= PROGRESS_FIELDS && (field = strsep(&line, "\t")) != NULL;)
        fields[n++] = field;
    if (n < 2 || !message_copy(fields[1], ret->id, sizeof(ret->id)) || !message_is_id(ret->id))
        return false;
    if (n == 2 && strcmp(fields[0], "record") == 0) {
        ret->kind = MESSAGE_RECORD;
        return true;
    }
    ret->kind = MESSAGE_PROGRESS;
    return n == PROGRESS_FIELDS && strcmp(fields[0], "progress") == 0 &&
           message_parse_progress(fields, ret);
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
