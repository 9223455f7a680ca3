#include "driver/attach_target.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "memory/cgroup_procs.h"
#include "memory/process_tree.h"

#define PROC_CGROUP_MAX 65536
/* Processes come and go while we look whose they are. */
#define ATTACH_LOOKS 5

static bool attach_is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* MOUNT/TEXT, without slashes at its end, when there is such a folder. */
static bool attach_join(const char *mount, const char *text, char *ret, size_t size)
{
    while (mount[0] != '\0' && *text == '/')
        text++;
    int length = mount[0] != '\0' ? snprintf(ret, size, "%s/%s", mount, text)
                                  : snprintf(ret, size, "%s", text);
    if (length < 0 || (size_t)length >= size)
        return false;
    for (size_t end = strlen(ret); end > 1 && ret[end - 1] == '/'; end--)
        ret[end - 1] = '\0';
    return attach_is_folder(ret);
}

static int attach_parse_pid(const char *text, pid_t *ret, struct error *err)
{
    char *end = NULL;
    errno = 0;
    long pid = strtol(text, &end, 10);
    if (errno != 0 || *end != '\0' || pid < 1 || pid > INT_MAX)
        return error_set(err, ERROR_USAGE, "found \"%.40s\", expected a pid from 1", text);
    *ret = (pid_t)pid;
    return 0;
}

int attach_target_parse(const char *text, const char *mount, struct attach_target *ret,
                        struct error *err)
{
    struct attach_target target = {.kind = ATTACH_PID};
    if (text[0] == '\0')
        return error_set(err, ERROR_USAGE, "found nothing, expected a pid, or a cgroup's folder");
    if (text[strspn(text, "0123456789")] == '\0') {
        if (attach_parse_pid(text, &target.pid, err) < 0)
            return -1;
        *ret = target;
        return 0;
    }
    bool named = strncmp(text, "podman:", 7) == 0 || strncmp(text, "docker:", 7) == 0;
    target.kind = ATTACH_CGROUP;
    if (!named &&
        ((text[0] == '/' && attach_join("", text, target.text, sizeof(target.text))) ||
         (mount[0] != '\0' && attach_join(mount, text, target.text, sizeof(target.text))))) {
        *ret = target;
        return 0;
    }
    if (!named && strchr(text, '/') != NULL)
        return error_set(err, ERROR_ENVIRONMENT, "there is no cgroup %.200s%s%.100s", text,
                         mount[0] != '\0' ? ", nor one of that name below " : "", mount);
    target.kind = ATTACH_CONTAINER;
    snprintf(target.text, sizeof(target.text), "%s", text);
    *ret = target;
    return 0;
}

/* A number from /proc/PID/status, such as "Tgid:"; 0 when it cannot be read. */
static pid_t attach_thread_group(pid_t pid)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(PROC_CGROUP_MAX);
    char path[32];
    snprintf(path, sizeof(path), "/proc/%d/status", pid);
    if (file_read(AT_FDCWD, path, &text, NULL) < 0)
        return 0;
    const char *line = strstr(buffer_text(&text), "\nTgid:");
    return line != NULL ? (pid_t)strtol(line + 6, NULL, 10) : 0;
}

/* Is it something that can be attached to? */
static int attach_check_process(pid_t pid, struct process_stat *ret, struct error *err)
{
    char path[32];
    snprintf(path, sizeof(path), "/proc/%d", pid);
    CLEANUP(closep) int process_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int status = process_fd >= 0 ? process_stat_read(process_fd, ret, err) : 1;
    if (status < 0)
        return -1;
    if (status == 1)
        return error_set(err, ERROR_ENVIRONMENT, "there is no process %d (any more)", pid);
    if (pid == getpid())
        return error_set(err, ERROR_USAGE, "process %d is leakcage itself", pid);
    if (ret->kernel_thread)
        return error_set(err, ERROR_USAGE,
                         "process %d (%s) is a thread of the kernel, which has no memory of its "
                         "own",
                         pid, ret->name);
    if (process_stat_is_over(ret))
        return error_set(err, ERROR_ENVIRONMENT,
                         "process %d (%s) has ended; its parent, %d, has not taken note of it yet",
                         pid, ret->name, ret->parent);
    pid_t group = attach_thread_group(pid);
    if (group > 0 && group != pid)
        return error_set(err, ERROR_USAGE, "%d is a thread of process %d: --attach %d", pid, group,
                         group);
    return 0;
}

struct attach_group {
    const struct process_tree *tree;
    size_t n;         /* processes of the group */
    size_t strangers; /* of them, not in the tree */
};

static int attach_count(pid_t pid, void *context, struct error *err)
{
    (void)err;
    struct attach_group *group = context;
    group->n++;
    group->strangers += !process_tree_has(group->tree, pid);
    return 0;
}

/* Does this folder hold these processes and no others? */
static int attach_is_own_group(const char *path, struct process_tree *tree,
                               struct attach_group *ret, struct error *err)
{
    CLEANUP(closep) int dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir_fd < 0)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot open the cgroup %s", path);
    for (unsigned look = 0; look < ATTACH_LOOKS; look++) {
        size_t n = 0;
        *ret = (struct attach_group){.tree = tree};
        if (process_tree_refresh(tree, err) < 0 ||
            cgroup_procs_each(dir_fd, attach_count, ret, err) < 0)
            return -1;
        process_tree_members(tree, &n);
        if (ret->strangers == 0 && ret->n == n)
            return 1;
    }
    return 0;
}

/* The folder of the process's group into ret[CGROUP_PATH_MAX]; "" when it cannot be seen. */
static void attach_group_of(const struct cgroup_layout *layout, pid_t pid, char *ret)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(PROC_CGROUP_MAX);
    char path[32];
    ret[0] = '\0';
    snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
    if (layout->v2_mount[0] == '\0' || file_read(AT_FDCWD, path, &text, NULL) < 0 ||
        cgroup_layout_own(layout, buffer_text(&text), ret, NULL) < 0)
        ret[0] = '\0';
}

/* The cgroup to sample the tree by, or why there is none. */
static int attach_choose_group(const struct cgroup_layout *layout, struct process_tree *tree,
                               struct watch_point *point, struct error *err)
{
    char path[CGROUP_PATH_MAX];
    char file[CGROUP_PATH_MAX + 16];
    struct attach_group group;
    attach_group_of(layout, point->pid, path);
    snprintf(file, sizeof(file), "%s/memory.current", path);
    if (layout->kind == CGROUP_LAYOUT_V1 || layout->kind == CGROUP_LAYOUT_HYBRID) {
        snprintf(point->unseen, sizeof(point->unseen),
                 "this machine's memory controller is that of cgroup v1; boot it with "
                 "cgroup_no_v1=all, or have leakcage run the service itself (driver vm)");
        return 0;
    }
    if (path[0] == '\0' || !file_exists(AT_FDCWD, file)) {
        snprintf(point->unseen, sizeof(point->unseen),
                 "it is in no cgroup with a memory controller; start it in one of its own "
                 "(systemd-run, a container)");
        return 0;
    }
    int own = attach_is_own_group(path, tree, &group, err);
    if (own < 0)
        return -1;
    if (own == 1)
        snprintf(point->cgroup, sizeof(point->cgroup), "%s", path);
    else if (group.strangers > 0)
        snprintf(point->unseen, sizeof(point->unseen),
                 "%zu other processes are in its cgroup; start it in one of its own (systemd-run, "
                 "a container), or attach to %.80s",
                 group.strangers, path);
    else
        snprintf(point->unseen, sizeof(point->unseen),
                 "its processes are in several cgroups; attach to the one above them");
    return 0;
}

static int attach_find_pid(pid_t pid, const struct cgroup_layout *layout, struct watch_point *point,
                           struct error *err)
{
    struct process_stat stat;
    CLEANUP(process_tree_freep) struct process_tree *tree = NULL;
    CLEANUP(closep) int proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (proc_fd < 0)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot open /proc");
    if (attach_check_process(pid, &stat, err) < 0)
        return -1;
    int status = process_tree_new(proc_fd, &stat.id, &tree, err);
    if (status < 0)
        return -1;
    if (status == 1)
        return error_set(err, ERROR_ENVIRONMENT, "process %d (%s) has just ended", pid, stat.name);
    if (process_tree_has(tree, getpid()))
        return error_set(err, ERROR_USAGE,
                         "leakcage itself descends from process %d (%s): start it from elsewhere",
                         pid, stat.name);
    point->pid = pid;
    snprintf(point->name, sizeof(point->name), "%s", stat.name);
    snprintf(point->what, sizeof(point->what), "pid %d (%s)", pid, stat.name);
    return attach_choose_group(layout, tree, point, err);
}

/* The oldest process of a group, whose name is the group's. */
struct attach_oldest {
    struct process_stat stat;
    unsigned n;
    bool ours;
};

static int attach_keep_oldest(pid_t pid, void *context, struct error *err)
{
    struct attach_oldest *oldest = context;
    struct process_stat stat;
    char path[32];
    snprintf(path, sizeof(path), "/proc/%d", pid);
    CLEANUP(closep) int process_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (process_fd < 0)
        return 0;
    int status = process_stat_read(process_fd, &stat, err);
    if (status != 0 || process_stat_is_over(&stat))
        return status < 0 ? -1 : 0;
    if (oldest->n == 0 || stat.id.start_ticks < oldest->stat.id.start_ticks)
        oldest->stat = stat;
    oldest->n++;
    oldest->ours = oldest->ours || pid == getpid();
    return 0;
}

static int attach_find_cgroup(const char *path, struct watch_point *point, struct error *err)
{
    struct statfs file_system;
    struct attach_oldest oldest = {.n = 0};
    CLEANUP(closep) int dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir_fd < 0 || fstatfs(dir_fd, &file_system) < 0)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot open the cgroup %s", path);
    if (file_system.f_type == CGROUP_SUPER_MAGIC)
        return error_set(err, ERROR_ENVIRONMENT,
                         "%s is a folder of cgroup v1; attach to the pid of a process in it", path);
    if (file_system.f_type != CGROUP2_SUPER_MAGIC)
        return error_set(err, ERROR_USAGE, "%s is no folder of cgroup v2", path);
    if (!file_exists(dir_fd, "memory.current"))
        return error_set(err, ERROR_ENVIRONMENT,
                         "%s has no memory.current: the group is not handed the memory controller; "
                         "attach to a group below it, or to a pid",
                         path);
    if (cgroup_procs_each(dir_fd, attach_keep_oldest, &oldest, err) < 0)
        return error_prefix(err, "%s", path);
    if (oldest.n == 0)
        return error_set(err, ERROR_ENVIRONMENT, "no process is in the cgroup %s", path);
    if (oldest.ours)
        return error_set(err, ERROR_USAGE,
                         "leakcage itself is in the cgroup %s: start it from elsewhere", path);
    snprintf(point->cgroup, sizeof(point->cgroup), "%s", path);
    snprintf(point->name, sizeof(point->name), "%s", oldest.stat.name);
    snprintf(point->what, sizeof(point->what), "cgroup %.120s (%s)", path, oldest.stat.name);
    return 0;
}

int attach_target_find(const char *text, struct watch_point *ret, struct error *err)
{
    struct cgroup_layout layout;
    struct attach_target target;
    struct watch_point point = {.pid = 0};
    if (cgroup_layout_read(&layout, err) < 0 ||
        attach_target_parse(text, layout.v2_mount, &target, err) < 0)
        return -1;
    int status = -1;
    switch (target.kind) {
    case ATTACH_PID:
        status = attach_find_pid(target.pid, &layout, &point, err);
        break;
    case ATTACH_CGROUP:
        status = attach_find_cgroup(target.text, &point, err);
        break;
    case ATTACH_CONTAINER: /* see container_target.h */
        status = error_set(err, ERROR_USAGE,
                           "found \"%.100s\", expected a pid, or the folder of a cgroup (below %s)",
                           target.text, layout.v2_mount[0] != '\0' ? layout.v2_mount : "its mount");
        break;
    }
    if (status == 0)
        *ret = point;
    return status;
}
