/* leak_service: a leak of a known size, in the noise of ordinary work.
 *
 * For `make bench BENCH=sensitivity`: what is the smallest leak that a run finds? Every request
 * allocates what a handler does (a few large buffers, many short strings, a list that is grown by
 * realloc), in sizes that differ from request to request, and frees all of it, not in the order it
 * came. Then it keeps LEAK_BYTES bytes, written to, in blocks that fill a
 * page each: no byte more than was asked for, but for the 16 bytes in 4,096 that a block's own link
 * and malloc need.
 *
 * LEAK_BYTES comes from the environment: 0 (nothing is kept) to 4,096. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/service.h"

enum { LEAK_MAX_BYTES = 4096, BLOCK_BYTES = 4080, ROOM_BYTES = BLOCK_BYTES - sizeof(void *) };
enum { STRINGS_MIN = 8, STRINGS_MORE = 32, BUFFERS = 3, LIST_STEPS = 6 };

struct block {
    struct block *next;
    char bytes[ROOM_BYTES];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct block *blocks;
static size_t room_bytes; /* not yet used, of the newest block */
static size_t leak_bytes;
static uint64_t requests;
static bool varied;

static int init(const char *variant)
{
    const char *text = getenv("LEAK_BYTES");
    char *end = NULL;

    varied = strcmp(variant, "varied") == 0;
    errno = 0;
    leak_bytes = text ? strtoul(text, &end, 10) : 0;
    if (text && (errno != 0 || end == text || *end != '\0' || leak_bytes > LEAK_MAX_BYTES)) {
        fprintf(stderr, "leak_service: LEAK_BYTES is \"%s\", expected 0 to %d\n", text,
                LEAK_MAX_BYTES);
        return -1;
    }
    return 0;
}

/* The same numbers for the same request, whatever thread it is served by. */
static uint32_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(*state >> 33);
}

/* Mostly short, now and then long: 16 bytes to 2 KiB. */
static size_t string_bytes(uint64_t *state)
{
    uint32_t scale = next_random(state) % 9;

    return (size_t)16 + next_random(state) % (16U << (scale > 1 ? scale - 1 : 0));
}

static char *filled(size_t bytes)
{
    char *text = malloc(bytes);

    if (text)
        memset(text, 't', bytes);
    return text;
}

/* Returns how many bytes were in use at most. */
static size_t work_and_forget(uint64_t state)
{
    char *strings[STRINGS_MIN + STRINGS_MORE], *buffers[BUFFERS], *list = NULL;
    size_t n = STRINGS_MIN + next_random(&state) % STRINGS_MORE, used = 0;

    for (size_t i = 0; i < BUFFERS; i++) {
        buffers[i] = filled((size_t)4096 << i);
        used += (size_t)4096 << i;
    }
    for (size_t i = 0; i < n; i++) {
        size_t bytes = string_bytes(&state);

        strings[i] = filled(bytes);
        used += bytes;
    }
    for (size_t i = 0; i < LIST_STEPS; i++) {
        size_t bytes = (size_t)256 << i;
        char *longer = realloc(list, bytes);

        if (!longer)
            break;
        list = longer;
        memset(list + bytes / 2, 'l', bytes - bytes / 2);
        used += bytes / 2;
    }
    for (size_t i = 0; i < n; i += 2)
        free(strings[i]);
    free(list);
    for (size_t i = 1; i < n; i += 2)
        free(strings[i]);
    for (size_t i = 0; i < BUFFERS; i++)
        free(buffers[i]);
    return used;
}

/* The leak: `bytes` of the newest block and, when it is full, of another one. */
static int keep(size_t bytes)
{
    while (bytes > 0) {
        size_t piece;

        if (room_bytes == 0) {
            struct block *block = malloc(sizeof *block);

            if (!block)
                return -1;
            block->next = blocks;
            blocks = block;
            room_bytes = ROOM_BYTES;
        }
        piece = bytes < room_bytes ? bytes : room_bytes;
        memset(blocks->bytes + ROOM_BYTES - room_bytes, 'k', piece);
        room_bytes -= piece;
        bytes -= piece;
    }
    return 0;
}

static void work(const struct request *request, struct response *response)
{
    uint64_t number;
    int failed;

    (void)request;
    pthread_mutex_lock(&lock);
    number = varied ? ++requests : 1;
    failed = keep(leak_bytes);
    pthread_mutex_unlock(&lock);
    response_printf(response, "{\"used_bytes\":%zu,\"kept_bytes\":%zu}\n", work_and_forget(number),
                    leak_bytes);
    if (failed)
        response_fail(response, 503, "out of memory");
}

static const struct service service = {
    .name = "leak_service",
    .truths = {{"default", "leak", "heap", "/work", 1, LEAK_MAX_BYTES},
               {"varied", "leak", "heap", "/work", 1, LEAK_MAX_BYTES}},
    .routes = {{"GET", "/work", work}},
    .init = init,
};

int main(int argc, char **argv)
{
    return service_main(&service, argc, argv);
}
