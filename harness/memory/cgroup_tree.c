#include "memory/cgroup_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "memory/cgroup_procs.h"
#include "memory/process_signal.h"

/* How long to sleep between two looks. */
#define TREE_WAIT_MS  20
#define TREE_RETRY_NS (5 * NSEC_PER_MSEC)

static void closedirp(DIR **dir)
{
    if (*dir != NULL)
        closedir(*dir);
}

static bool tree_populated_text(int events_fd)
{
    char text[256];
    if (file_reread(events_fd, text, sizeof(text)) < 0)
        return false;
    return strstr(text, "populated 1") != NULL;
}

bool cgroup_tree_is_populated(int dir_fd)
{
    CLEANUP(closep) int fd = openat(dir_fd, "cgroup.events", O_RDONLY | O_CLOEXEC);
    return fd >= 0 && tree_populated_text(fd);
}

struct tree_signal {
    int dir_fd, number;
};

static int tree_signal_one(pid_t pid, void *context, struct error *err)
{
    (void)err;
    const struct tree_signal *signal = context;
    (void)process_signal_member(pid, signal->dir_fd, signal->number);
    return 0;
}

void cgroup_tree_signal(int dir_fd, int number)
{
    struct tree_signal signal = {dir_fd, number};
    cgroup_procs_each(dir_fd, tree_signal_one, &signal, NULL);
}

/* "1234 5678", as many as fit. */
struct tree_pids {
    char text[80];
    size_t length;
};

static int tree_list_one(pid_t pid, void *context, struct error *err)
{
    (void)err;
    struct tree_pids *pids = context;
    if (pids->length + 16 < sizeof(pids->text))
        pids->length += (size_t)snprintf(pids->text + pids->length,
                                         sizeof(pids->text) - pids->length, " %d", pid);
    return 0;
}

int cgroup_tree_kill(int dir_fd, nsec_t deadline_ns, struct error *err)
{
    CLEANUP(closep) int events_fd = openat(dir_fd, "cgroup.events", O_RDONLY | O_CLOEXEC);
    if (events_fd < 0)
        return errno == ENOENT
                   ? 0
                   : error_set_errno(err, ERROR_INTERNAL, errno, "cannot open cgroup.events");

    bool at_once = file_write(dir_fd, "cgroup.kill", "1", NULL) == 0;
    while (tree_populated_text(events_fd)) {
        if (!at_once)
            cgroup_tree_signal(dir_fd, SIGKILL);
        nsec_t now_ns = clock_now_ns();
        if (now_ns >= deadline_ns) {
            struct tree_pids pids = {.length = 0};
            cgroup_procs_each(dir_fd, tree_list_one, &pids, NULL);
            return error_set(err, ERROR_INTERNAL, "killed processes that do not go:%s",
                             pids.length > 0 ? pids.text : " (not listed)");
        }
        struct pollfd watch = {.fd = events_fd, .events = POLLPRI};
        int left_ms = clock_poll_timeout_ms(now_ns, deadline_ns);
        poll(&watch, 1, left_ms >= 0 && left_ms < TREE_WAIT_MS ? left_ms : TREE_WAIT_MS);
    }
    return 0;
}

/* The folders below, deepest first. */
static void tree_remove_below(int parent_fd, const char *name)
{
    CLEANUP(closep) int fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    CLEANUP(closedirp) DIR *dir = fdopendir(fd);
    if (dir == NULL)
        return;
    int dir_fd = take_fd(&fd);
    const struct dirent *entry = NULL;
    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
            continue;
        tree_remove_below(dir_fd, entry->d_name);
        unlinkat(dir_fd, entry->d_name, AT_REMOVEDIR);
    }
}

int cgroup_tree_remove(int parent_fd, const char *name, nsec_t deadline_ns, struct error *err)
{
    for (;;) {
        tree_remove_below(parent_fd, name);
        if (unlinkat(parent_fd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
            return 0;
        int saved = errno;
        nsec_t now_ns = clock_now_ns();
        if (now_ns >= deadline_ns || (saved != EBUSY && saved != ENOTEMPTY))
            return error_set_errno(err, ERROR_INTERNAL, saved, "cannot remove the cgroup %s", name);
        clock_sleep_until(now_ns + TREE_RETRY_NS);
    }
}

bool cgroup_tree_lists(int dir_fd, const char *file, const char *controller)
{
    char text[512];
    CLEANUP(closep) int fd = openat(dir_fd, file, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || file_reread(fd, text, sizeof(text)) < 0)
        return false;
    char *rest = NULL;
    for (char *word = strtok_r(text, " \n", &rest); word != NULL;
         word = strtok_r(NULL, " \n", &rest))
        if (strcmp(word, controller) == 0)
            return true;
    return false;
}

int cgroup_tree_enable(int dir_fd, const char *controller, struct error *err)
{
    if (cgroup_tree_lists(dir_fd, "cgroup.subtree_control", controller))
        return 0;
    char text[64];
    snprintf(text, sizeof(text), "+%s", controller);
    return file_write(dir_fd, "cgroup.subtree_control", text, err);
}
