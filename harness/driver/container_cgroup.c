#include "driver/container_cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

#define PROC_CGROUP_MAX 65536

/* How far above its first process's group a container's own may be. */
#define CGROUP_LEVELS 2

int container_cgroup_probe(struct error *why)
{
    struct cgroup_layout layout;
    if (cgroup_layout_read(&layout, why) < 0)
        return 1;
    if (layout.kind == CGROUP_LAYOUT_V2)
        return 0;
    error_set(why, ERROR_ENVIRONMENT,
              "it is not cgroup v2 that bounds the memory of containers here: the layout is %s; "
              "boot with cgroup_no_v1=all (systemd.unified_cgroup_hierarchy=1), or use --driver vm",
              cgroup_layout_name(layout.kind));
    return 1;
}

/* The group's memory.max; false when it has none. */
static bool cgroup_max(const char *folder, uint64_t *ret)
{
    CLEANUP(closep) int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd >= 0 && file_read_u64(fd, "memory.max", ret, NULL) == 0;
}

/* The kernel keeps whole pages. */
static bool cgroup_is_limit(uint64_t found, uint64_t limit_bytes)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    return found == limit_bytes || found == limit_bytes / page * page;
}

int container_cgroup_find(pid_t pid, uint64_t limit_bytes, char *ret, struct error *err)
{
    struct cgroup_layout layout;
    char path[64];
    char folder[CGROUP_PATH_MAX];
    uint64_t found = 0;
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(PROC_CGROUP_MAX);
    if (container_cgroup_probe(err) != 0 || cgroup_layout_read(&layout, err) < 0)
        return -1;
    snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
    if (file_read(AT_FDCWD, path, &text, NULL) < 0)
        return 1;
    if (cgroup_layout_own(&layout, buffer_text(&text), folder, err) < 0)
        return error_prefix(err, "the container's first process (pid %d)", pid);
    if (strcmp(folder, layout.v2_mount) == 0)
        return error_set(err, ERROR_ENVIRONMENT,
                         "the container has no cgroup of its own (--cgroups=disabled?)");
    if (!cgroup_max(folder, &found))
        return error_set(err, ERROR_ENVIRONMENT,
                         "%s has no memory.max: the engine is not handed the memory controller "
                         "(rootless: systemd must delegate it, see Delegate= in "
                         "systemd.resource-control(5))",
                         folder);
    uint64_t innermost = found;
    for (int level = 0; limit_bytes != UINT64_MAX && level < CGROUP_LEVELS; level++) {
        if (cgroup_max(folder, &found) && cgroup_is_limit(found, limit_bytes))
            break;
        char *slash = strrchr(folder, '/');
        if (level + 1 == CGROUP_LEVELS || slash == NULL ||
            slash == folder + strlen(layout.v2_mount))
            return error_set(
                err, ERROR_ENVIRONMENT,
                "the engine did not set the limit: memory.max of %.*s is %" PRIu64
                ", expected %" PRIu64 " (rootless: the memory controller must be delegated)",
                (int)strcspn(buffer_text(&text), "\n"), buffer_text(&text), innermost, limit_bytes);
        *slash = '\0';
    }
    snprintf(ret, CGROUP_PATH_MAX, "%s", folder);
    return 0;
}
