#pragma once
/* Revisions of the git repository that the working directory is in, each built in a clone of its
 * own, to be compared.
 *
 * A clone shares the repository's objects (`git clone --shared`) and lies in
 * RESULTS/.revisions-OWNER, which `leakcage clean` and the next session remove when its owner is no
 * more; the repository itself is only read. git and the build are run as programs, without a shell;
 * what a build prints is kept in RESULTS/build-COMMIT.log. The word "worktree" (REVISION_WORKTREE)
 * stands for the working tree as it is: it is built where it lies. */
#include <stdbool.h>

#include "base/error.h"
#include "cli/console.h"
#include "cli/options.h"
#include "compare/git.h"
#include "scenario/plan.h"

#define REVISION_SHORT_MAX 16
#define REVISION_WORKTREE  "worktree"

struct revision {
    const char *name;                      /* as it was asked for; borrowed from the request */
    char commit[GIT_COMMIT_MAX];           /* "": the working tree */
    char short_commit[REVISION_SHORT_MAX]; /* "worktree": the working tree */
    char *top;    /* absolute: its clone; two names of one commit have the same */
    char *dir;    /* absolute: the folder in there that the working directory corresponds to */
    char *failed; /* why it cannot be run (several lines: the end of its build's log); NULL: it can
                   */
};

struct revisions {
    const char *option;                    /* as in the request */
    struct revision list[OPTIONS_REV_MAX]; /* in the order in which they were asked for */
    unsigned n;
    struct git git; /* the repository */
    char *folder;   /* RESULTS/.revisions-OWNER, absolute */
};

struct revision_request {
    const char *option; /* which asks for them, for messages: "--rev" */
    const char *const *names;
    unsigned n_names;
    const char *build_command; /* to be split into words; NULL: there is nothing to build */
    const char *results_dir;
    struct console *console; /* told what is being built; NULL: nobody is */
};

/* Resolve all, then clone and build one after the other. What cannot be built is no error, but
 * `failed` of that revision. ERROR_USAGE, before anything is cloned: no repository here, an unknown
 * revision (with those that are near), the build's words; ERROR_ENVIRONMENT: no git here. On
 * failure there is nothing left. */
int revisions_prepare(const struct revision_request *request, struct revisions *ret,
                      struct error *err);

/* Remove the clones; *revisions is empty afterwards. Fit for CLEANUP, also when it is all zero. */
void revisions_done(struct revisions *revisions);

/* Can this service be another one in every revision? ERROR_USAGE when it cannot: an image, what is
 * attached to, a sample service, a program given by an absolute path into the working tree or found
 * in PATH without any argument, a scenario's program when the scenario lies in no repository or in
 * another one. `settings` are those of the scenario or of a variant, not resolved. */
int revisions_check(const struct revisions *revisions, const struct scenario *scenario,
                    const struct settings *settings, struct error *err);

/* Of `paths` for plan_add(): what is in the working tree stands for the same in this revision's
 * clone (service and dependencies: program, {dir}, cwd). The load and what is asked stay those of
 * the working tree: the question is the same for all. */
void revision_set_paths(const struct revisions *revisions, const struct revision *revision,
                        struct plan_paths *paths);
