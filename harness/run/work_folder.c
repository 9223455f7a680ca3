#include "run/work_folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/owner.h"

static const char *const work_folder_kinds[] = {WORK_FOLDER_SESSION, WORK_FOLDER_REVISIONS};

static bool work_folder_is_dead(const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(work_folder_kinds); i++) {
        size_t length = strlen(work_folder_kinds[i]);
        if (strncmp(name, work_folder_kinds[i], length) == 0)
            return owner_is_dead(name + length);
    }
    return false;
}

unsigned work_folder_sweep(const char *results_dir)
{
    DIR *dir = opendir(results_dir);
    if (dir == NULL)
        return 0;
    unsigned swept = 0;
    const struct dirent *entry = NULL;
    while ((entry = readdir(dir)) != NULL) {
        if (!work_folder_is_dead(entry->d_name))
            continue;
        CLEANUP(freep) char *path = file_join(results_dir, entry->d_name);
        if (path != NULL && file_remove_tree(path, NULL) == 0)
            swept++;
    }
    closedir(dir);
    return swept;
}

int work_folder_make_passage(const char *path, struct error *err)
{
    if (file_make_directories(path, err) < 0)
        return -1;
    if (chmod(path, S_IRWXU | S_IXGRP | S_IXOTH) < 0 && errno != EPERM)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot set the mode of %s", path);
    return 0;
}

int work_folder_make(const char *results_dir, const char *kind, char **ret, struct error *err)
{
    char owner[OWNER_NAME_MAX];
    if (file_make_directories(results_dir, err) < 0 || owner_name(owner, err) < 0)
        return -1;
    work_folder_sweep(results_dir);
    CLEANUP(freep) char *absolute = realpath(results_dir, NULL);
    if (absolute == NULL)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot find %s", results_dir);
    CLEANUP(freep) char *path = NULL;
    if (asprintf(&path, "%s/%s%s", absolute, kind, owner) < 0) {
        path = NULL;
        return error_out_of_memory(err);
    }
    bool is_private = strcmp(kind, WORK_FOLDER_SESSION) == 0;
    if ((is_private ? work_folder_make_passage(path, err) : file_make_directories(path, err)) < 0)
        return -1;
    *ret = take_ptr(&path);
    return 0;
}
