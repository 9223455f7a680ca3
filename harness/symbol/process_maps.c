#include "symbol/process_maps.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/file.h"

#define PROCESS_MAPS_MAX_BYTES ((size_t)64 << 20)
#define DELETED                " (deleted)"

void process_maps_done(struct process_maps *maps)
{
    free(maps->mappings);
    *maps = (struct process_maps){.mappings = NULL};
}

static int process_maps_add(struct process_maps *maps, const struct code_mapping *mapping,
                            struct error *err)
{
    if (maps->n == maps->capacity) {
        size_t capacity = maps->capacity == 0 ? 16 : maps->capacity * 2;
        struct code_mapping *grown = realloc(maps->mappings, capacity * sizeof(*grown));
        if (grown == NULL)
            return error_out_of_memory(err);
        maps->mappings = grown;
        maps->capacity = capacity;
    }
    maps->mappings[maps->n++] = *mapping;
    return 0;
}

/* The path as the process knows it: the kernel writes a new line as "\012", and says behind it that
 * the file was deleted. */
static void process_maps_clean_path(char *path)
{
    size_t length = strlen(path);
    size_t mark = strlen(DELETED);
    if (length > mark && strcmp(path + length - mark, DELETED) == 0)
        path[length - mark] = '\0';
    char *to = path;
    for (const char *from = path; *from != '\0'; to++) {
        bool is_newline = strncmp(from, "\\012", 4) == 0;
        *to = is_newline ? '\n' : *from;
        from += is_newline ? 4 : 1;
    }
    *to = '\0';
}

/* A line of the file. What is no code is left out. */
static int process_maps_add_line(struct process_maps *maps, pid_t pid, struct symbols *symbols,
                                 char *line, struct error *err)
{
    struct code_mapping mapping = {.file = 0};
    char rights[5] = "";
    unsigned device_major = 0;
    unsigned device_minor = 0;
    int path_at = 0;
    char root[40];
    char exact[96];
    struct symbols_mapped mapped = {.root = root, .exact = exact};
    if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %x:%x %" SCNu64 " %n", &mapping.begin,
               &mapping.end, rights, &mapping.offset, &device_major, &device_minor, &mapped.inode,
               &path_at) < 7 ||
        rights[2] != 'x')
        return 0;
    char *path = line + path_at;
    process_maps_clean_path(path);
    snprintf(root, sizeof(root), "/proc/%d/root", (int)pid);
    snprintf(exact, sizeof(exact), "/proc/%d/map_files/%" PRIx64 "-%" PRIx64, (int)pid,
             mapping.begin, mapping.end);
    mapped.path = path;
    mapped.device = makedev(device_major, device_minor);
    if (strcmp(path, "[vdso]") == 0)
        mapped.root = ""; /* the same one in all processes */
    bool is_file = (*path == '/' && mapped.inode != 0) || strcmp(path, "[vdso]") == 0;
    if (is_file && symbols_add_mapped(symbols, &mapped, &mapping.file, err) < 0)
        return -1;
    return process_maps_add(maps, &mapping, err);
}

int process_maps_read(struct process_maps *maps, pid_t pid, struct symbols *symbols,
                      struct error *err)
{
    char path[40];
    struct error failure = {.kind = ERROR_NONE};
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(PROCESS_MAPS_MAX_BYTES);
    CLEANUP(process_maps_done) struct process_maps found = {.mappings = NULL};
    snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
    if (file_read(AT_FDCWD, path, &text, &failure) < 0) {
        if (failure.errno_value == ENOENT || failure.errno_value == ESRCH)
            return 1;
        return error_set(err, failure.kind, "%s", failure.text);
    }
    if (text.length == 0)
        return 1; /* it has ended, and nobody has waited for it */
    char *rest = text.data;
    for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n"))
        if (process_maps_add_line(&found, pid, symbols, line, err) < 0)
            return -1;
    process_maps_done(maps);
    *maps = found;
    found = (struct process_maps){.mappings = NULL};
    return 0;
}

int process_maps_copy(const struct process_maps *maps, struct process_maps *ret, struct error *err)
{
    CLEANUP(process_maps_done) struct process_maps copy = {.mappings = NULL};
    for (size_t i = 0; i < maps->n; i++)
        if (process_maps_add(&copy, &maps->mappings[i], err) < 0)
            return -1;
    *ret = copy;
    copy = (struct process_maps){.mappings = NULL};
    return 0;
}

struct code_mapping *process_maps_find(const struct process_maps *maps, uint64_t address)
{
    size_t low = 0;
    size_t high = maps->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (maps->mappings[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    bool is_there = low < maps->n && maps->mappings[low].begin <= address;
    return is_there ? &maps->mappings[low] : NULL;
}
