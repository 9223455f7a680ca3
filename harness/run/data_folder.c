#include "run/data_folder.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

/* Malloc'd; NULL when out of memory. */
static char *data_folder_path(const char *work_dir, const char *id)
{
    char *path = NULL;
    return asprintf(&path, "%s/%s.data", work_dir, id) < 0 ? NULL : path;
}

int data_folder_make(const char *work_dir, const char *id, char **ret, struct error *err)
{
    CLEANUP(freep) char *path = data_folder_path(work_dir, id);
    if (path == NULL)
        return error_out_of_memory(err);
    if (mkdir(path, 0777) < 0)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot make the folder %s", path);
    *ret = take_ptr(&path);
    return 0;
}

/* A tmpfs is memory, and what is written there is charged to whoever writes it. */
static bool data_folder_is_memory(const char *path)
{
    struct statfs status;
    return statfs(path, &status) == 0 &&
           (status.f_type == TMPFS_MAGIC || status.f_type == RAMFS_MAGIC);
}

void data_folder_check(const char *data_dir, struct record *record)
{
    /* Only a folder in which there is something has cost memory: an empty one can go at once. */
    if (data_folder_is_memory(data_dir) && rmdir(data_dir) < 0)
        record_warn(record, "what was written to LEAKCAGE_DATA is memory here (shmem): the results "
                            "are on a tmpfs; -o DIR puts them on a disk");
}

void data_folder_remove(const char *work_dir, const char *id, struct record *record)
{
    struct error err = {0};
    CLEANUP(freep) char *path = data_folder_path(work_dir, id);
    if (path == NULL)
        (void)error_out_of_memory(&err);
    else if (file_remove_tree(path, &err) == 0)
        return;
    record_warn(record, "%s", err.text);
}
