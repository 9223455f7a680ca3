#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_CHUNK_BYTES = 8192, ARENA_ALIGNMENT = _Alignof(max_align_t) };

struct arena_chunk {
    struct arena_chunk *next;
    size_t used;
    size_t size;
    _Alignas(max_align_t) char data[];
};

struct arena {
    struct arena_chunk *chunks; /* the one that is being filled comes first */
};

struct arena *arena_new(void)
{
    return calloc(1, sizeof(struct arena));
}

void arena_free(struct arena *arena)
{
    if (arena == NULL)
        return;

    struct arena_chunk *next = NULL;
    for (struct arena_chunk *chunk = arena->chunks; chunk != NULL; chunk = next) {
        next = chunk->next;
        free(chunk);
    }
    free(arena);
}

void arena_freep(struct arena **arena)
{
    arena_free(*arena);
}

/* A chunk with room for `size`. A large block gets a chunk of its own, behind the one that is
 * being filled, so that what is left of that is not lost. */
static struct arena_chunk *arena_add_chunk(struct arena *arena, size_t size)
{
    size_t room = size > ARENA_CHUNK_BYTES / 4 ? size : ARENA_CHUNK_BYTES;
    struct arena_chunk *chunk = calloc(1, sizeof(*chunk) + room);
    if (chunk == NULL)
        return NULL;

    chunk->size = room;
    if (room == size && arena->chunks != NULL) {
        chunk->next = arena->chunks->next;
        arena->chunks->next = chunk;
    } else {
        chunk->next = arena->chunks;
        arena->chunks = chunk;
    }
    return chunk;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    if (size > SIZE_MAX / 2)
        return NULL;
    size_t need = (size + ARENA_ALIGNMENT - 1) / ARENA_ALIGNMENT * ARENA_ALIGNMENT;
    if (need == 0)
        need = ARENA_ALIGNMENT;

    struct arena_chunk *chunk = arena->chunks;
    if (chunk == NULL || chunk->size - chunk->used < need)
        chunk = arena_add_chunk(arena, need);
    if (chunk == NULL)
        return NULL;
    void *block = chunk->data + chunk->used;
    chunk->used += need;
    return block;
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return text != NULL ? arena_strndup(arena, text, strlen(text)) : NULL;
}

char *arena_strndup(struct arena *arena, const char *text, size_t length)
{
    if (text == NULL)
        return NULL;

    size_t taken = strnlen(text, length);
    char *copy = arena_alloc(arena, taken + 1);
    if (copy != NULL)
        memcpy(copy, text, taken);
    return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0)
        return NULL;

    char *text = arena_alloc(arena, (size_t)length + 1);
    if (text == NULL)
        return NULL;
    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return text;
}
