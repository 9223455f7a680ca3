/* A tree is removed from one open folder at a time: down by name, up by "..". So a depth that is
 * beyond every path and every table of descriptors costs no more than a few bytes a level. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

/* Some file systems skip entries when others are removed while a folder is read (9p over tmpfs is
 * one), so a folder may need a second look; one that fills up again gets no more than these. */
#define REMOVE_LOOKS_MAX 100

/* Which folder: "..", when it leads elsewhere, is not where we came from. */
struct remove_level {
    dev_t device;
    ino_t inode;
};

struct remove_walk {
    const char *path; /* of the tree */
    DIR *dir;         /* where we are; owned */
    struct remove_level *levels;
    size_t depth; /* of `dir` below the tree's own folder; levels[depth] is that of `dir` */
    size_t n_allocated;
    struct remove_level left; /* the folder that was left last, as empty… */
    unsigned looks;           /* …so often */
};

static void remove_walk_done(struct remove_walk *walk)
{
    if (walk->dir != NULL)
        closedir(walk->dir);
    free(walk->levels);
}

static int remove_error(const struct remove_walk *walk, const char *name, struct error *err)
{
    int saved = errno;
    return error_set_errno(err, ERROR_ENVIRONMENT, saved, "cannot remove \"%.100s\" below %s", name,
                           walk->path);
}

/* Open a folder to empty it: with the rights it takes, where they are ours to give. */
static int remove_open(int parent_fd, const char *name)
{
    int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int fd = openat(parent_fd, name, flags);
    if (fd < 0 && errno == EACCES && fchmodat(parent_fd, name, S_IRWXU, 0) == 0)
        fd = openat(parent_fd, name, flags);
    struct stat status;
    if (fd >= 0 && fstat(fd, &status) == 0 && (status.st_mode & S_IRWXU) != S_IRWXU)
        (void)fchmod(fd, S_IRWXU); /* when it is refused, unlinkat will say so */
    return fd;
}

static bool remove_is_level(const struct remove_level *level, const struct stat *status)
{
    return level->device == status->st_dev && level->inode == status->st_ino;
}

/* Be in the folder that `fd` is, which is taken over. */
static int remove_enter(struct remove_walk *walk, int fd, const char *name, struct error *err)
{
    CLEANUP(closep) int owned_fd = fd;
    struct stat status;
    if (owned_fd < 0 || fstat(owned_fd, &status) < 0)
        return remove_error(walk, name, err);
    walk->looks = remove_is_level(&walk->left, &status) ? walk->looks + 1 : 0;
    if (walk->looks > REMOVE_LOOKS_MAX) {
        errno = ENOTEMPTY;
        return remove_error(walk, name, err);
    }
    if (walk->depth + 1 >= walk->n_allocated) {
        size_t n = walk->n_allocated > 0 ? walk->n_allocated * 2 : 64;
        struct remove_level *levels = reallocarray(walk->levels, n, sizeof(*levels));
        if (levels == NULL)
            return error_out_of_memory(err);
        walk->levels = levels;
        walk->n_allocated = n;
    }
    DIR *dir = fdopendir(owned_fd);
    if (dir == NULL)
        return remove_error(walk, name, err);
    (void)take_fd(&owned_fd);
    walk->depth += walk->dir != NULL ? 1 : 0;
    walk->levels[walk->depth] = (struct remove_level){status.st_dev, status.st_ino};
    if (walk->dir != NULL)
        closedir(walk->dir);
    walk->dir = dir;
    return 0;
}

/* Back up. Somebody who is still at work in the tree may have moved the folder we are in: what is
 * above it then is not ours to remove. */
static int remove_leave(struct remove_walk *walk, struct error *err)
{
    struct stat status;
    CLEANUP(closep) int fd = openat(dirfd(walk->dir), "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) < 0)
        return remove_error(walk, "..", err);
    if (!remove_is_level(&walk->levels[walk->depth - 1], &status))
        return error_set(err, ERROR_ENVIRONMENT, "cannot remove %s: it was changed meanwhile",
                         walk->path);
    DIR *dir = fdopendir(fd);
    if (dir == NULL)
        return remove_error(walk, "..", err);
    (void)take_fd(&fd);
    closedir(walk->dir);
    walk->dir = dir;
    walk->left = walk->levels[walk->depth--];
    return 0;
}

/* Remove one entry. 1: it is a folder that is not empty. */
static int remove_entry(const struct remove_walk *walk, const char *name, struct error *err)
{
    int fd = dirfd(walk->dir);
    if (unlinkat(fd, name, 0) == 0 || errno == ENOENT)
        return 0;
    int saved = errno;
    /* EISDIR is Linux's word for a folder, EPERM that of POSIX. */
    if (saved != EISDIR && saved != EPERM)
        return remove_error(walk, name, err);
    if (unlinkat(fd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
        return 0;
    if (errno == ENOTEMPTY || errno == EEXIST)
        return 1;
    if (errno == ENOTDIR)
        errno = saved;
    return remove_error(walk, name, err);
}

/* Empty the folder we are in; 1: there is a folder to go down to first, and we are in it. */
static int remove_content(struct remove_walk *walk, struct error *err)
{
    for (;;) {
        errno = 0;
        /* Entered before. NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker) */
        const struct dirent *entry = readdir(walk->dir);
        if (entry == NULL)
            return errno == 0 ? 0 : remove_error(walk, ".", err);
        const char *name = entry->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
            continue;
        int status = remove_entry(walk, name, err);
        if (status < 0)
            return -1;
        if (status == 1)
            return remove_enter(walk, remove_open(dirfd(walk->dir), name), name, err) < 0 ? -1 : 1;
    }
}

int file_remove_tree(const char *path, struct error *err)
{
    CLEANUP(remove_walk_done) struct remove_walk walk = {.path = path};
    if (unlink(path) == 0 || errno == ENOENT || rmdir(path) == 0)
        return 0;
    if (errno != ENOTEMPTY && errno != EEXIST)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot remove %s", path);
    if (remove_enter(&walk, remove_open(AT_FDCWD, path), path, err) < 0)
        return -1;
    for (unsigned looks = 0;;) {
        bool is_top = walk.depth == 0;
        int status = remove_content(&walk, err);
        if (status < 0 || (status == 0 && !is_top && remove_leave(&walk, err) < 0))
            return -1;
        if (status == 1 || !is_top)
            continue;
        if (rmdir(path) == 0)
            return 0;
        if (errno != ENOTEMPTY || ++looks > REMOVE_LOOKS_MAX)
            return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot remove %s", path);
        rewinddir(walk.dir);
    }
}
