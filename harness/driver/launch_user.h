#pragma once
/* Start a program as another user: who that is, and what has to be his. */
#include "base/account.h"
#include "driver/environment.h"

/* `user` as in program.user; NULL: nobody was named, and where we are root it is the one who called
 * (base/caller.h). *ret is `account`, filled, or NULL where nothing is to be changed: we are that
 * one. ERROR_ENVIRONMENT: it takes root. */
int launch_user_find(const char *user, struct account *account, const struct account **ret,
                     struct error *err);

/* May the user come to `path`, a file or folder (no matter when it is not there)? In a guest the
 * way is opened, in an overlay that nobody else sees. ERROR_ENVIRONMENT names the folder that keeps
 * it out, and the fix. */
int launch_user_reach(const struct account *user, const char *path, struct error *err);

/* HOME, USER and LOGNAME, as a login sets them; TMPDIR, when there is one, is everybody's. `user`
 * NULL: as they are. */
int launch_user_describe(const struct account *user, struct environment *environment,
                         struct error *err);

/* Make a file or folder the user's; a link is an error. Where the file system does not tell users
 * apart (the guest's share, when its host is not root), everybody's: what is given is there for one
 * run only. */
int launch_user_give(const struct account *user, const char *path, struct error *err);
