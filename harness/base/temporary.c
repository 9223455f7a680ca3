#include "base/temporary.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/owner.h"

#define ENDING "-XXXXXX"

static const char *temporary_place(void)
{
    const char *place = getenv("TMPDIR");
    return place != NULL && *place == '/' ? place : P_tmpdir;
}

int temporary_make(const char *kind, char *ret, size_t size, struct error *err)
{
    char owner[OWNER_NAME_MAX];
    *ret = '\0';
    temporary_sweep();
    if (owner_name(owner, err) < 0)
        return -1;
    const char *place = temporary_place();
    int length = snprintf(ret, size, "%s/%s.%s" ENDING, place, owner, kind);
    if (length >= 0 && (size_t)length >= size)
        length = snprintf(ret, size, "%s/%s.%s" ENDING, place = P_tmpdir, owner, kind);
    if (length >= 0 && (size_t)length < size && mkdtemp(ret) != NULL)
        return 0;
    *ret = '\0';
    return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot make a folder in %s (TMPDIR)",
                           place);
}

/* OWNER.KIND-XXXXXX of a dead owner: a folder, and ours. Others may make what they like in there.
 */
static bool temporary_is_left(int dir_fd, const char *name)
{
    char owner[OWNER_NAME_MAX];
    struct stat status;
    const char *dot = strchr(name, '.');
    if (strncmp(name, "leakcage-", strlen("leakcage-")) != 0 || dot == NULL ||
        (size_t)(dot - name) >= sizeof(owner))
        return false;
    snprintf(owner, sizeof(owner), "%.*s", (int)(dot - name), name);
    return fstatat(dir_fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode) &&
           status.st_uid == geteuid() && owner_is_dead(owner);
}

static unsigned temporary_sweep_place(const char *place)
{
    DIR *dir = opendir(place);
    if (dir == NULL)
        return 0;
    unsigned swept = 0;
    const struct dirent *entry = NULL;
    while ((entry = readdir(dir)) != NULL) {
        if (!temporary_is_left(dirfd(dir), entry->d_name))
            continue;
        CLEANUP(freep) char *path = file_join(place, entry->d_name);
        if (path != NULL && file_remove_tree(path, NULL) == 0)
            swept++;
    }
    closedir(dir);
    return swept;
}

unsigned temporary_sweep(void)
{
    const char *place = temporary_place();
    unsigned swept = temporary_sweep_place(place);
    return strcmp(place, P_tmpdir) == 0 ? swept : swept + temporary_sweep_place(P_tmpdir);
}
