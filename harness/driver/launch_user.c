#include "driver/launch_user.h"

#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/caller.h"

int launch_user_find(const char *user, struct account *account, const struct account **ret,
                     struct error *err)
{
    *ret = NULL;
    if (user == NULL)
        return caller_default(account, ret, err);
    if (account_find(user, account, err) < 0)
        return -1;
    if (account_is_ours(account))
        return 0;
    if (geteuid() != 0)
        return error_set(err, ERROR_ENVIRONMENT,
                         "cannot run a program as user %s without being root: run leakcage as "
                         "root, or with --driver vm, whose guest is root",
                         user);
    *ret = account;
    return 0;
}

int launch_user_describe(const struct account *user, struct environment *environment,
                         struct error *err)
{
    if (user == NULL)
        return 0;
    if (environment_set_text(environment, "HOME", user->home[0] != '\0' ? user->home : "/", err) <
        0)
        return -1;
    /* Ours is for us alone, as likely as not. */
    if (getenv("TMPDIR") != NULL && environment_set_text(environment, "TMPDIR", P_tmpdir, err) < 0)
        return -1;
    if (user->name[0] == '\0')
        return 0;
    if (environment_set_text(environment, "USER", user->name, err) < 0)
        return -1;
    return environment_set_text(environment, "LOGNAME", user->name, err);
}

int launch_user_give(const struct account *user, const char *path, struct error *err)
{
    struct stat status;
    bool given = lchown(path, user->uid, user->gid) == 0 || errno == EPERM;
    if (!given || lstat(path, &status) < 0)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot give %s to user %u", path,
                               user->uid);
    if (S_ISLNK(status.st_mode))
        return error_set(err, ERROR_ENVIRONMENT, "%s is a link, and not given to anybody", path);
    mode_t everybody = S_ISDIR(status.st_mode) ? 0777 : 0666;
    if (status.st_uid != user->uid && chmod(path, everybody) < 0)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot give %s to user %u", path,
                               user->uid);
    return 0;
}

/* Let everybody through a folder of the guest's overlay. */
static bool launch_user_open_way(const char *folder)
{
    struct statfs system;
    struct stat status;
    return caller_is_elsewhere() && statfs(folder, &system) == 0 &&
           system.f_type == OVERLAYFS_SUPER_MAGIC && stat(folder, &status) == 0 &&
           chmod(folder, (status.st_mode & 07777U) | S_IXUSR | S_IXGRP | S_IXOTH) == 0;
}

int launch_user_reach(const struct account *user, const char *path, struct error *err)
{
    char folder[PATH_MAX];
    size_t length = strlen(path);
    if (user == NULL || length >= sizeof(folder))
        return 0;
    for (size_t end = 1; end <= length; end++) {
        struct stat status;
        struct error why = {.kind = ERROR_NONE};
        if (path[end] != '/' && path[end] != '\0')
            continue;
        snprintf(folder, sizeof(folder), "%.*s", (int)end, path);
        if (stat(folder, &status) < 0 || !S_ISDIR(status.st_mode))
            return 0;
        if (account_check_reach(user, folder, &why) == 0 || launch_user_open_way(folder))
            continue;
        return error_set(err, ERROR_ENVIRONMENT,
                         "%s; a service has no more rights than it needs: let everybody through "
                         "(chmod o+x), put it elsewhere, or say whom it is to run as (--user root "
                         "is as much as leakcage itself may)",
                         why.text);
    }
    return 0;
}
