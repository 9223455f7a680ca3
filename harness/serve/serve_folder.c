#include "serve/serve_folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"

/* RESULT/collected/NAME is as deep as they are. */
#define DEPTH_MAX   3
#define ENTRIES_MAX 20000

bool serve_folder_is_within(const char *root, const char *path)
{
    CLEANUP(freep) char *real = realpath(path, NULL);
    size_t length = strlen(root);
    if (real == NULL || strncmp(real, root, length) != 0)
        return false;
    return real[length] == '\0' || real[length] == '/' || (length == 1 && *root == '/');
}

/* What a walk shares. */
struct folder_walk {
    const char *root;
    unsigned left; /* entries that it may look at */
};

static int folder_walk(struct folder_walk *walk, const char *dir, unsigned depth,
                       struct error *err);

static int folder_check_entry(struct folder_walk *walk, const char *path, unsigned depth,
                              struct error *err)
{
    struct stat status;
    if (walk->left-- == 0)
        return error_set(err, ERROR_USAGE, "%s: found more than %d files, expected a result", path,
                         ENTRIES_MAX);
    if (lstat(path, &status) < 0)
        return errno == ENOENT ? 0 : error_set_errno(err, ERROR_USAGE, errno, "%s", path);
    if (S_ISLNK(status.st_mode)) {
        if (!serve_folder_is_within(walk->root, path))
            return error_set(err, ERROR_USAGE, "%s: found a link out of the folder that is served",
                             path);
        if (stat(path, &status) < 0)
            return 0;
    } else if (S_ISDIR(status.st_mode)) {
        return folder_walk(walk, path, depth, err);
    }
    if (!S_ISREG(status.st_mode))
        return error_set(err, ERROR_USAGE, "%s: found what is no file", path);
    return 0;
}

static int folder_walk(struct folder_walk *walk, const char *dir, unsigned depth, struct error *err)
{
    if (depth == 0)
        return error_set(err, ERROR_USAGE, "%s: found a folder in so many others", dir);
    DIR *folder = opendir(dir);
    if (folder == NULL)
        return error_set_errno(err, ERROR_USAGE, errno, "cannot read the folder %s", dir);
    int status = 0;
    const struct dirent *entry = NULL;
    while (status == 0 && (entry = readdir(folder)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        CLEANUP(freep) char *path = file_join(dir, entry->d_name);
        status = path != NULL ? folder_check_entry(walk, path, depth - 1, err)
                              : error_out_of_memory(err);
    }
    closedir(folder);
    return status;
}

int serve_folder_check(const char *root, const char *dir, struct error *err)
{
    struct folder_walk walk = {.root = root, .left = ENTRIES_MAX};
    if (!serve_folder_is_within(root, dir))
        return error_set(err, ERROR_USAGE, "%s: found outside the folder that is served", dir);
    return folder_walk(&walk, dir, DEPTH_MAX, err);
}
