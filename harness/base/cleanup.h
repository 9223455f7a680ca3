#pragma once
/* Ownership that the compiler watches over.
 *
 * CLEANUP(f) runs f(&variable) when the variable leaves its scope, so a failing function simply
 * returns. take_ptr() and take_fd() hand ownership on: they empty the variable and return what it
 * held, so that nothing is released twice. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CLEANUP(function) __attribute__((cleanup(function)))

#define ARRAY_LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* What *pointer held; *pointer is NULL afterwards. */
#define take_ptr(pointer)                           \
    __extension__({                                 \
        __typeof__(*(pointer)) taken_ = *(pointer); \
        *(pointer) = NULL;                          \
        taken_;                                     \
    })

/* The descriptor *fd held; *fd is -1 afterwards. */
static inline int take_fd(int *fd)
{
    int taken = *fd;
    *fd = -1;
    return taken;
}

/* For CLEANUP on any malloc'd pointer. */
static inline void freep(void *pointer)
{
    free(*(void **)pointer);
}

/* For CLEANUP on a descriptor; -1 means none. */
static inline void closep(const int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

/* For CLEANUP on a stdio stream; NULL means none. */
static inline void fclosep(FILE **stream)
{
    if (*stream != NULL)
        fclose(*stream);
}
