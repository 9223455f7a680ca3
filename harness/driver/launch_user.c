#include "driver/launch_user.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

int launch_user_find(const char *user, struct account *account, const struct account **ret,
                     struct error *err)
{
    *ret = NULL;
    if (user == NULL)
        return 0;
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
    if (user->name[0] == '\0')
        return 0;
    if (environment_set_text(environment, "USER", user->name, err) < 0)
        return -1;
    return environment_set_text(environment, "LOGNAME", user->name, err);
}

int launch_user_give(const struct account *user, const char *path, struct error *err)
{
    struct stat status;
    bool given = chown(path, user->uid, user->gid) == 0 || errno == EPERM;
    if (!given || stat(path, &status) < 0)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot give %s to user %u", path,
                               user->uid);
    mode_t everybody = S_ISDIR(status.st_mode) ? 0777 : 0666;
    if (status.st_uid != user->uid && chmod(path, everybody) < 0)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot give %s to user %u", path,
                               user->uid);
    return 0;
}
