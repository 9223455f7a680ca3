#include "instrument/heaptrack_stream.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define FORMAT_VERSION 3
#define TRACES_FIRST   4096
#define PATH_BYTES_MAX 4096
#define SEGMENTS_MAX   64
#define OWNER_UNKNOWN  0

int heaptrack_stream_new(struct heaptrack_stream **ret, struct error *err)
{
    struct heaptrack_stream *stream = calloc(1, sizeof(*stream));
    if (stream == NULL)
        return error_out_of_memory(err);
    heap_blocks_init(&stream->blocks);
    stream->modules = calloc(HEAPTRACK_MODULES_MAX, sizeof(*stream->modules));
    stream->ranges = calloc(HEAPTRACK_RANGES_MAX, sizeof(*stream->ranges));
    stream->traces = calloc(TRACES_FIRST, sizeof(*stream->traces));
    stream->capacity_traces = TRACES_FIRST;
    stream->n_traces = 1;
    if (stream->modules == NULL || stream->ranges == NULL || stream->traces == NULL) {
        heaptrack_stream_free(stream);
        return error_out_of_memory(err);
    }
    *ret = stream;
    return 0;
}

void heaptrack_stream_free(struct heaptrack_stream *stream)
{
    if (stream == NULL)
        return;
    for (size_t i = 0; stream->modules != NULL && i < stream->n_modules; i++)
        free(stream->modules[i]);
    free(stream->modules);
    free(stream->ranges);
    free(stream->traces);
    free(stream->program);
    heap_blocks_done(&stream->blocks);
    free(stream);
}

/* What is left of a line, read from its start. */
struct heaptrack_words {
    const char *at;
    const char *end;
};

/* A blank and a number in hexadecimal. */
static bool words_number(struct heaptrack_words *words, uint64_t *ret)
{
    uint64_t value = 0;
    const char *at = words->at;
    if (at == words->end || *at != ' ')
        return false;
    const char *digits = ++at;
    for (; at < words->end && *at != ' '; at++) {
        unsigned digit = *at >= '0' && *at <= '9'   ? (unsigned)(*at - '0')
                         : *at >= 'a' && *at <= 'f' ? (unsigned)(*at - 'a') + 10
                                                    : 16;
        if (digit == 16 || at - digits >= 16)
            return false;
        value = value << 4 | digit;
    }
    if (at == digits)
        return false;
    words->at = at;
    *ret = value;
    return true;
}

/* A blank and a text, whose length is before it. */
static bool words_text(struct heaptrack_words *words, const char **ret, size_t *ret_length)
{
    uint64_t length = 0;
    if (!words_number(words, &length) || words->at == words->end || *words->at != ' ' ||
        length == 0 || length > PATH_BYTES_MAX || length > (uint64_t)(words->end - words->at) - 1)
        return false;
    *ret = words->at + 1;
    *ret_length = (size_t)length;
    words->at += 1 + length;
    return memchr(*ret, '\0', *ret_length) == NULL;
}

static int stream_wrong(const struct heaptrack_stream *stream, struct error *err, const char *what)
{
    return error_set(err, ERROR_SERVICE, "heaptrack's stream, line %" PRIu64 ": found %s",
                     stream->n_lines, what);
}

static int stream_version(struct heaptrack_stream *stream, struct heaptrack_words *words,
                          struct error *err)
{
    uint64_t heaptrack = 0;
    uint64_t format = 0;
    if (!words_number(words, &heaptrack) || !words_number(words, &format))
        return stream_wrong(stream, err, "no version");
    if (format != FORMAT_VERSION)
        return error_set(err, ERROR_ENVIRONMENT,
                         "found version %" PRIu64 " of heaptrack's format, expected %d: heaptrack "
                         "1.2 to 1.5 write it",
                         format, FORMAT_VERSION);
    stream->has_version = true;
    return 0;
}

static int stream_program(struct heaptrack_stream *stream, struct heaptrack_words *words,
                          struct error *err)
{
    const char *path = NULL;
    size_t length = 0;
    if (stream->program != NULL || !words_text(words, &path, &length))
        return stream_wrong(stream, err, "no path of a program, or a second one");
    stream->program = strndup(path, length);
    return stream->program != NULL ? 0 : error_out_of_memory(err);
}

/* The number of a module, by its path. */
static int stream_module_number(struct heaptrack_stream *stream, const char *path, size_t length,
                                uint32_t *ret, struct error *err)
{
    for (size_t i = 0; i < stream->n_modules; i++) {
        if (strncmp(stream->modules[i], path, length) == 0 && stream->modules[i][length] == '\0') {
            *ret = (uint32_t)i;
            return 0;
        }
    }
    if (stream->n_modules == HEAPTRACK_MODULES_MAX)
        return stream_wrong(stream, err, "more than 4,096 different modules");
    char *copy = strndup(path, length);
    if (copy == NULL)
        return error_out_of_memory(err);
    if (malloc_is_other(copy))
        stream->malloc_kind = MALLOC_OTHER;
    *ret = (uint32_t)stream->n_modules;
    stream->modules[stream->n_modules++] = copy;
    return 0;
}

/* "m LENGTH PATH BASE [ADDRESS SIZE]…": a module that is loaded; the path "-": none is any more,
 * and those that are will be told; "x": the program. */
static int stream_module(struct heaptrack_stream *stream, struct heaptrack_words *words,
                         struct error *err)
{
    const char *path = NULL;
    size_t length = 0;
    uint64_t base = 0;
    uint32_t module = 0;
    if (!words_text(words, &path, &length))
        return stream_wrong(stream, err, "a module without a path");
    if (length == 1 && *path == '-') {
        stream->n_ranges = 0;
        stream->last_range = 0;
        return 0;
    }
    if (length == 1 && *path == 'x' && stream->program != NULL) {
        path = stream->program;
        length = strlen(path);
    }
    if (!words_number(words, &base))
        return stream_wrong(stream, err, "a module without an address");
    if (stream_module_number(stream, path, length, &module, err) < 0)
        return -1;
    for (unsigned i = 0; words->at < words->end; i++) {
        uint64_t address = 0;
        uint64_t size = 0;
        if (!words_number(words, &address) || !words_number(words, &size) || i == SEGMENTS_MAX)
            return stream_wrong(stream, err, "a module with a wrong segment");
        if (stream->n_ranges == HEAPTRACK_RANGES_MAX)
            return stream_wrong(stream, err, "more than 16,384 segments of modules");
        uint64_t start = base + address; /* may go round, as a base below 0 does */
        stream->ranges[stream->n_ranges++] = (struct heaptrack_range){
            .start = start, .end = start + size, .base = base, .module = module};
    }
    return 0;
}

static const struct heaptrack_range *stream_find(struct heaptrack_stream *stream, uint64_t ip)
{
    for (size_t i = 0; i < stream->n_ranges; i++) {
        size_t at = (stream->last_range + i) % stream->n_ranges;
        const struct heaptrack_range *range = &stream->ranges[at];
        if (ip < range->start || ip >= range->end)
            continue;
        stream->last_range = at;
        return range;
    }
    return NULL;
}

static int stream_grow(struct heaptrack_stream *stream, struct error *err)
{
    size_t capacity = stream->capacity_traces * 2;
    struct heaptrack_trace *traces = realloc(stream->traces, capacity * sizeof(*traces));
    if (traces == NULL)
        return error_out_of_memory(err);
    stream->traces = traces;
    stream->capacity_traces = capacity;
    return 0;
}

/* "t IP PARENT": the next trace. */
static int stream_trace(struct heaptrack_stream *stream, struct heaptrack_words *words,
                        struct error *err)
{
    uint64_t ip = 0;
    uint64_t parent = 0;
    uint64_t next = stream->n_traces + stream->lost_traces;
    if (!words_number(words, &ip) || !words_number(words, &parent))
        return stream_wrong(stream, err, "a trace without an address or a parent");
    if (parent >= next)
        return error_set(err, ERROR_SERVICE,
                         "heaptrack's stream, line %" PRIu64 ": found trace %" PRIu64
                         " with parent %" PRIu64 ", expected one of those before it",
                         stream->n_lines, next, parent);
    if (stream->n_traces == HEAPTRACK_TRACES_MAX) {
        stream->lost_traces++;
        return 0;
    }
    if (stream->n_traces == stream->capacity_traces && stream_grow(stream, err) < 0)
        return -1;
    const struct heaptrack_range *range = stream_find(stream, ip);
    stream->traces[stream->n_traces++] = (struct heaptrack_trace){
        .address = range != NULL ? ip - range->base : ip,
        .module = range != NULL ? range->module + 1 : 0,
        .parent = (uint32_t)parent,
    };
    return 0;
}

/* "+ SIZE TRACE ADDRESS". */
static int stream_take(struct heaptrack_stream *stream, struct heaptrack_words *words,
                       struct error *err)
{
    uint64_t size = 0;
    uint64_t trace = 0;
    uint64_t address = 0;
    uint64_t n = stream->n_traces + stream->lost_traces;
    if (!words_number(words, &size) || !words_number(words, &trace) ||
        !words_number(words, &address))
        return stream_wrong(stream, err, "a block without a size, a trace or an address");
    if (trace >= n)
        return error_set(err, ERROR_SERVICE,
                         "heaptrack's stream, line %" PRIu64 ": found a block of trace %" PRIu64
                         ", expected one below %" PRIu64,
                         stream->n_lines, trace, n);
    const struct heap_block block = {
        .address = address,
        .bytes = malloc_size(stream->malloc_kind, address, size),
        .owner = trace < stream->n_traces ? (uint32_t)trace : OWNER_UNKNOWN,
    };
    return heap_blocks_take(&stream->blocks, 0, &block, err);
}

/* "- ADDRESS"; of one that was never told of: it was taken before. */
static int stream_release(struct heaptrack_stream *stream, struct heaptrack_words *words,
                          struct error *err)
{
    uint64_t address = 0;
    if (!words_number(words, &address))
        return stream_wrong(stream, err, "a block given back without an address");
    (void)heap_blocks_release(&stream->blocks, 0, address);
    return 0;
}

static int stream_line(struct heaptrack_stream *stream, struct error *err)
{
    struct heaptrack_words words = {.at = stream->line + 1, .end = stream->line + stream->length};
    char kind = stream->length > 0 ? stream->line[0] : '\0';
    stream->n_lines++;
    if (!stream->has_version && kind != 'v')
        return stream_wrong(stream, err, "no version in the first line");
    if (stream->in_command && kind != 'I')
        return 0;
    stream->in_command = false;
    switch (kind) {
    case '+':
        return stream_take(stream, &words, err);
    case '-':
        return stream_release(stream, &words, err);
    case 't':
        return stream_trace(stream, &words, err);
    case 'm':
        return stream_module(stream, &words, err);
    case 'v':
        return stream_version(stream, &words, err);
    case 'x':
        return stream_program(stream, &words, err);
    case 'X':
        stream->in_command = true;
        return 0;
    case 'c': /* the time, what is resident, suppressions of leaks, comments: of no use here */
    case 'R':
    case 'I':
    case 'S':
    case 'A':
    case '#':
        return 0;
    default:
        return stream_wrong(stream, err, "a line of no kind that there is");
    }
}

static int stream_piece(struct heaptrack_stream *stream, const char *bytes, size_t length,
                        struct error *err)
{
    if (length > sizeof(stream->line) - stream->length) {
        stream->n_lines++;
        return stream_wrong(stream, err, "a line of more than 16 KiB");
    }
    memcpy(stream->line + stream->length, bytes, length);
    stream->length += length;
    return 0;
}

int heaptrack_stream_feed(struct heaptrack_stream *stream, const char *bytes, size_t length,
                          struct error *err)
{
    while (length > 0 && !stream->has_failed) {
        const char *newline = memchr(bytes, '\n', length);
        size_t piece = newline != NULL ? (size_t)(newline - bytes) : length;
        int status = stream_piece(stream, bytes, piece, &stream->failed);
        if (status == 0 && newline != NULL) {
            status = stream_line(stream, &stream->failed);
            stream->length = 0;
            piece++;
        }
        stream->has_failed = status < 0; /* for good */
        bytes += piece;
        length -= piece;
    }
    if (!stream->has_failed)
        return 0;
    if (err != NULL)
        *err = stream->failed;
    return -1;
}
