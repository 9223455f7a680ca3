#include "compare/revision.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/words.h"
#include "cli/build.h"
#include "run/work_folder.h"

void revisions_done(struct revisions *revisions)
{
    for (unsigned i = 0; i < revisions->n; i++) {
        free(revisions->list[i].top);
        free(revisions->list[i].dir);
        free(revisions->list[i].failed);
    }
    if (revisions->folder != NULL)
        (void)file_remove_tree(revisions->folder, NULL);
    free(revisions->folder);
    git_done(&revisions->git);
    *revisions = (struct revisions){.n = 0};
}

static bool revision_is_worktree(const struct revision *revision)
{
    return revision->commit[0] == '\0';
}

/* Names to commits, and where each will be. */
static int revision_resolve(const struct revisions *revisions, struct revision *revision,
                            struct error *err)
{
    if (strcmp(revision->name, REVISION_WORKTREE) == 0)
        snprintf(revision->short_commit, sizeof(revision->short_commit), REVISION_WORKTREE);
    else if (git_resolve(revision->name, revision->commit, revision->short_commit,
                         sizeof(revision->short_commit), err) < 0)
        return -1;

    revision->top = revision_is_worktree(revision) ? strdup(revisions->git.top)
                                                   : file_join(revisions->folder, revision->commit);
    if (revision->top == NULL)
        return error_out_of_memory(err);
    revision->dir = file_join(revision->top, revisions->git.prefix);
    if (revision->dir == NULL)
        return error_out_of_memory(err);
    size_t length = strlen(revision->dir);
    while (length > 1 && revision->dir[length - 1] == '/')
        revision->dir[--length] = '\0';
    return 0;
}

/* `failed` from the error, unless that is one for all. */
static int revision_fail(struct revision *revision, struct error *why, struct error *err)
{
    if (why->kind != ERROR_INTERRUPTED && why->kind != ERROR_USAGE) {
        revision->failed = strdup(why->text);
        return revision->failed != NULL ? 0 : error_out_of_memory(err);
    }
    if (err != NULL)
        *err = *why;
    return -1;
}

static int revision_build(const struct revision_request *request, const struct revisions *revisions,
                          struct revision *revision, struct error *err)
{
    char why[BUILD_WHY_MAX];
    CLEANUP(freep) char *log_path = NULL;
    if (asprintf(&log_path, "%s/build-%s.log", request->results_dir, revision->short_commit) < 0) {
        log_path = NULL;
        return error_out_of_memory(err);
    }
    const struct build_spec build = {
        .command = request->build_command,
        .dir = revision->dir,
        .log_path = log_path,
        .env = revisions->git.env,
    };
    int status = build_run(&build, why, err);
    if (status <= 0)
        return status;
    revision->failed = strdup(why);
    return revision->failed != NULL ? 0 : error_out_of_memory(err);
}

/* Clone and build one; what goes wrong in there is its own failure. */
static int revision_make(const struct revision_request *request, const struct revisions *revisions,
                         struct revision *revision, struct error *err)
{
    struct error why = {.kind = ERROR_NONE};
    bool lies_here = revision_is_worktree(revision) && request->build_command == NULL;
    if (request->console != NULL && !lies_here)
        console_say(request->console, "%s (%s): %s", revision->name, revision->short_commit,
                    request->build_command != NULL ? "building" : "checking out");
    if (!revision_is_worktree(revision) &&
        git_clone(&revisions->git, revision->commit, revision->top, &why) < 0)
        return revision_fail(revision, &why, err);
    if (!file_exists(AT_FDCWD, revision->dir)) {
        error_set(&why, ERROR_SERVICE, "this revision has no folder %s", revisions->git.prefix);
        return revision_fail(revision, &why, err);
    }
    if (request->build_command != NULL)
        return revision_build(request, revisions, revision, err);
    return 0;
}

/* An earlier one of the same commit; NULL: there is none. */
static const struct revision *revision_find_same(const struct revisions *revisions, unsigned i)
{
    for (unsigned k = 0; k < i; k++)
        if (strcmp(revisions->list[k].commit, revisions->list[i].commit) == 0)
            return &revisions->list[k];
    return NULL;
}

static int revisions_make(const struct revision_request *request, struct revisions *revisions,
                          struct error *err)
{
    for (unsigned i = 0; i < revisions->n; i++) {
        struct revision *revision = &revisions->list[i];
        const struct revision *same = revision_find_same(revisions, i);
        if (same == NULL) {
            if (revision_make(request, revisions, revision, err) < 0)
                return error_prefix(err, "%s %.100s", revisions->option, revision->name);
        } else if (same->failed != NULL) {
            revision->failed = strdup(same->failed);
            if (revision->failed == NULL)
                return error_out_of_memory(err);
        }
    }
    return 0;
}

/* Before anything is cloned: what is wrong is said at once. */
static int revisions_check_build(const struct revision_request *request, struct error *err)
{
    CLEANUP(freep) char **words = NULL;
    if (request->n_names > OPTIONS_REV_MAX)
        return error_set(err, ERROR_USAGE, "%s: given more than %d times", request->option,
                         OPTIONS_REV_MAX);
    if (request->build_command != NULL && words_split(request->build_command, &words, err) < 0)
        return error_prefix(err, "--build");
    return 0;
}

int revisions_prepare(const struct revision_request *request, struct revisions *ret,
                      struct error *err)
{
    CLEANUP(revisions_done) struct revisions revisions = {.option = request->option};
    if (revisions_check_build(request, err) < 0)
        return -1;
    if (git_find(&revisions.git, err) < 0)
        return error_prefix(err, "%s", request->option);
    if (work_folder_make(request->results_dir, WORK_FOLDER_REVISIONS, &revisions.folder, err) < 0)
        return -1;
    for (; revisions.n < request->n_names; revisions.n++) {
        struct revision *revision = &revisions.list[revisions.n];
        *revision = (struct revision){.name = request->names[revisions.n]};
        if (revision_resolve(&revisions, revision, err) < 0) {
            free(revision->top);
            return error_prefix(err, "%s", request->option);
        }
    }
    if (revisions_make(request, &revisions, err) < 0)
        return -1;
    *ret = revisions;
    revisions = (struct revisions){.n = 0};
    return 0;
}

/* Is it an absolute path into the working tree? */
static bool revisions_have(const struct revisions *revisions, const char *path)
{
    size_t length = strlen(revisions->git.top);
    return strncmp(path, revisions->git.top, length) == 0 &&
           (path[length] == '/' || path[length] == '\0');
}

static int revisions_error(const struct revisions *revisions, const char *what, const char *word,
                           const char *fix, struct error *err)
{
    return error_set(err, ERROR_USAGE,
                     "%s: found %s%s%.200s%s, which is the same in every revision, expected %s",
                     revisions->option, what, *word != '\0' ? " \"" : "", word,
                     *word != '\0' ? "\"" : "", fix);
}

/* A program that is given by a relative path lies in the clone when the scenario's folder does. */
static int revisions_check_relative(const struct revisions *revisions,
                                    const struct scenario *scenario, struct error *err)
{
    CLEANUP(freep) char *dir = realpath(*scenario->dir != '\0' ? scenario->dir : ".", NULL);
    if (dir == NULL || revisions_have(revisions, dir))
        return 0;
    return revisions_error(revisions, "the scenario's program in", dir,
                           "a scenario that lies in the repository here", err);
}

/* An interpreter is the same in every revision, what it is given need not be. */
static int revisions_check_words(const struct revisions *revisions, const struct program *service,
                                 const char *fix, struct error *err)
{
    const char *const *const lists[] = {service->command + 1, service->args};
    if (service->command[1] == NULL && service->args[0] == NULL)
        return revisions_error(revisions, "the program", service->command[0], fix, err);
    for (size_t i = 0; i < ARRAY_LENGTH(lists); i++)
        for (const char *const *word = lists[i]; *word != NULL; word++)
            if (revisions_have(revisions, *word))
                return revisions_error(revisions, "the absolute path", *word,
                                       "a relative one, for it is run in a clone", err);
    return 0;
}

int revisions_check(const struct revisions *revisions, const struct scenario *scenario,
                    const struct settings *settings, struct error *err)
{
    const struct program *service = &settings->service;
    const char *word = service->command[0];
    static const char by_path[] = "a program of the revision by its path, such as ./service";
    if (settings->image != NULL)
        return revisions_error(revisions, "the image", settings->image, by_path, err);
    if (settings->attach != NULL)
        return revisions_error(revisions, "what runs already,", settings->attach, by_path, err);
    if (word == NULL)
        return 0; /* and no plan can be made of it */
    if (strncmp(word, "{services}", strlen("{services}")) == 0)
        return revisions_error(revisions, "the sample service", word, by_path, err);
    if (revisions_have(revisions, word))
        return revisions_error(revisions, "the absolute path", word, by_path, err);
    if (word[0] != '/' && strchr(word, '/') != NULL)
        return revisions_check_relative(revisions, scenario, err);
    return revisions_check_words(revisions, service, by_path, err);
}

void revision_set_paths(const struct revisions *revisions, const struct revision *revision,
                        struct plan_paths *paths)
{
    bool elsewhere = !revision_is_worktree(revision);
    paths->from = elsewhere ? revisions->git.top : NULL;
    paths->to = elsewhere ? revision->top : NULL;
}
