#include "compare/git.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/tool.h"

#define GIT_TIMEOUT_NS (600 * NSEC_PER_SEC)
#define GIT_OUTPUT_MAX ((size_t)64 * 1024)
#define GIT_REFS_MAX   256
#define GIT_REFS_SAID  8

extern char **environ;

/* Those of `git rev-parse --local-env-vars` that name places; settings (GIT_CONFIG_…) stay. */
static const char *const git_places[] = {
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_GRAFT_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_SHALLOW_FILE",
    "GIT_NAMESPACE",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
};

static bool git_leads_elsewhere(const char *entry)
{
    for (size_t i = 0; i < ARRAY_LENGTH(git_places); i++) {
        size_t length = strlen(git_places[i]);
        if (strncmp(entry, git_places[i], length) == 0 && entry[length] == '=')
            return true;
    }
    return false;
}

/* The entries are those of environ, the array is the caller's. NULL when out of memory. */
static char **git_environment(void)
{
    size_t n = 0;
    while (environ[n] != NULL)
        n++;
    char **env = calloc(n + 1, sizeof(*env));
    for (size_t i = 0, kept = 0; env != NULL && i < n; i++)
        if (!git_leads_elsewhere(environ[i]))
            env[kept++] = environ[i];
    return env;
}

/* What git says, without its "fatal: " and in one line. */
static void git_trim(const struct buffer *said, char *text, size_t size)
{
    const char *from = buffer_text(said);
    if (strncmp(from, "fatal: ", strlen("fatal: ")) == 0)
        from += strlen("fatal: ");
    snprintf(text, size, "%s", from);
    size_t length = strlen(text);
    while (length > 0 && text[length - 1] == '\n')
        text[--length] = '\0';
    for (char *at = text; *at != '\0'; at++)
        if (*at == '\n')
            *at = ' ';
}

/* Its standard output into `out`. 1: it did not go well, and `error_out` is what it said. */
static int git_run(const char *const *words, char *const *env, struct buffer *out,
                   struct buffer *error_out, struct error *err)
{
    const struct tool_spec spec = {
        .words = words,
        .env = env,
        .timeout_ns = GIT_TIMEOUT_NS,
        .out = out,
        .error_out = error_out,
    };
    struct process_end end;
    struct error why = {.kind = ERROR_NONE};
    if (tool_run(&spec, &end, &why) < 0) {
        if (why.errno_value == ENOENT)
            error_set(&why, ERROR_ENVIRONMENT,
                      "git is not in PATH; install it (Debian: apt-get install git)");
        if (err != NULL)
            *err = why;
        return -1;
    }
    return tool_went_well(&end) ? 0 : 1;
}

/* One line of `out`, malloc'd; *out goes on behind it. NULL when out of memory. */
static char *git_take_line(const char **out)
{
    size_t length = strcspn(*out, "\n");
    char *line = strndup(*out, length);
    *out += length + ((*out)[length] == '\n');
    return line;
}

void git_done(struct git *git)
{
    free(git->top);
    free(git->prefix);
    free(git->env);
    *git = (struct git){.top = NULL};
}

int git_find(struct git *ret, struct error *err)
{
    static const char *const words[] = {"git", "rev-parse", "--show-toplevel", "--show-prefix",
                                        NULL};
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(GIT_OUTPUT_MAX);
    CLEANUP(buffer_done) struct buffer said = BUFFER_INIT(GIT_OUTPUT_MAX);
    int status = git_run(words, NULL, &out, &said, err);
    if (status < 0)
        return -1;
    if (status > 0) {
        char text[400];
        git_trim(&said, text, sizeof(text));
        return error_set(err, ERROR_USAGE,
                         "found no git repository with a working tree here, expected to be in one "
                         "(git: %s)",
                         text);
    }
    const char *line = buffer_text(&out);
    CLEANUP(git_done)
    struct git git = {.env = git_environment()};
    git.top = git_take_line(&line);
    git.prefix = git_take_line(&line);
    if (git.top == NULL || git.prefix == NULL || git.env == NULL)
        return error_out_of_memory(err);
    *ret = git;
    git = (struct git){.top = NULL};
    return 0;
}

/* Branches and tags, the youngest first, for an error about `name`. */
static int git_unknown(const char *name, struct error *err)
{
    static const char *const words[] = {"git",
                                        "for-each-ref",
                                        "--sort=-creatordate",
                                        "--count=255",
                                        "--format=%(refname:short)",
                                        "refs/heads",
                                        "refs/tags",
                                        "refs/remotes",
                                        NULL};
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(GIT_OUTPUT_MAX);
    const char *names[GIT_REFS_MAX] = {NULL};
    char list[600] = "";
    size_t used = 0;
    if (git_run(words, NULL, &out, NULL, err) < 0)
        return -1;
    char *rest = out.data;
    size_t n = 0;
    for (char *line = strsep(&rest, "\n"); line != NULL && n + 1 < GIT_REFS_MAX;
         line = strsep(&rest, "\n")) {
        if (*line == '\0')
            continue;
        if (n < GIT_REFS_SAID && used < sizeof(list))
            used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%.60s", n > 0 ? ", " : "",
                                     line);
        names[n++] = line;
    }
    const char *near = json_nearest(name, names);
    return error_set(err, ERROR_USAGE,
                     "found \"%.100s\", expected a revision of the git repository here: a commit, "
                     "a branch or a tag%s%s%s%s%s%s",
                     name, n > 0 ? ", such as " : "", list, n > GIT_REFS_SAID ? ", …" : "",
                     near != NULL ? "; did you mean \"" : "", near != NULL ? near : "",
                     near != NULL ? "\"?" : "");
}

/* The one line that `git rev-parse` answers with. 1: there is no such revision. */
static int git_parse(const char *how, const char *what, char *ret, size_t size, struct error *err)
{
    const char *const words[] = {"git", "rev-parse", "--quiet", how, what, NULL};
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(GIT_OUTPUT_MAX);
    int status = git_run(words, NULL, &out, NULL, err);
    if (status != 0)
        return status;
    const char *text = buffer_text(&out);
    snprintf(ret, size, "%.*s", (int)strcspn(text, "\n"), text);
    return *ret != '\0' ? 0 : 1;
}

int git_resolve(const char *name, char *ret, char *ret_short, size_t size, struct error *err)
{
    CLEANUP(freep) char *commit = NULL;
    if (*name == '\0' || *name == '-')
        return git_unknown(name, err);
    if (asprintf(&commit, "%s^{commit}", name) < 0) {
        commit = NULL;
        return error_out_of_memory(err);
    }
    int status = git_parse("--verify", commit, ret, GIT_COMMIT_MAX, err);
    if (status == 0)
        status = git_parse("--short", ret, ret_short, size, err);
    return status > 0 ? git_unknown(name, err) : status;
}

/* One step of a clone; what git said is the error. */
static int git_do(const struct git *git, const char *const *words, struct error *err)
{
    CLEANUP(buffer_done) struct buffer said = BUFFER_INIT(GIT_OUTPUT_MAX);
    int status = git_run(words, git->env, NULL, &said, err);
    if (status <= 0)
        return status;
    char text[1000];
    git_trim(&said, text, sizeof(text));
    return error_set(err, ERROR_ENVIRONMENT, "git: %s", text);
}

int git_clone(const struct git *git, const char *commit, const char *into, struct error *err)
{
    /* No template and no hooks: nothing of the user's runs but the build. */
    const char *const clone[] = {"git",         "clone", "--quiet", "--shared", "--no-checkout",
                                 "--template=", "--",    git->top,  into,       NULL};
    const char *const checkout[] = {"git",  "-c",      "core.hooksPath=/dev/null",
                                    "-C",   into,      "checkout",
                                    "-q",   "--force", "--detach",
                                    commit, NULL};
    if (git_do(git, clone, err) < 0)
        return error_prefix(err, "cannot clone %s", git->top);
    if (git_do(git, checkout, err) < 0)
        return error_prefix(err, "cannot check out %.12s", commit);
    return 0;
}
