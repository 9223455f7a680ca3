#pragma once
/* Which files of a process have a malloc that may be the one in use, and where its functions are in
 * them: the program itself, the C library, an allocator that was preloaded. */
#include "instrument/malloc_calls.h"
#include "symbol/symbols.h"

#define MALLOC_FILE_FUNCTIONS_MAX 24
#define MALLOC_FILE_PATH_MAX      4200

struct malloc_place {
    enum malloc_function function;
    uint64_t offset; /* in the file */
};

struct malloc_file {
    char path[MALLOC_FILE_PATH_MAX]; /* as this process sees it, through /proc/PID/root */
    dev_t device;
    ino_t inode;
    enum malloc_kind kind;
    unsigned n; /* at least malloc and free */
    struct malloc_place places[MALLOC_FILE_FUNCTIONS_MAX];
};

/* Called for each; -1 stops and is passed on. */
typedef int (*malloc_file_function)(const struct malloc_file *file, void *context,
                                    struct error *err);

/* Each of the process `pid`. 1: the process is gone, or may not be looked at. */
int malloc_files_each(pid_t pid, struct symbols *symbols, malloc_file_function function,
                      void *context, struct error *err);
