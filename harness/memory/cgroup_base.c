#include "memory/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "memory/cgroup_layout.h"
#include "memory/cgroup_tree.h"
#include "memory/line_reader.h"

#define BASE_LEAF        "leakcage.self"
#define BASE_MOVE_ROUNDS 20
#define PROC_CGROUP_MAX  65536
#define DELEGATE_FIX                           \
    "run as root, or in a scope of your own: " \
    "systemd-run --user --scope -p Delegate=yes leakcage …"

_Static_assert(sizeof(((struct cgroup_base *)0)->path) == CGROUP_PATH_MAX, "cgroup_layout_own");

/* Why there is no memory controller on version 2. */
static int base_no_memory(const struct cgroup_layout *layout, const char *path, struct error *why)
{
    if (layout->kind == CGROUP_LAYOUT_NONE)
        return error_set(why, ERROR_ENVIRONMENT,
                         "no cgroup tree is mounted: mount -t cgroup2 none /sys/fs/cgroup");
    if (layout->kind == CGROUP_LAYOUT_V1)
        return error_set(why, ERROR_ENVIRONMENT,
                         "this machine mounts cgroup v1 only (memory at %s): boot it with "
                         "systemd.unified_cgroup_hierarchy=1, or use the vm driver",
                         layout->v1_memory);
    if (layout->kind == CGROUP_LAYOUT_HYBRID)
        return error_set(why, ERROR_ENVIRONMENT,
                         "this machine mounts cgroups in the hybrid layout: the memory controller "
                         "belongs to cgroup v1 (%s) and %s does not have it; boot it with "
                         "cgroup_no_v1=all, or use the vm driver",
                         layout->v1_memory, layout->v2_mount);
    return error_set(why, ERROR_ENVIRONMENT,
                     "%s/cgroup.controllers does not list memory: the group is not handed that "
                     "controller; %s",
                     path, DELEGATE_FIX);
}

/* Our own group's folder; its parent when we are in the leaf an earlier session moved us to. */
static int base_own(const struct cgroup_layout *layout, char *path, struct error *why)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(PROC_CGROUP_MAX);
    if (file_read(AT_FDCWD, "/proc/self/cgroup", &text, why) < 0 ||
        cgroup_layout_own(layout, buffer_text(&text), path, why) < 0)
        return -1;
    char *slash = strrchr(path, '/');
    if (slash != NULL && strcmp(slash + 1, BASE_LEAF) == 0)
        *slash = '\0';
    return 0;
}

struct base_move {
    int leaf_fd;
    unsigned moved;
};

static int base_move_one(char *line, void *context, struct error *err)
{
    struct base_move *move = context;
    if (strcmp(line, "0") == 0)
        return error_set(err, ERROR_ENVIRONMENT,
                         "processes of another pid namespace share our cgroup; start leakcage in a "
                         "group of its own");
    struct error failure = {.kind = ERROR_NONE};
    move->moved++;
    if (file_write(move->leaf_fd, "cgroup.procs", line, &failure) < 0 &&
        failure.errno_value != ESRCH) {
        if (err != NULL)
            *err = failure;
        return -1;
    }
    return 0;
}

/* Move every process of the base, ourselves included, to a leaf below it. */
static int base_move_to_leaf(int base_fd, struct error *why)
{
    for (int round = 0; round < BASE_MOVE_ROUNDS; round++) {
        CLEANUP(closep) int leaf_fd = -1;
        struct base_move move = {.leaf_fd = -1};
        char first[2];
        CLEANUP(closep) int procs_fd = openat(base_fd, "cgroup.procs", O_RDONLY | O_CLOEXEC);
        if (procs_fd < 0 || read(procs_fd, first, 1) == 0)
            return 0; /* nobody there */
        if (mkdirat(base_fd, BASE_LEAF, 0755) < 0 && errno != EEXIST)
            return error_set_errno(why, ERROR_ENVIRONMENT, errno, "cannot make %s", BASE_LEAF);
        leaf_fd = openat(base_fd, BASE_LEAF, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        move.leaf_fd = leaf_fd;
        if (leaf_fd < 0 || line_reader_each(base_fd, "cgroup.procs", base_move_one, &move, why) < 0)
            return error_prefix(why, "cannot move our processes to %s", BASE_LEAF);
    }
    return error_set(why, ERROR_ENVIRONMENT, "our cgroup gains processes faster than they move");
}

static bool base_is_writable(int base_fd)
{
    return faccessat(base_fd, ".", W_OK, AT_EACCESS) == 0 &&
           faccessat(base_fd, "cgroup.procs", W_OK, AT_EACCESS) == 0 &&
           faccessat(base_fd, "cgroup.subtree_control", W_OK, AT_EACCESS) == 0;
}

static int base_check(const struct cgroup_layout *layout, int base_fd, struct cgroup_base *base,
                      struct error *why)
{
    if (!cgroup_tree_lists(base_fd, "cgroup.controllers", "memory"))
        return base_no_memory(layout, base->path, why);
    if (!base_is_writable(base_fd) && errno == EROFS)
        return error_set(why, ERROR_ENVIRONMENT,
                         "%s is mounted read-only, as in most containers: start the container with "
                         "a cgroup namespace of its own and a writable mount (--privileged, or "
                         "podman's --security-opt unmask=/sys/fs/cgroup)",
                         base->mount);
    if (!base_is_writable(base_fd))
        return error_set_errno(why, ERROR_ENVIRONMENT, errno,
                               "groups would go below %s, where we may not write; %s", base->path,
                               DELEGATE_FIX);
    base->has_cpu = cgroup_tree_lists(base_fd, "cgroup.controllers", "cpu");
    base->has_pids = cgroup_tree_lists(base_fd, "cgroup.controllers", "pids");
    return 0;
}

int cgroup_base_open(bool probe_only, struct cgroup_base *ret, struct error *why)
{
    struct cgroup_layout layout;
    struct cgroup_base base = {.delegated = false};
    if (cgroup_layout_read(&layout, why) < 0)
        return 1;
    if (layout.v2_mount[0] == '\0')
        return base_no_memory(&layout, "", why), 1;
    snprintf(base.mount, sizeof(base.mount), "%s", layout.v2_mount);
    snprintf(base.path, sizeof(base.path), "%s", layout.v2_mount);

    /* Only the real root has no cgroup.type; and there, only root may write. */
    CLEANUP(closep) int base_fd = open(base.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool at_root =
        base_fd >= 0 && !file_exists(base_fd, "cgroup.type") &&
        (base_is_writable(base_fd) || !cgroup_tree_lists(base_fd, "cgroup.controllers", "memory"));
    if (!at_root) {
        base.delegated = true;
        closep(&base_fd);
        if (base_own(&layout, base.path, why) < 0)
            return 1;
        base_fd = open(base.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    if (base_fd < 0)
        return error_set_errno(why, ERROR_ENVIRONMENT, errno, "cannot open %s", base.path), 1;
    if (base_check(&layout, base_fd, &base, why) < 0)
        return 1;
    if (!probe_only) {
        if (base.delegated && base_move_to_leaf(base_fd, why) < 0)
            return 1;
        if (cgroup_tree_enable(base_fd, "memory", why) < 0)
            return 1;
    }
    *ret = base;
    return 0;
}
