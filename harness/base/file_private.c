#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

/* Descriptors that a walk holds open at a time. */
#define WALK_DESCRIPTORS 16

int file_make_private_directory(const char *path, struct error *err)
{
    struct stat status;
    if (file_make_directories(path, err) < 0)
        return -1;
    /* Where the file system keeps no modes, or the folder is another's, it stays as it is. */
    if (lstat(path, &status) == 0 && S_ISDIR(status.st_mode) &&
        (status.st_mode & 07777U) != S_IRWXU && chmod(path, S_IRWXU) < 0 && errno != EPERM)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot close %s to others", path);
    return 0;
}

/* Folders come before what is in them. */
static int file_keep_one(const char *path, const struct stat *status, int kind, struct FTW *at)
{
    (void)at;
    if (kind == FTW_DNR) /* what is in there was not looked at */
        return file_remove_tree(path, NULL);
    if (kind == FTW_D)
        return chmod(path, S_IRWXU);
    if (kind == FTW_NS)
        return 0; /* gone */
    if (S_ISREG(status->st_mode))
        return chmod(path, S_IRUSR | S_IWUSR);
    return unlink(path);
}

int file_keep_plain(const char *path, struct error *err)
{
    if (nftw(path, file_keep_one, WALK_DESCRIPTORS, FTW_PHYS) != 0)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot look through %s", path);
    return 0;
}

/* From one open folder to the next: nobody can lead us astray. */
static int give_tree_at(int parent_fd, const char *name, uid_t user, gid_t group)
{
    if (fchownat(parent_fd, name, user, group, AT_SYMLINK_NOFOLLOW) < 0)
        return -1;
    int fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOTDIR || errno == ELOOP ? 0 : -1;
    DIR *dir = fdopendir(fd);
    if (dir == NULL) {
        close(fd);
        return -1;
    }
    int status = 0;
    const struct dirent *entry = NULL;
    while (status == 0 && (entry = readdir(dir)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            status = give_tree_at(dirfd(dir), entry->d_name, user, group);
    closedir(dir);
    return status;
}

int file_give_tree(const char *path, uid_t user, gid_t group, struct error *err)
{
    return give_tree_at(AT_FDCWD, path, user, group) == 0
               ? 0
               : error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot give %s to user %u", path,
                                 user);
}
