#pragma once
/* A user of this machine, by name or number, as whom a program can run. */
#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

#define ACCOUNT_NAME_MAX   64
#define ACCOUNT_HOME_MAX   256
#define ACCOUNT_GROUPS_MAX 64

struct account {
    uid_t uid;
    gid_t gid;
    gid_t groups[ACCOUNT_GROUPS_MAX]; /* its supplementary ones, `gid` among them */
    unsigned n_groups;
    char name[ACCOUNT_NAME_MAX]; /* ""; there is nobody of that number */
    char home[ACCOUNT_HOME_MAX]; /* "": none known */
};

/* From "NAME", "UID", "NAME:GROUP" or "UID:GID" (a group by name or number). A number need not be
 * anybody's; its group is then the same number. ERROR_USAGE for what is no user. */
int account_find(const char *text, struct account *ret, struct error *err);

/* Are we that user, with that group? Then there is nothing to change. */
bool account_is_ours(const struct account *account);

/* May it go into the folder `path` (absolute)? -1: ERROR_ENVIRONMENT, which names the folder on the
 * way that keeps it out. As the modes say, which is not all: lists of access rights are not read.
 */
int account_check_reach(const struct account *account, const char *path, struct error *err);
