#include "instrument/file_opens.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/fanotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "memory/line_reader.h"

#define SLOTS        (2 * (size_t)FILE_OPENS_MAX) /* a power of two */
#define EVENTS_BYTES 8192
#define PATH_ROOM    4096

struct file_opens {
    int fan_fd, stop_fd; /* -1: none */
    bool has_thread;
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    char **paths;         /* in order; owned, each too */
    size_t n, dropped;
    uint32_t *slots; /* open addressing: the number of a path, and 1 */
};

static uint64_t file_opens_hash(const char *text)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
    return hash;
}

static void file_opens_keep(struct file_opens *opens, const char *path)
{
    size_t at = file_opens_hash(path) & (SLOTS - 1);
    while (opens->slots[at] != 0 && strcmp(opens->paths[opens->slots[at] - 1], path) != 0)
        at = (at + 1) & (SLOTS - 1);
    if (opens->slots[at] != 0)
        return;
    char *copy = opens->n < FILE_OPENS_MAX ? strdup(path) : NULL;
    if (copy == NULL) {
        opens->dropped++;
        return;
    }
    opens->paths[opens->n++] = copy;
    opens->slots[at] = (uint32_t)opens->n;
}

/* The event holds the file open, so it is looked at and let go at once. */
static void file_opens_event(struct file_opens *opens, const struct fanotify_event_metadata *event)
{
    char link[64];
    char path[PATH_ROOM];
    struct stat status;
    if (event->fd < 0)
        return;
    snprintf(link, sizeof(link), "/proc/self/fd/%d", event->fd);
    ssize_t length =
        event->pid != getpid() && fstat(event->fd, &status) == 0 && S_ISREG(status.st_mode)
            ? readlink(link, path, sizeof(path) - 1)
            : -1;
    close(event->fd);
    if (length <= 0 || path[0] != '/')
        return;
    path[length] = '\0';
    pthread_mutex_lock(&opens->lock);
    file_opens_keep(opens, path);
    pthread_mutex_unlock(&opens->lock);
}

static void *file_opens_listen(void *context)
{
    struct file_opens *opens = context;
    char buffer[EVENTS_BYTES] __attribute__((aligned(8)));
    struct pollfd waits[] = {{.fd = opens->fan_fd, .events = POLLIN},
                             {.fd = opens->stop_fd, .events = POLLIN}};
    for (;;) {
        if (poll(waits, ARRAY_LENGTH(waits), -1) < 0 && errno != EINTR)
            return NULL;
        if ((waits[1].revents & POLLIN) != 0)
            return NULL;
        ssize_t length = read(opens->fan_fd, buffer, sizeof(buffer));
        struct fanotify_event_metadata *event = (void *)buffer;
        for (; length > 0 && FAN_EVENT_OK(event, length); event = FAN_EVENT_NEXT(event, length))
            file_opens_event(opens, event);
    }
}

/* Where files are that may be in the page cache; a file system without a device of its own that
 * holds something else costs an event for each look at the kernel. */
static bool file_opens_holds_files(const char *type)
{
    static const char *const others[] = {
        "proc", "sysfs",  "cgroup",     "cgroup2", "devpts",   "devtmpfs", "debugfs",     "tracefs",
        "bpf",  "mqueue", "securityfs", "pstore",  "configfs", "autofs",   "binfmt_misc", "nsfs"};
    for (size_t i = 0; i < ARRAY_LENGTH(others); i++)
        if (strcmp(type, others[i]) == 0)
            return false;
    return true;
}

struct file_opens_mounts {
    struct file_opens *opens;
    const char *root; /* below which its mount points are to be found */
    unsigned n;
};

/* "36 35 98:0 /root /mount/point options - type source options" */
static int file_opens_mount(char *line, void *context, struct error *err)
{
    (void)err;
    struct file_opens_mounts *mounts = context;
    char path[PATH_ROOM];
    char *rest = line;
    const char *point = NULL;
    for (unsigned i = 0; i < 5 && rest != NULL; i++)
        point = strsep(&rest, " ");
    char *dash = rest != NULL ? strstr(rest, " - ") : NULL;
    if (dash == NULL)
        return 0;
    char *type = dash + 3;
    type[strcspn(type, " ")] = '\0';
    if (!file_opens_holds_files(type) ||
        snprintf(path, sizeof(path), "%s%s", mounts->root, point) >= (int)sizeof(path))
        return 0;
    mounts->n += fanotify_mark(mounts->opens->fan_fd, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, FAN_OPEN,
                               AT_FDCWD, path) == 0;
    return 0;
}

void file_opens_add_mounts(struct file_opens *opens, int pid)
{
    char list[64];
    char root[64];
    snprintf(list, sizeof(list), "/proc/%d/mountinfo", pid);
    snprintf(root, sizeof(root), "/proc/%d/root", pid);
    struct file_opens_mounts mounts = {.opens = opens, .root = root};
    (void)line_reader_each(AT_FDCWD, list, file_opens_mount, &mounts, NULL);
}

static int file_opens_open(struct file_opens *opens, struct error *err)
{
    struct file_opens_mounts mounts = {.opens = opens, .root = ""};
    opens->fan_fd = fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC | FAN_NONBLOCK |
                                      FAN_UNLIMITED_QUEUE | FAN_UNLIMITED_MARKS,
                                  O_RDONLY | O_LARGEFILE | O_CLOEXEC | O_NOATIME);
    if (opens->fan_fd < 0)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "fanotify takes root");
    (void)line_reader_each(AT_FDCWD, "/proc/self/mountinfo", file_opens_mount, &mounts, NULL);
    if (mounts.n == 0)
        return error_set(err, ERROR_ENVIRONMENT, "fanotify works on none of the mounts there are");
    opens->stop_fd = eventfd(0, EFD_CLOEXEC);
    if (opens->stop_fd < 0 || pthread_create(&opens->thread, NULL, file_opens_listen, opens) != 0)
        return error_set(err, ERROR_INTERNAL, "cannot start a thread that hears of opened files");
    opens->has_thread = true;
    return 0;
}

int file_opens_begin(struct file_opens **ret, struct error *err)
{
    struct file_opens *opens = calloc(1, sizeof(*opens));
    if (opens == NULL)
        return error_out_of_memory(err);
    opens->fan_fd = opens->stop_fd = -1;
    pthread_mutex_init(&opens->lock, NULL);
    opens->paths = calloc(FILE_OPENS_MAX, sizeof(*opens->paths));
    opens->slots = calloc(SLOTS, sizeof(*opens->slots));
    int status = opens->paths == NULL || opens->slots == NULL ? error_out_of_memory(err) : 0;
    if (status == 0 && file_opens_open(opens, err) < 0)
        status = 1;
    if (status != 0) {
        file_opens_end(opens);
        return status;
    }
    *ret = opens;
    return 0;
}

void file_opens_end(struct file_opens *opens)
{
    if (opens == NULL)
        return;
    if (opens->has_thread) {
        (void)eventfd_write(opens->stop_fd, 1);
        pthread_join(opens->thread, NULL);
    }
    closep(&opens->fan_fd);
    closep(&opens->stop_fd);
    for (size_t i = 0; opens->paths != NULL && i < opens->n; i++)
        free(opens->paths[i]);
    free(opens->paths);
    free(opens->slots);
    pthread_mutex_destroy(&opens->lock);
    free(opens);
}

int file_opens_each(struct file_opens *opens, file_opens_function function, void *context,
                    struct error *err)
{
    for (size_t i = 0;; i++) {
        pthread_mutex_lock(&opens->lock);
        const char *path = i < opens->n ? opens->paths[i] : NULL;
        pthread_mutex_unlock(&opens->lock);
        if (path == NULL)
            return 0;
        if (function(path, context, err) < 0)
            return -1;
    }
}

size_t file_opens_dropped(struct file_opens *opens)
{
    pthread_mutex_lock(&opens->lock);
    size_t dropped = opens->dropped;
    pthread_mutex_unlock(&opens->lock);
    return dropped;
}
