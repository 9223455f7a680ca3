#pragma once
/* An arena: many small allocations that are released together. */
#include <stddef.h>

struct arena;

/* NULL when out of memory. */
struct arena *arena_new(void);
void arena_free(struct arena *arena);   /* NULL is fine */
void arena_freep(struct arena **arena); /* for CLEANUP */

/* Zeroed, aligned for any type; NULL when out of memory. Valid until arena_free(). */
void *arena_alloc(struct arena *arena, size_t size);

/* Copies of text. A NULL text gives NULL; strndup takes at most `length` bytes. */
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t length);
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
