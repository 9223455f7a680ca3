#include "driver/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "memory/cgroup_limit.h"
#include "memory/cgroup_procs.h"
#include "memory/cgroup_reader.h"
#include "memory/cgroup_tree.h"
#include "memory/process_survey.h"
#include "memory/process_tree.h"

/* Looking for new processes may take one part in so many of the time. */
#define WATCH_SEARCH_SHARE 50

struct watch {
    struct process_id main; /* pid 0: the cgroup as a whole */
    int pidfd;              /* of it; -1: none */
    int proc_fd;
    int cgroup_fd; /* -1: none */
    char cgroup[CGROUP_PATH_MAX];
    struct cgroup_reader *reader; /* NULL: no cgroup */
    struct process_tree *tree;    /* NULL: a cgroup */
    nsec_t next_search_ns;
};

/* Processes in the making of a list. */
struct watch_list {
    int proc_fd;
    struct process_id *ids; /* owned */
    size_t n;
    size_t capacity;
};

void watch_free(struct watch *watch)
{
    if (watch == NULL)
        return;
    cgroup_reader_free(watch->reader);
    process_tree_free(watch->tree);
    closep(&watch->pidfd);
    closep(&watch->cgroup_fd);
    closep(&watch->proc_fd);
    free(watch);
}

void watch_freep(struct watch **watch)
{
    watch_free(*watch);
}

static void watch_list_done(struct watch_list *list)
{
    free(list->ids);
}

/* The folder of a process; -1 with errno. */
static int watch_open_process(int proc_fd, pid_t pid)
{
    char name[16];
    snprintf(name, sizeof(name), "%d", pid);
    return openat(proc_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int watch_list_add(pid_t pid, void *context, struct error *err)
{
    struct watch_list *list = context;
    struct process_stat stat;
    CLEANUP(closep) int process_fd = watch_open_process(list->proc_fd, pid);
    if (process_fd < 0 || process_stat_read(process_fd, &stat, NULL) != 0 ||
        process_stat_is_over(&stat))
        return 0;
    if (list->n == list->capacity) {
        size_t capacity = list->capacity > 0 ? list->capacity * 2 : 64;
        struct process_id *larger = reallocarray(list->ids, capacity, sizeof(*larger));
        if (larger == NULL)
            return error_out_of_memory(err);
        list->ids = larger;
        list->capacity = capacity;
    }
    list->ids[list->n++] = stat.id;
    return 0;
}

/* The processes there are now. Borrowed from the watch or from `list`. */
static int watch_processes(struct watch *watch, struct watch_list *list,
                           const struct process_id **ret, size_t *ret_n, struct error *err)
{
    if (watch->tree != NULL) {
        if (process_tree_refresh(watch->tree, err) < 0)
            return -1;
        *ret = process_tree_members(watch->tree, ret_n);
        return 0;
    }
    list->proc_fd = watch->proc_fd;
    if (cgroup_procs_each(watch->cgroup_fd, watch_list_add, list, err) < 0)
        return -1;
    *ret = list->ids;
    *ret_n = list->n;
    return 0;
}

/* "user www-data", "user 33". */
static void watch_user_text(uid_t uid, char *text, size_t size)
{
    char space[1024];
    struct passwd entry;
    struct passwd *found = NULL;
    if (getpwuid_r(uid, &entry, space, sizeof(space), &found) == 0 && found != NULL)
        snprintf(text, size, "user %.64s", entry.pw_name);
    else
        snprintf(text, size, "user %u", (unsigned)uid);
}

/* May we look into this process? What has gone meanwhile is no obstacle. */
static int watch_check_right(const struct watch *watch, pid_t pid, struct error *err)
{
    char user[80];
    struct stat owner;
    CLEANUP(closep) int process_fd = watch_open_process(watch->proc_fd, pid);
    if (process_fd < 0)
        return 0;
    CLEANUP(closep) int file_fd = openat(process_fd, "smaps_rollup", O_RDONLY | O_CLOEXEC);
    if (file_fd >= 0 || (errno != EACCES && errno != EPERM))
        return 0;
    int reason = errno;
    if (fstat(process_fd, &owner) < 0)
        return 0;
    watch_user_text(owner.st_uid, user, sizeof(user));
    return error_set_errno(err, ERROR_ENVIRONMENT, reason,
                           "cannot read /proc/%d/smaps_rollup, which belongs to %s: run leakcage "
                           "as that user, as root, or with the capability CAP_SYS_PTRACE",
                           pid, user);
}

static int watch_check_rights(struct watch *watch, struct error *err)
{
    CLEANUP(watch_list_done) struct watch_list list = {.ids = NULL};
    const struct process_id *ids = NULL;
    size_t n = 0;
    if (watch_processes(watch, &list, &ids, &n, err) < 0)
        return -1;
    for (size_t i = 0; i < n; i++)
        if (watch_check_right(watch, ids[i].pid, err) < 0)
            return -1;
    return 0;
}

/* Hold on to the process: while the pidfd says that it lives, the pid is its own. */
static int watch_hold_process(struct watch *watch, pid_t pid, struct error *err)
{
    struct process_stat stat;
    watch->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (watch->pidfd < 0)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot open a pidfd of process %d",
                               pid);
    CLEANUP(closep) int process_fd = watch_open_process(watch->proc_fd, pid);
    int status = process_fd >= 0 ? process_stat_read(process_fd, &stat, err) : 1;
    if (status < 0)
        return -1;
    struct pollfd end = {.fd = watch->pidfd, .events = POLLIN};
    if (status == 1 || poll(&end, 1, 0) != 0)
        return error_set(err, ERROR_SERVICE, "process %d has just ended", pid);
    watch->main = stat.id;
    return 0;
}

static int watch_open_cgroup(struct watch *watch, const char *path, struct error *err)
{
    snprintf(watch->cgroup, sizeof(watch->cgroup), "%s", path);
    watch->cgroup_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (watch->cgroup_fd < 0)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot open the cgroup %s", path);
    if (cgroup_reader_open(watch->cgroup_fd, &watch->reader, err) < 0)
        return error_prefix(err, "%s", path);
    return 0;
}

int watch_open(const struct watch_point *point, struct watch **ret, struct error *err)
{
    CLEANUP(watch_freep) struct watch *watch = calloc(1, sizeof(*watch));
    if (watch == NULL)
        return error_out_of_memory(err);
    watch->pidfd = -1;
    watch->cgroup_fd = -1;
    watch->proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (watch->proc_fd < 0)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot open /proc");
    if (point->pid > 0 && watch_hold_process(watch, point->pid, err) < 0)
        return -1;
    if (point->cgroup[0] != '\0' && watch_open_cgroup(watch, point->cgroup, err) < 0)
        return -1;
    if (point->cgroup[0] == '\0') {
        int status = process_tree_new(watch->proc_fd, &watch->main, &watch->tree, err);
        if (status == 1)
            return error_set(err, ERROR_SERVICE, "process %d has just ended", point->pid);
        if (status < 0)
            return -1;
    }
    if (watch_check_rights(watch, err) < 0)
        return -1;
    *ret = take_ptr(&watch);
    return 0;
}

static bool watch_is_over(const struct watch *watch)
{
    struct pollfd end = {.fd = watch->pidfd, .events = POLLIN};
    if (watch->pidfd >= 0)
        return poll(&end, 1, 0) != 0;
    return !cgroup_tree_is_populated(watch->cgroup_fd);
}

int watch_state(struct watch *watch, struct instance_state *ret, struct error *err)
{
    size_t n = 0;
    if (watch->tree != NULL) {
        process_tree_members(watch->tree, &n);
    } else {
        int counted = cgroup_procs_count(watch->cgroup_fd, err);
        if (counted < 0)
            return -1;
        n = (size_t)counted;
    }
    bool over = watch_is_over(watch);
    *ret = (struct instance_state){.alive = !over, .processes = over ? 0 : (unsigned)n};
    return 0;
}

/* Look for new processes now and then: a pass over a machine with thousands takes its time. */
static int watch_search(struct watch *watch, struct error *err)
{
    nsec_t begin_ns = clock_now_ns();
    if (begin_ns < watch->next_search_ns)
        return 0;
    if (process_tree_refresh(watch->tree, err) < 0)
        return -1;
    nsec_t end_ns = clock_now_ns();
    watch->next_search_ns = end_ns + (end_ns - begin_ns) * WATCH_SEARCH_SHARE;
    return 0;
}

int watch_read(struct watch *watch, bool full, struct memory_sample *ret, struct error *err)
{
    if (watch->reader != NULL)
        return full ? cgroup_reader_full(watch->reader, ret, err)
                    : cgroup_reader_quick(watch->reader, ret, err);
    struct memory_sample sample = {.t_ns = 0};
    uint64_t rss_bytes = 0;
    if (full && watch_search(watch, err) < 0)
        return -1;
    if (process_tree_rss(watch->tree, &rss_bytes) == 0)
        return 1;
    memory_sample_set(&sample, MEMORY_RSS, rss_bytes);
    *ret = sample;
    return 0;
}

int watch_survey(struct watch *watch, uint16_t service_port, struct survey *ret, struct error *err)
{
    struct survey survey;
    survey_init(&survey);
    survey.t_ns = ret->t_ns;
    int status = watch_read(watch, true, &survey.memory, err);
    if (status != 0)
        return status;
    if (watch->tree == NULL) {
        status = process_survey_take(watch->cgroup_fd, watch->proc_fd, service_port, &survey, err);
    } else {
        size_t n = 0;
        survey.memory.present = 0; /* a survey has an RSS of its own */
        if (process_tree_refresh(watch->tree, err) < 0)
            return -1;
        const struct process_id *ids = process_tree_members(watch->tree, &n);
        status = process_survey_take_these(ids, n, watch->proc_fd, service_port, &survey, err);
        if (status == 0 && survey.value[SURVEY_PROCESSES] == 0)
            return 1;
    }
    if (status < 0)
        return -1;
    *ret = survey;
    return 0;
}

int watch_inspect(struct watch *watch, uint16_t service_port, uint64_t limit_bytes,
                  struct runtime_survey *ret, struct error *err)
{
    CLEANUP(watch_list_done) struct watch_list list = {.ids = NULL};
    const struct process_id *ids = NULL;
    size_t n = 0;
    if (watch_processes(watch, &list, &ids, &n, err) < 0)
        return -1;
    runtime_survey_take_these(ids, n, watch->proc_fd, service_port, limit_bytes, ret);
    return 0;
}

bool watch_shares_network(struct watch *watch)
{
    CLEANUP(watch_list_done) struct watch_list list = {.ids = NULL};
    const struct process_id *ids = NULL;
    size_t n = 0;
    char path[48];
    char theirs[64] = "";
    char ours[64] = "";
    if (watch_processes(watch, &list, &ids, &n, NULL) < 0 || n == 0)
        return true;
    snprintf(path, sizeof(path), "/proc/%d/ns/net", ids[0].pid);
    return readlink(path, theirs, sizeof(theirs) - 1) <= 0 ||
           readlink("/proc/self/ns/net", ours, sizeof(ours) - 1) <= 0 || strcmp(theirs, ours) == 0;
}

int watch_listeners(struct watch *watch, struct listeners *ret, struct error *err)
{
    CLEANUP(watch_list_done) struct watch_list list = {.ids = NULL};
    const struct process_id *ids = NULL;
    size_t n = 0;
    if (watch_processes(watch, &list, &ids, &n, err) < 0)
        return -1;
    return listeners_find(ids, n, watch->proc_fd, ret, err);
}

int watch_limit(const struct watch *watch, uint64_t *ret_bytes, struct error *err)
{
    struct cgroup_layout layout;
    *ret_bytes = UINT64_MAX;
    if (watch->reader == NULL)
        return 0;
    if (cgroup_layout_read(&layout, err) < 0)
        return -1;
    return cgroup_limit_effective(layout.v2_mount, watch->cgroup, ret_bytes, err);
}
