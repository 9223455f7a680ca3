#include "memory/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/owner.h"
#include "memory/cgroup_libcgroup.h"
#include "memory/cgroup_reclaim.h"
#include "memory/cgroup_tree.h"

#define CGROUP_SETTINGS_MAX  8
#define CGROUP_SAME_NAME_MAX 1000
#define CPU_PERIOD_US        100000
#define CPU_QUOTA_MIN_US     1000
#define KILL_DEADLINE_NS     (10 * NSEC_PER_SEC)
#define REMOVE_DEADLINE_NS   (2 * NSEC_PER_SEC)

/* libcgroup has a `struct cgroup` too; no file sees both. */
struct cgroup {
    char *path;       /* owned; the folder */
    char *relative;   /* owned; the same as libcgroup names it, NULL when it cannot be used */
    char *session;    /* owned; the session's folder */
    const char *name; /* last part of path */
    int session_fd;
    int dir_fd;
};

static void cgroup_free_memory(struct cgroup *group)
{
    closep(&group->dir_fd);
    closep(&group->session_fd);
    free(group->path);
    free(group->relative);
    free(group->session);
    free(group);
}

static void cgroup_freep(struct cgroup **group)
{
    cgroup_destroy(*group);
}

struct cgroup_settings {
    struct cgroup_setting list[CGROUP_SETTINGS_MAX];
    size_t n;
};

static void settings_add(struct cgroup_settings *settings, const char *file, uint64_t value)
{
    struct cgroup_setting *setting = &settings->list[settings->n++];
    setting->file = file;
    if (value == CGROUP_NO_LIMIT)
        snprintf(setting->value, sizeof(setting->value), "max");
    else
        snprintf(setting->value, sizeof(setting->value), "%" PRIu64, value);
}

/* The limits as values of files. memory.swap.max is there only where the kernel can swap. */
static void settings_from_limits(const struct cgroup_limits *limits, bool can_swap,
                                 struct cgroup_settings *settings)
{
    settings_add(settings, "memory.max", limits->memory_max_bytes);
    settings_add(settings, "memory.high", limits->memory_high_bytes);
    if (limits->memory_min_bytes > 0)
        settings_add(settings, "memory.min", limits->memory_min_bytes);
    if (can_swap)
        settings_add(settings, "memory.swap.max", 0);
    settings_add(settings, "memory.oom.group", limits->oom_group ? 1 : 0);
    if (limits->pids_max != CGROUP_NO_LIMIT)
        settings_add(settings, "pids.max", limits->pids_max);
    if (limits->cpus > 0) {
        double quota_us = limits->cpus * CPU_PERIOD_US;
        struct cgroup_setting *setting = &settings->list[settings->n++];
        setting->file = "cpu.max";
        snprintf(setting->value, sizeof(setting->value), "%.0f %d",
                 quota_us < CPU_QUOTA_MIN_US ? CPU_QUOTA_MIN_US : quota_us, CPU_PERIOD_US);
    }
}

/* Hand the controllers these limits need down to the session's groups; and processors where they
 * are offered, so that all of a service has the share of one group: of a hundred processes that
 * only fork, the harness would get a hundredth. */
static int cgroup_enable(const struct cgroup_base *base, const struct cgroup_limits *limits,
                         int session_fd, struct error *err)
{
    const struct {
        const char *controller;
        bool wanted, needed, offered;
    } controllers[] = {
        {"memory", true, true, true},
        {"pids", limits->pids_max != CGROUP_NO_LIMIT, true, base->has_pids},
        {"cpu", limits->cpus > 0 || base->has_cpu, limits->cpus > 0, base->has_cpu},
    };
    CLEANUP(closep) int base_fd = open(base->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (base_fd < 0)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot open %s", base->path);
    for (size_t i = 0; i < ARRAY_LENGTH(controllers); i++) {
        const char *controller = controllers[i].controller;
        if (!controllers[i].wanted)
            continue;
        if (!controllers[i].offered)
            return error_set(err, ERROR_ENVIRONMENT,
                             "%s/cgroup.controllers does not list %s, which a limit needs",
                             base->path, controller);
        struct error *why = controllers[i].needed ? err : NULL;
        if ((cgroup_tree_enable(base_fd, controller, why) < 0 ||
             cgroup_tree_enable(session_fd, controller, why) < 0) &&
            controllers[i].needed)
            return error_prefix(err, "cannot hand the %s controller down from %s", controller,
                                base->path);
    }
    return 0;
}

/* Open (and make, the first time) the session's folder. */
static int cgroup_open_session(const struct cgroup_base *base, struct cgroup *group,
                               struct error *err)
{
    char name[OWNER_NAME_MAX];
    if (owner_name(name, err) < 0)
        return -1;
    group->session = file_join(base->path, name);
    if (group->session == NULL)
        return error_out_of_memory(err);
    if (mkdir(group->session, 0755) < 0 && errno != EEXIST)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot make the cgroup %s",
                               group->session);
    group->session_fd = open(group->session, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (group->session_fd < 0)
        return error_set_errno(err, ERROR_INTERNAL, errno, "cannot open %s", group->session);
    return 0;
}

/* What is kept for the session's groups, those that there are already. */
static uint64_t cgroup_protected_bytes(const struct cgroup *group)
{
    uint64_t sum_bytes = 0;
    DIR *dir = opendir(group->session);
    const struct dirent *entry = NULL;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        char file[sizeof(entry->d_name) + sizeof("/memory.min")];
        uint64_t bytes = 0;
        if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
            continue;
        snprintf(file, sizeof(file), "%s/memory.min", entry->d_name);
        if (file_read_u64(dirfd(dir), file, &bytes, NULL) == 0)
            sum_bytes += bytes;
    }
    if (dir != NULL)
        closedir(dir);
    return sum_bytes;
}

/* What is kept for a group has to be kept for the session's above it: for all of its groups. */
static int cgroup_protect_session(const struct cgroup *group, const struct cgroup_limits *limits,
                                  struct error *err)
{
    if (limits->memory_min_bytes == 0)
        return 0;
    char text[24];
    snprintf(text, sizeof(text), "%" PRIu64,
             cgroup_protected_bytes(group) + limits->memory_min_bytes);
    if (file_write(group->session_fd, "memory.min", text, err) < 0)
        return error_prefix(err, "%s", group->session);
    return 0;
}

/* Choose the group's path: NAME, or NAME.2 and so on while others of that name live. */
static int cgroup_choose_path(const struct cgroup_base *base, const char *name,
                              struct cgroup *group, struct error *err)
{
    for (unsigned i = 1; i < CGROUP_SAME_NAME_MAX; i++) {
        char suffix[16] = "";
        if (i > 1)
            snprintf(suffix, sizeof(suffix), ".%u", i);
        char *path = NULL;
        if (asprintf(&path, "%s/%s%s", group->session, name, suffix) < 0)
            return error_out_of_memory(err);
        if (file_exists(AT_FDCWD, path)) {
            free(path);
            continue;
        }
        group->path = path;
        group->name = strrchr(path, '/') + 1;
        if (!base->delegated && cgroup_libcgroup_usable(base->mount)) {
            group->relative = strdup(path + strlen(base->mount) + 1);
            if (group->relative == NULL)
                return error_out_of_memory(err);
        }
        return 0;
    }
    return error_set(err, ERROR_INTERNAL, "%s holds too many groups named %s", group->session,
                     name);
}

/* Make the folder and set what is to be set; the caller removes it on failure. */
static int cgroup_make(struct cgroup *group, const struct cgroup_settings *settings,
                       struct error *err)
{
    if (group->relative != NULL &&
        cgroup_libcgroup_create(group->relative, settings->list, settings->n, err) < 0)
        return -1;
    if (group->relative == NULL && mkdirat(group->session_fd, group->name, 0755) < 0)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot make the cgroup %s",
                               group->path);
    group->dir_fd = openat(group->session_fd, group->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (group->dir_fd < 0)
        return error_set_errno(err, ERROR_INTERNAL, errno, "cannot open the cgroup %s",
                               group->path);
    for (size_t i = 0; group->relative == NULL && i < settings->n; i++)
        if (file_write(group->dir_fd, settings->list[i].file, settings->list[i].value, err) < 0)
            return error_prefix(err, "%s", group->path);
    return 0;
}

/* Is the limit what was asked for (the kernel keeps whole pages)? */
static int cgroup_check(const struct cgroup *group, uint64_t limit, struct error *err)
{
    uint64_t found = 0;
    if (file_read_u64(group->dir_fd, "memory.max", &found, err) < 0)
        return -1;
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    if (found != limit && found != limit / page * page)
        return error_set(err, ERROR_ENVIRONMENT,
                         "%s/memory.max: found %" PRIu64 ", expected %" PRIu64, group->path, found,
                         limit);
    return 0;
}

int cgroup_create(const struct cgroup_base *base, const char *name,
                  const struct cgroup_limits *limits, struct cgroup **ret, struct error *err)
{
    CLEANUP(cgroup_freep) struct cgroup *group = calloc(1, sizeof(*group));
    if (group == NULL)
        return error_out_of_memory(err);
    group->session_fd = -1;
    group->dir_fd = -1;

    if (cgroup_open_session(base, group, err) < 0 ||
        cgroup_enable(base, limits, group->session_fd, err) < 0 ||
        cgroup_protect_session(group, limits, err) < 0 ||
        cgroup_choose_path(base, name, group, err) < 0)
        return -1;

    struct cgroup_settings settings = {.n = 0};
    settings_from_limits(limits, file_exists(group->session_fd, "memory.swap.max"), &settings);
    if (cgroup_make(group, &settings, err) < 0 ||
        cgroup_check(group, limits->memory_max_bytes, err) < 0)
        return -1;
    *ret = take_ptr(&group);
    return 0;
}

const char *cgroup_path(const struct cgroup *cgroup)
{
    return cgroup->path;
}

int cgroup_dir_fd(const struct cgroup *cgroup)
{
    return cgroup->dir_fd;
}

int cgroup_attach(pid_t pid, void *cgroup, struct error *err)
{
    const struct cgroup *group = cgroup;
    if (group->relative != NULL)
        return cgroup_libcgroup_attach(group->relative, pid, err);
    char text[16];
    snprintf(text, sizeof(text), "%d", pid);
    return file_write(group->dir_fd, "cgroup.procs", text, err);
}

bool cgroup_is_populated(const struct cgroup *cgroup)
{
    return cgroup_tree_is_populated(cgroup->dir_fd);
}

void cgroup_signal(const struct cgroup *cgroup, int number)
{
    cgroup_tree_signal(cgroup->dir_fd, number);
}

int cgroup_reclaim(struct cgroup *cgroup, nsec_t deadline_ns, int64_t *ret_bytes, struct error *err)
{
    return cgroup_reclaim_folder(cgroup->dir_fd, deadline_ns, ret_bytes, err);
}

int cgroup_kill(struct cgroup *cgroup, nsec_t deadline_ns, struct error *err)
{
    if (cgroup_tree_kill(cgroup->dir_fd, deadline_ns, err) < 0)
        return error_prefix(err, "%s", cgroup->path);
    return 0;
}

void cgroup_destroy(struct cgroup *cgroup)
{
    if (cgroup == NULL)
        return;
    if (cgroup->dir_fd >= 0)
        cgroup_tree_kill(cgroup->dir_fd, clock_now_ns() + KILL_DEADLINE_NS, NULL);
    if (cgroup->relative != NULL)
        cgroup_libcgroup_delete(cgroup->relative);
    /* Whatever libcgroup said or did: look, and remove what is there. */
    if (cgroup->session_fd >= 0 && cgroup->name != NULL)
        cgroup_tree_remove(cgroup->session_fd, cgroup->name, clock_now_ns() + REMOVE_DEADLINE_NS,
                           NULL);
    if (cgroup->session != NULL)
        rmdir(cgroup->session); /* succeeds for the last group */
    cgroup_free_memory(cgroup);
}

unsigned cgroup_sweep(const struct cgroup_base *base)
{
    unsigned swept = 0;
    DIR *dir = opendir(base->path);
    if (dir == NULL)
        return 0;
    const struct dirent *entry = NULL;
    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_type != DT_DIR || !owner_is_dead(entry->d_name))
            continue;
        CLEANUP(closep)
        int fd = openat(dirfd(dir), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd >= 0)
            cgroup_tree_kill(fd, clock_now_ns() + KILL_DEADLINE_NS, NULL);
        if (cgroup_tree_remove(dirfd(dir), entry->d_name, clock_now_ns() + REMOVE_DEADLINE_NS,
                               NULL) == 0)
            swept++;
    }
    closedir(dir);
    return swept;
}
