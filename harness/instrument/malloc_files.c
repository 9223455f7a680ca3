#include "instrument/malloc_files.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "symbol/process_maps.h"

#define ROOT_ROOM 64

/* By name, what to put a probe on. What gives back comes first: a block whose taking was seen must
 * not be missed when it goes. reallocarray calls realloc; operator new calls malloc but in
 * allocators that bring their own. */
static const struct {
    enum malloc_function function;
    const char *name;
} malloc_names[] = {
    {MALLOC_CALL_FREE, "free"},
    {MALLOC_CALL_FREE, "_ZdlPv"},
    {MALLOC_CALL_FREE, "_ZdaPv"},
    {MALLOC_CALL_FREE, "_ZdlPvm"},
    {MALLOC_CALL_FREE, "_ZdaPvm"},
    {MALLOC_CALL_FREE, "_ZdlPvSt11align_val_t"},
    {MALLOC_CALL_FREE, "_ZdlPvmSt11align_val_t"},
    {MALLOC_CALL_MALLOC, "malloc"},
    {MALLOC_CALL_CALLOC, "calloc"},
    {MALLOC_CALL_REALLOC, "realloc"},
    {MALLOC_CALL_ALIGNED, "memalign"},
    {MALLOC_CALL_ALIGNED, "aligned_alloc"},
    {MALLOC_CALL_POSIX, "posix_memalign"},
    {MALLOC_CALL_MALLOC, "valloc"},
    {MALLOC_CALL_MALLOC, "pvalloc"},
    {MALLOC_CALL_MALLOC, "_Znwm"},
    {MALLOC_CALL_MALLOC, "_Znam"},
    {MALLOC_CALL_MALLOC, "_ZnwmRKSt9nothrow_t"},
    {MALLOC_CALL_MALLOC, "_ZnamRKSt9nothrow_t"},
};

static bool files_is_library(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    return strncmp(name, "libc.so", strlen("libc.so")) == 0 ||
           strncmp(name, "libc-2.", strlen("libc-2.")) == 0 || malloc_is_other(path);
}

static void files_add_place(struct malloc_file *file, enum malloc_function function,
                            uint64_t offset)
{
    /* Two names of one function are one. */
    for (unsigned i = 0; i < file->n; i++)
        if (file->places[i].offset == offset)
            return;
    file->places[file->n++] = (struct malloc_place){.function = function, .offset = offset};
}

/* Its functions; false: it has no malloc. */
static bool files_look(struct symbols *symbols, uint32_t number, struct malloc_file *file)
{
    uint64_t offset = 0;
    if (!symbols_find_function(symbols, number, "malloc", &offset) ||
        !symbols_find_function(symbols, number, "free", &offset))
        return false;
    for (size_t i = 0; i < ARRAY_LENGTH(malloc_names); i++)
        if (symbols_find_function(symbols, number, malloc_names[i].name, &offset))
            files_add_place(file, malloc_names[i].function, offset);
    /* No other library has this name, dynamic or in a static program. */
    file->kind = symbols_find_function(symbols, number, "__libc_pvalloc", &offset) ? MALLOC_GLIBC
                                                                                   : MALLOC_OTHER;
    return true;
}

_Static_assert(ARRAY_LENGTH(malloc_names) <= MALLOC_FILE_FUNCTIONS_MAX, "room for all");

static bool files_seen_before(const struct process_maps *maps, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (maps->mappings[i].file == maps->mappings[at].file)
            return true;
    return false;
}

int malloc_files_each(pid_t pid, struct symbols *symbols, malloc_file_function function,
                      void *context, struct error *err)
{
    char link[ROOT_ROOM];
    char program[PATH_MAX] = "";
    CLEANUP(process_maps_done) struct process_maps maps = {.n = 0};
    CLEANUP(freep) struct malloc_file *file = calloc(1, sizeof(*file));
    if (file == NULL)
        return error_out_of_memory(err);
    snprintf(link, sizeof(link), "/proc/%d/exe", pid);
    if (readlink(link, program, sizeof(program) - 1) < 0)
        return 1;
    int status = process_maps_read(&maps, pid, symbols, err);
    for (size_t i = 0; status == 0 && i < maps.n; i++) {
        struct stat stat_of;
        uint32_t number = maps.mappings[i].file;
        const char *path = number != 0 ? symbols_file(symbols, number)->path : "";
        if (path[0] != '/' || (strcmp(path, program) != 0 && !files_is_library(path)) ||
            files_seen_before(&maps, i))
            continue;
        *file = (struct malloc_file){.n = 0};
        int length = snprintf(file->path, sizeof(file->path), "/proc/%d/root%s", pid, path);
        if (length < 0 || (size_t)length >= sizeof(file->path) || stat(file->path, &stat_of) < 0 ||
            !files_look(symbols, number, file))
            continue;
        file->device = stat_of.st_dev;
        file->inode = stat_of.st_ino;
        status = function(file, context, err);
    }
    return status;
}
