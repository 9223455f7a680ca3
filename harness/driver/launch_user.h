#pragma once
/* Start a program as another user: who that is, and what has to be his. */
#include "base/account.h"
#include "driver/environment.h"

/* `user` as in program.user. *ret is `account`, filled, or NULL where nothing is to be changed: no
 * user was asked for, or we are that one. ERROR_ENVIRONMENT: it takes root. */
int launch_user_find(const char *user, struct account *account, const struct account **ret,
                     struct error *err);

/* HOME, USER and LOGNAME, as a login sets them. `user` NULL: as they are. */
int launch_user_describe(const struct account *user, struct environment *environment,
                         struct error *err);

/* Make a file or folder the user's. Where the file system does not tell users apart (the guest's
 * share, when its host is not root), everybody's: what is given is there for one run only. */
int launch_user_give(const struct account *user, const char *path, struct error *err);
