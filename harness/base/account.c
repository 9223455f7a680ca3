#include "base/account.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The highest number that is not "none" (-1). */
#define ID_MAX ((unsigned long)UINT_MAX - 1)

static bool account_parse_number(const char *text, unsigned *ret)
{
    char *end = NULL;
    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    if (*end != '\0' || errno != 0 || number > ID_MAX)
        return false;
    *ret = (unsigned)number;
    return true;
}

/* The user itself: `user` is a name or a number. */
static int account_find_user(const char *user, struct account *ret, struct error *err)
{
    unsigned number = 0;
    const struct passwd *found = getpwnam(user);
    if (found == NULL && account_parse_number(user, &number)) {
        found = getpwuid(number);
        ret->uid = number;
        ret->gid = number;
    } else if (found == NULL) {
        return error_set(err, ERROR_USAGE,
                         "found \"%.60s\", expected a user of this machine (NAME, UID or UID:GID)",
                         user);
    }
    if (found == NULL)
        return 0;
    ret->uid = found->pw_uid;
    ret->gid = found->pw_gid;
    snprintf(ret->name, sizeof(ret->name), "%s", found->pw_name);
    snprintf(ret->home, sizeof(ret->home), "%s", found->pw_dir);
    return 0;
}

static int account_find_group(const char *group, struct account *ret, struct error *err)
{
    unsigned number = 0;
    const struct group *found = getgrnam(group);
    if (found != NULL)
        number = found->gr_gid;
    else if (!account_parse_number(group, &number))
        return error_set(err, ERROR_USAGE,
                         "found \"%.60s\", expected a group of this machine (its name, or GID)",
                         group);
    ret->gid = number;
    return 0;
}

int account_find(const char *text, struct account *ret, struct error *err)
{
    char user[128];
    struct account account = {.n_groups = 0};
    size_t length = strcspn(text, ":");
    if (length >= sizeof(user))
        return error_set(err, ERROR_USAGE, "found \"%.60s\", expected a user of this machine",
                         text);
    memcpy(user, text, length);
    user[length] = '\0';
    if (account_find_user(user, &account, err) < 0 ||
        (text[length] == ':' && account_find_group(text + length + 1, &account, err) < 0))
        return -1;

    int n = ACCOUNT_GROUPS_MAX;
    account.groups[0] = account.gid;
    account.n_groups = 1;
    if (account.name[0] != '\0' && getgrouplist(account.name, account.gid, account.groups, &n) >= 0)
        account.n_groups = (unsigned)n;
    *ret = account;
    return 0;
}

bool account_is_ours(const struct account *account)
{
    return account->uid == geteuid() && account->gid == getegid();
}

static bool account_may_enter(const struct account *account, const struct stat *folder)
{
    if (account->uid == 0)
        return true;
    if (folder->st_uid == account->uid)
        return (folder->st_mode & S_IXUSR) != 0;
    for (unsigned i = 0; i < account->n_groups; i++)
        if (folder->st_gid == account->groups[i])
            return (folder->st_mode & S_IXGRP) != 0;
    return (folder->st_mode & S_IXOTH) != 0;
}

int account_check_reach(const struct account *account, const char *path, struct error *err)
{
    char part[PATH_MAX];
    for (const char *end = path; *end != '\0';) {
        struct stat status;
        end += strspn(end, "/");
        end += strcspn(end, "/");
        if ((size_t)(end - path) >= sizeof(part))
            return error_set_errno(err, ERROR_ENVIRONMENT, ENAMETOOLONG, "%s", path);
        memcpy(part, path, (size_t)(end - path));
        part[end - path] = '\0';
        if (stat(part, &status) < 0)
            return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot look at %s", part);
        if (!account_may_enter(account, &status))
            return error_set(err, ERROR_ENVIRONMENT,
                             "user %u may not enter the folder %s (mode %03o)", account->uid, part,
                             status.st_mode & 0777U);
    }
    return 0;
}
