#include "memory/cgroup_procs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "memory/line_reader.h"

/* Deeper than any tree made with good intent, and safe on the stack. */
#define CGROUP_DEPTH_MAX 32

struct procs_walk {
    cgroup_procs_function function;
    void *context;
    unsigned depth;
};

static void closedirp(DIR **dir)
{
    if (*dir != NULL)
        closedir(*dir);
}

static int procs_line(char *line, void *context, struct error *err)
{
    const struct procs_walk *walk = context;
    char *end = NULL;
    long pid = strtol(line, &end, 10);
    if (end == line || *end != '\0' || pid < 0 || pid > INT_MAX)
        return error_set(err, ERROR_INTERNAL, "cgroup.procs: found \"%.40s\", expected a pid",
                         line);
    if (pid == 0) /* a process that this pid namespace cannot see */
        return 0;
    return walk->function((pid_t)pid, walk->context, err);
}

static int procs_walk_group(int dir_fd, struct procs_walk *walk, struct error *err)
{
    struct error failure = {.kind = ERROR_NONE};
    int result = line_reader_each(dir_fd, "cgroup.procs", procs_line, walk, &failure);
    if (result == 1)
        return 0;
    if (result == 2)
        return error_set(err, ERROR_ENVIRONMENT, "cgroup.procs may not be read");
    if (result < 0 && failure.errno_value != EOPNOTSUPP) { /* what a threaded group says */
        if (err != NULL)
            *err = failure;
        return -1;
    }
    if (walk->depth == CGROUP_DEPTH_MAX)
        return 0;

    CLEANUP(closep) int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    CLEANUP(closedirp) DIR *dir = fdopendir(fd);
    if (dir == NULL)
        return error_set_errno(err, ERROR_INTERNAL, errno, "cannot list a cgroup");
    int list_fd = take_fd(&fd);

    const struct dirent *entry = NULL;
    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
            continue;
        CLEANUP(closep)
        int child = openat(list_fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        struct procs_walk below = *walk;
        below.depth++;
        if (child >= 0 && procs_walk_group(child, &below, err) < 0)
            return -1;
    }
    return 0;
}

int cgroup_procs_each(int dir_fd, cgroup_procs_function function, void *context, struct error *err)
{
    struct procs_walk walk = {.function = function, .context = context};
    return procs_walk_group(dir_fd, &walk, err);
}

static int procs_count_one(pid_t pid, void *context, struct error *err)
{
    (void)pid;
    (void)err;
    int *count = context;
    (*count)++;
    return 0;
}

int cgroup_procs_count(int dir_fd, struct error *err)
{
    int count = 0;
    return cgroup_procs_each(dir_fd, procs_count_one, &count, err) < 0 ? -1 : count;
}
