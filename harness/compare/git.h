#pragma once
/* git, as a program: the repository that the working directory is in, and clones of its commits.
 *
 * The repository is only read. Variables of the environment that would lead git elsewhere (GIT_DIR
 * and its like, which a hook or `git bisect run` may have set) are not handed on to what works in a
 * clone. */
#include <stddef.h>

#include "base/error.h"

#define GIT_COMMIT_MAX 65 /* SHA-256, in hexadecimal, and the NUL */

struct git {
    char *top;    /* absolute: the working tree; owned */
    char *prefix; /* of the working directory in there: "", "sub/folder/"; owned */
    char **env;   /* ours, without what leads git elsewhere; NULL-terminated; owned */
};

/* The repository here. ERROR_USAGE when there is none, ERROR_ENVIRONMENT when there is no git. */
int git_find(struct git *ret, struct error *err);
void git_done(struct git *git); /* for CLEANUP */

/* The commit that a revision of the repository here names, into ret[GIT_COMMIT_MAX], and as short
 * as it is still the only one, into ret_short[size]. ERROR_USAGE for an unknown one, with what
 * there is. */
int git_resolve(const char *name, char *ret, char *ret_short, size_t size, struct error *err);

/* Clone the repository into a new folder, its objects shared, with that commit checked out. */
int git_clone(const struct git *git, const char *commit, const char *into, struct error *err);
