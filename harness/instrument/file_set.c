#include "instrument/file_set.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"

#define SLOTS       (2 * (size_t)FILE_SET_MAX) /* a power of two */
#define LINK_ROOM   4096
#define PATH_ROOM   4200
#define DEPTH_MAX   16
#define BLOCK_BYTES 512 /* of st_blocks */
#define DEVICES_MAX 16

struct file_set_key {
    dev_t device;
    ino_t inode;
    bool is_used;
};

/* Is this device a tmpfs? Asked once. */
struct file_set_device {
    dev_t device;
    bool is_tmpfs;
};

struct file_set {
    struct profile *profile;
    struct file_set_facts facts;
    struct file_set_key *slots; /* open addressing; owned */
    size_t n, dropped;
    struct file_set_device devices[DEVICES_MAX];
    unsigned n_devices;
};

int file_set_new(struct profile *profile, const struct file_set_facts *facts, struct file_set **ret,
                 struct error *err)
{
    struct file_set *set = calloc(1, sizeof(*set));
    if (set == NULL)
        return error_out_of_memory(err);
    *set = (struct file_set){.profile = profile, .facts = *facts};
    set->slots = calloc(SLOTS, sizeof(*set->slots));
    if (set->slots == NULL) {
        free(set);
        return error_out_of_memory(err);
    }
    *ret = set;
    return 0;
}

void file_set_free(struct file_set *set)
{
    if (set == NULL)
        return;
    free(set->slots);
    free(set);
}

void file_set_freep(struct file_set **set)
{
    file_set_free(*set);
}

size_t file_set_dropped(const struct file_set *set)
{
    return set->dropped;
}

/* Is it a new one? False as well when there is no room. */
static bool file_set_take(struct file_set *set, dev_t device, ino_t inode)
{
    size_t at = ((size_t)inode * 2654435761U ^ (size_t)device * 40503U) & (SLOTS - 1);
    while (set->slots[at].is_used &&
           (set->slots[at].device != device || set->slots[at].inode != inode))
        at = (at + 1) & (SLOTS - 1);
    if (set->slots[at].is_used)
        return false;
    if (set->n == FILE_SET_MAX) {
        set->dropped++;
        return false;
    }
    set->slots[at] = (struct file_set_key){.device = device, .inode = inode, .is_used = true};
    set->n++;
    return true;
}

static int file_set_count(struct file_set *set, enum file_kind kind, const char *name,
                          uint64_t bytes, struct error *err)
{
    char label[FILE_LABEL_MAX];
    uint32_t frame = 0;
    unsigned part = kind == FILE_KIND_CACHE ? FILE_SET_CACHE : FILE_SET_SHMEM;
    if (bytes == 0 || (set->facts.parts & part) == 0)
        return 0;
    const int64_t values[] = {
        1, (int64_t)(bytes < INT64_MAX / FILE_SET_MAX ? bytes : INT64_MAX / FILE_SET_MAX)};
    const struct profile_frame what = {
        .function = file_label(kind, name, set->facts.data_dir, label), .file = ""};
    if (profile_add_frame(set->profile, &what, &frame, err) < 0)
        return -1;
    return profile_add_sample(set->profile, &frame, 1, values, err);
}

int file_set_add_bytes(struct file_set *set, enum file_kind kind, dev_t device, ino_t inode,
                       uint64_t bytes, struct error *err)
{
    return file_set_take(set, device, inode) ? file_set_count(set, kind, "", bytes, err) : 0;
}

static bool file_set_is_tmpfs(struct file_set *set, dev_t device, const char *path)
{
    for (unsigned i = 0; i < set->n_devices; i++)
        if (set->devices[i].device == device)
            return set->devices[i].is_tmpfs;
    struct statfs status;
    bool is_tmpfs = statfs(path, &status) == 0 &&
                    (status.f_type == TMPFS_MAGIC || status.f_type == RAMFS_MAGIC);
    if (set->n_devices < DEVICES_MAX)
        set->devices[set->n_devices++] =
            (struct file_set_device){.device = device, .is_tmpfs = is_tmpfs};
    return is_tmpfs;
}

int file_set_add_path(struct file_set *set, const char *path, const char *name, struct error *err)
{
    struct stat status;
    if (name == NULL)
        name = path;
    if (stat(path, &status) < 0 || !S_ISREG(status.st_mode))
        return 0;
    bool is_sysv = file_label_kind(name, true) == FILE_KIND_SYSV;
    if (!file_set_take(set, is_sysv ? FILE_SET_SYSV_DEVICE : status.st_dev, status.st_ino))
        return 0;
    /* A tmpfs has no blocks but those that are memory (or swapped out). */
    if (file_set_is_tmpfs(set, status.st_dev, path))
        return file_set_count(set, file_label_kind(name, true), name,
                              (uint64_t)status.st_blocks * BLOCK_BYTES, err);
    CLEANUP(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOATIME);
    if (fd < 0 && errno == EPERM)
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct file_pages_count count;
    int result = fd >= 0 ? file_pages_measure(set->facts.pages, fd, &count, err) : 1;
    if (result != 0)
        return result < 0 ? -1 : 0;
    return file_set_count(set, file_label_kind(name, count.is_shmem), name, count.bytes, err);
}

/* Each entry of /proc/PID/fd or map_files leads to a file, which need not have a name. */
static int file_set_add_links(struct file_set *set, const char *folder, struct error *err)
{
    DIR *dir = opendir(folder);
    int status = 0;
    const struct dirent *entry = NULL;
    while (dir != NULL && status == 0 && (entry = readdir(dir)) != NULL) {
        char path[PATH_ROOM];
        char link[LINK_ROOM];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        ssize_t length = readlink(path, link, sizeof(link) - 1);
        if (length <= 0 || link[0] != '/') /* a socket, a pipe, … */
            continue;
        link[length] = '\0';
        status = file_set_add_path(set, path, link, err);
    }
    if (dir != NULL)
        closedir(dir);
    return status;
}

int file_set_add_process(struct file_set *set, pid_t pid, struct error *err)
{
    static const char *const folders[] = {"fd", "map_files"};
    char path[64];
    for (size_t i = 0; i < ARRAY_LENGTH(folders); i++) {
        snprintf(path, sizeof(path), "/proc/%d/%s", pid, folders[i]);
        if (file_set_add_links(set, path, err) < 0)
            return -1;
    }
    return 0;
}

static int file_set_walk(struct file_set *set, const char *folder, unsigned depth,
                         struct error *err)
{
    DIR *dir = depth < DEPTH_MAX ? opendir(folder) : NULL;
    int status = 0;
    const struct dirent *entry = NULL;
    while (dir != NULL && status == 0 && (entry = readdir(dir)) != NULL) {
        struct stat what;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        CLEANUP(freep) char *path = NULL;
        if (asprintf(&path, "%s/%s", folder, entry->d_name) < 0) {
            path = NULL;
            status = error_out_of_memory(err);
        } else if (lstat(path, &what) == 0 && S_ISDIR(what.st_mode)) {
            status = file_set_walk(set, path, depth + 1, err);
        } else if (S_ISREG(what.st_mode)) {
            status = file_set_add_path(set, path, NULL, err);
        }
    }
    if (dir != NULL)
        closedir(dir);
    return status;
}

int file_set_add_folder(struct file_set *set, const char *path, struct error *err)
{
    return file_set_walk(set, path, 0, err);
}
