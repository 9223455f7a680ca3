#include "run/message.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/units.h"

/* A number that is told, and where it lies in struct run_progress. Signed ones are told as their
 * bits. */
struct message_number {
    size_t offset;
    size_t size;
};

#define NUMBER(member)                                                                       \
    {                                                                                        \
        offsetof(struct run_progress, member), sizeof(((struct run_progress *)NULL)->member) \
    }

static const struct message_number message_numbers[] = {
    NUMBER(cycle),
    NUMBER(cycles_max),
    NUMBER(requests),
    NUMBER(requests_goal),
    NUMBER(memory_bytes),
    NUMBER(limit_bytes),
    NUMBER(elapsed_ns),
    NUMBER(budget_ns),
    NUMBER(cycles_min),
    NUMBER(starts),
    NUMBER(oom_kills),
    NUMBER(threads),
    NUMBER(descriptors),
    NUMBER(load.t_ns),
    NUMBER(load.counts.started),
    NUMBER(load.counts.ok),
    NUMBER(load.counts.other_status),
    NUMBER(load.counts.refused),
    NUMBER(load.counts.reset),
    NUMBER(load.counts.timed_out),
    NUMBER(load.counts.failed),
    NUMBER(load.in_flight),
    NUMBER(load.latency_p50_ns),
    NUMBER(load.latency_p99_ns),
    NUMBER(floor.index),
    NUMBER(floor.kind),
    NUMBER(floor.start),
    NUMBER(floor.t_ns),
    NUMBER(floor.requests),
    NUMBER(floor.bytes),
    NUMBER(memory.t_ns),
    NUMBER(highest_bytes),
};

/* Behind them, each a number or "-". */
static const enum memory_field message_fields[] = {
#define X(name) MEMORY_##name,
    RUN_PROGRESS_FIELDS(X)
#undef X
};

/* Where the floor's numbers are: all of them "-" when there is none yet. */
#define FLOOR_FIRST 24
#define FLOOR_LAST  29

/* The words of a progress line. */
#define PROGRESS_FIELDS (3 + ARRAY_LENGTH(message_numbers) + ARRAY_LENGTH(message_fields))

static uint64_t message_get(const struct run_progress *progress, const struct message_number *what)
{
    uint64_t wide = 0;
    uint32_t narrow = 0;
    const char *from = (const char *)progress + what->offset;
    if (what->size == sizeof(wide)) {
        memcpy(&wide, from, sizeof(wide));
        return wide;
    }
    memcpy(&narrow, from, sizeof(narrow));
    return narrow;
}

/* False: it does not fit. */
static bool message_set(struct run_progress *progress, const struct message_number *what,
                        uint64_t value)
{
    uint32_t narrow = (uint32_t)value;
    char *to = (char *)progress + what->offset;
    if (what->size == sizeof(value)) {
        memcpy(to, &value, sizeof(value));
        return true;
    }
    memcpy(to, &narrow, sizeof(narrow));
    return narrow == value;
}

static void message_send(int fd, const char *line)
{
    /* One write a line: whoever reads gets whole lines or, when we die, none. */
    ssize_t written = write(fd, line, strlen(line));
    (void)written; /* nobody listens any more: the run goes on, its record tells all */
}

void message_send_progress(int fd, const struct run_progress *progress)
{
    CLEANUP(buffer_done) struct buffer line = BUFFER_INIT(MESSAGE_LINE_MAX);
    (void)buffer_printf(&line, NULL, "progress\t%s\t%s", progress->id, progress->phase);
    for (size_t i = 0; i < ARRAY_LENGTH(message_numbers); i++)
        if (i < FLOOR_FIRST || i > FLOOR_LAST || progress->floor.present)
            (void)buffer_printf(&line, NULL, "\t%" PRIu64,
                                message_get(progress, &message_numbers[i]));
        else
            (void)buffer_append_text(&line, "\t-", NULL);
    for (size_t i = 0; i < ARRAY_LENGTH(message_fields); i++)
        if (memory_sample_has(&progress->memory, message_fields[i]))
            (void)buffer_printf(&line, NULL, "\t%" PRIu64,
                                progress->memory.value[message_fields[i]]);
        else
            (void)buffer_append_text(&line, "\t-", NULL);
    if (buffer_append_text(&line, "\n", NULL) == 0)
        message_send(fd, buffer_text(&line));
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

/* A number into *ret, or absent. False: neither. */
static bool message_parse_number(const char *field, bool *ret_present, uint64_t *ret)
{
    *ret_present = strcmp(field, "-") != 0;
    return !*ret_present || units_parse_count(field, 0, UINT64_MAX, ret, NULL) == 0;
}

static bool message_parse_progress(char *const *fields, struct message *ret)
{
    struct run_progress *progress = &ret->progress;
    *progress = (struct run_progress){.id = ret->id, .phase = ret->phase};
    if (!message_copy(fields[2], ret->phase, sizeof(ret->phase)) || !message_is_plain(ret->phase))
        return false;
    for (size_t i = 0; i < ARRAY_LENGTH(message_numbers); i++) {
        uint64_t value = 0;
        bool present = false;
        bool of_floor = i >= FLOOR_FIRST && i <= FLOOR_LAST;
        if (!message_parse_number(fields[3 + i], &present, &value) || (!present && !of_floor) ||
            !message_set(progress, &message_numbers[i], value))
            return false;
        if (of_floor)
            progress->floor.present = present;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(message_fields); i++) {
        uint64_t value = 0;
        bool present = false;
        if (!message_parse_number(fields[3 + ARRAY_LENGTH(message_numbers) + i], &present, &value))
            return false;
        if (present)
            memory_sample_set(&progress->memory, message_fields[i], value);
    }
    return (unsigned)progress->floor.kind < (unsigned)CYCLE_KIND_MAX_;
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
