#include "run/preloaded.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "memory/line_reader.h"

#define VARIABLE       "LD_PRELOAD="
#define COMM_MAX_BYTES 64

struct preloaded_search {
    const char *path; /* as the kernel writes it: without links */
    bool found;
};

static int preloaded_line(char *line, void *context, struct error *err)
{
    (void)err;
    struct preloaded_search *search = context;
    const char *path = strchr(line, '/');
    search->found = search->found || (path != NULL && strcmp(path, search->path) == 0);
    return 0;
}

/* 1: the process is gone, or may not be looked at. */
static int preloaded_find(pid_t pid, const char *path, bool *ret_found)
{
    char maps[64];
    CLEANUP(freep) char *resolved = realpath(path, NULL);
    struct preloaded_search search = {.path = resolved != NULL ? resolved : path};
    snprintf(maps, sizeof(maps), "/proc/%d/maps", pid);
    if (line_reader_each(AT_FDCWD, maps, preloaded_line, &search, NULL) != 0)
        return 1;
    *ret_found = search.found;
    return 0;
}

static void preloaded_warn(pid_t pid, const char *path, struct record *record)
{
    char file[64];
    CLEANUP(buffer_done) struct buffer comm = BUFFER_INIT(COMM_MAX_BYTES);
    const char *slash = strrchr(path, '/');
    snprintf(file, sizeof(file), "/proc/%d/comm", pid);
    (void)file_read(AT_FDCWD, file, &comm, NULL);
    const char *name = buffer_text(&comm);
    record_warn(record, "LD_PRELOAD had no effect: %.60s is not mapped in %.*s (pid %d)",
                slash != NULL ? slash + 1 : path, (int)strcspn(name, "\n"), name, pid);
}

void preloaded_check(const struct run_spec *spec, const struct runtime_survey *processes,
                     struct record *record)
{
    pid_t pid = processes->listener != 0 ? processes->listener : processes->first;
    const char *value = NULL;
    for (const char *const *word = spec->settings.service.env; *word != NULL; word++)
        if (strncmp(*word, VARIABLE, strlen(VARIABLE)) == 0)
            value = *word + strlen(VARIABLE);
    CLEANUP(freep) char *words = value != NULL ? strdup(value) : NULL;
    /* An image has its own files, and its own links. */
    if (words == NULL || pid == 0 || spec->settings.image != NULL)
        return;
    char *rest = words;
    for (char *path = strsep(&rest, " :"); path != NULL; path = strsep(&rest, " :")) {
        bool found = false;
        /* "$LIB" and the like are for the loader to fill in. */
        if (path[0] != '/' || strchr(path, '$') != NULL)
            continue;
        if (preloaded_find(pid, path, &found) == 0 && !found)
            preloaded_warn(pid, path, record);
    }
}
