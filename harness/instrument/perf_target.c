#include "instrument/perf_target.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "memory/cgroup_procs.h"

#define CHILDREN_MAX 4096

struct pid_list {
    pid_t *pids; /* owned */
    size_t n;
    size_t capacity;
};

int perf_target_set(struct perf_target *target, const struct perf_place *place, struct error *err)
{
    *target = (struct perf_target){.cgroup_fd = -1};
    if (place->cgroup_dir != NULL) {
        target->cgroup_fd = open(place->cgroup_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (target->cgroup_fd < 0)
            return error_set_errno(err, ERROR_INTERNAL, errno, "cannot open the cgroup %s",
                                   place->cgroup_dir);
        target->use_cgroup = !place->by_process;
        return 0;
    }
    if (place->n_pids == 0)
        return error_set(err, ERROR_INTERNAL, "neither a cgroup nor a process to look at");
    target->roots = malloc(place->n_pids * sizeof(*target->roots));
    if (target->roots == NULL)
        return error_out_of_memory(err);
    memcpy(target->roots, place->pids, place->n_pids * sizeof(*target->roots));
    target->n_roots = place->n_pids;
    return 0;
}

void perf_target_done(struct perf_target *target)
{
    closep(&target->cgroup_fd);
    free(target->roots);
    *target = (struct perf_target){.cgroup_fd = -1};
}

/* As cgroup_procs_each() calls it. */
static int pid_list_add(pid_t pid, void *context, struct error *err)
{
    struct pid_list *list = context;
    if (list->n == list->capacity) {
        size_t capacity = list->capacity == 0 ? 64 : 2 * list->capacity;
        pid_t *pids = realloc(list->pids, capacity * sizeof(*pids));
        if (pids == NULL)
            return error_out_of_memory(err);
        list->pids = pids;
        list->capacity = capacity;
    }
    list->pids[list->n++] = pid;
    return 0;
}

static void pid_list_done(struct pid_list *list)
{
    free(list->pids);
}

static void closedirp(DIR **dir)
{
    if (*dir != NULL)
        closedir(*dir);
}

/* The threads of a process; one that is gone has none. */
static int pid_list_add_threads(struct pid_list *list, pid_t pid, struct error *err)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/task", pid);
    CLEANUP(closedirp) DIR *dir = opendir(path);
    if (dir == NULL)
        return 0;
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (tid > 0 && pid_list_add(tid, list, err) < 0)
            return -1;
    }
    return 0;
}

/* What this thread has started, and is there still. */
static int pid_list_add_children(struct pid_list *list, pid_t pid, pid_t tid, struct error *err)
{
    char path[64];
    char text[CHILDREN_MAX];
    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, tid);
    CLEANUP(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    if (length <= 0)
        return 0;
    text[length] = '\0';
    char *rest = text;
    for (char *word; (word = strsep(&rest, " ")) != NULL;) {
        pid_t child = (pid_t)strtol(word, NULL, 10);
        if (child > 0 && pid_list_add(child, list, err) < 0)
            return -1;
    }
    return 0;
}

/* What all threads of this process have started. */
static int pid_list_add_descendants(struct pid_list *list, pid_t pid, struct error *err)
{
    CLEANUP(pid_list_done) struct pid_list threads = {0};
    if (pid_list_add_threads(&threads, pid, err) < 0)
        return -1;
    for (size_t i = 0; i < threads.n; i++)
        if (pid_list_add_children(list, pid, threads.pids[i], err) < 0)
            return -1;
    return 0;
}

static int perf_target_list(const struct perf_target *target, struct pid_list *list,
                            struct error *err)
{
    if (target->cgroup_fd >= 0)
        return cgroup_procs_each(target->cgroup_fd, pid_list_add, list, err);
    for (size_t i = 0; i < target->n_roots; i++)
        if (pid_list_add(target->roots[i], list, err) < 0)
            return -1;
    for (size_t i = 0; i < list->n; i++) /* it grows meanwhile */
        if (pid_list_add_descendants(list, list->pids[i], err) < 0)
            return -1;
    return 0;
}

int perf_target_processes(const struct perf_target *target, pid_t **ret, size_t *ret_n,
                          struct error *err)
{
    CLEANUP(pid_list_done) struct pid_list list = {0};
    if (perf_target_list(target, &list, err) < 0)
        return -1;
    *ret_n = list.n;
    *ret = take_ptr(&list.pids);
    return 0;
}

int perf_target_threads(const struct perf_target *target, pid_t **ret, size_t *ret_n,
                        struct error *err)
{
    CLEANUP(pid_list_done) struct pid_list list = {0};
    CLEANUP(pid_list_done) struct pid_list threads = {0};
    if (perf_target_list(target, &list, err) < 0)
        return -1;
    for (size_t i = 0; i < list.n; i++)
        if (pid_list_add_threads(&threads, list.pids[i], err) < 0)
            return -1;
    *ret_n = threads.n;
    *ret = take_ptr(&threads.pids);
    return 0;
}
