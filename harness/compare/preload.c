#include "compare/preload.h"

#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/json.h"
#include "scenario/tables.h"

#define VARIABLE    "LD_PRELOAD="
#define SONAMES_MAX 3

static const struct {
    const char *name;
    const char *package; /* Debian's; NULL: there is nothing to install */
    const char *sonames[SONAMES_MAX];
} preload_known[] = {
    {"glibc", NULL, {NULL}},
    {"jemalloc", "libjemalloc2", {"libjemalloc.so.2", NULL}},
    {"tcmalloc", "libtcmalloc-minimal4", {"libtcmalloc_minimal.so.4", "libtcmalloc.so.4", NULL}},
    {"mimalloc", "libmimalloc2.0", {"libmimalloc.so.2", "libmimalloc.so.2.0", NULL}},
};

/* Where libraries are kept: patterns of folders. */
static const char *const preload_patterns[] = {
    "/usr/local/lib",
    "/usr/local/lib64",
    "/usr/lib/*-linux-gnu",
    "/lib/*-linux-gnu",
    "/usr/lib64",
    "/lib64",
    "/usr/lib",
    "/lib",
};

/* The first file of one of these names in this folder. */
static bool preload_look(const char *folder, const char *const *sonames, struct preload *ret)
{
    for (; *sonames != NULL; sonames++) {
        CLEANUP(freep) char *path = file_join(folder, *sonames);
        if (path == NULL || access(path, R_OK) < 0)
            continue;
        snprintf(ret->path, sizeof(ret->path), "%s", path);
        return true;
    }
    return false;
}

static bool preload_look_everywhere(const char *const *folders, const char *const *sonames,
                                    struct preload *ret)
{
    bool found = false;
    for (; folders != NULL && *folders != NULL && !found; folders++)
        found = preload_look(*folders, sonames, ret);
    if (folders != NULL)
        return found;
    for (size_t i = 0; i < ARRAY_LENGTH(preload_patterns) && !found; i++) {
        glob_t matches;
        if (glob(preload_patterns[i], 0, NULL, &matches) != 0)
            continue;
        for (size_t k = 0; k < matches.gl_pathc && !found; k++)
            found = preload_look(matches.gl_pathv[k], sonames, ret);
        globfree(&matches);
    }
    return found;
}

static int preload_unknown(const char *word, struct error *err)
{
    const char *names[ARRAY_LENGTH(preload_known) + 1] = {NULL};
    for (size_t i = 0; i < ARRAY_LENGTH(preload_known); i++)
        names[i] = preload_known[i].name;
    const char *near = json_nearest(word, names);
    return error_set(err, ERROR_USAGE,
                     "found the allocator \"%.60s\", expected glibc, jemalloc, tcmalloc, mimalloc, "
                     "or the path of a library (with a slash)%s%s%s",
                     word, near != NULL ? "; did you mean \"" : "", near != NULL ? near : "",
                     near != NULL ? "\"?" : "");
}

/* "/opt/libfoo.so.2": named "libfoo-so-2"; what does not tell it apart is left out: "foo". */
static void preload_name(const char *path, char name[SCENARIO_NAME_MAX])
{
    const char *slash = strrchr(path, '/');
    const char *start = slash + 1;
    if (strncmp(start, "lib", 3) == 0 && start[3] != '\0' && start[3] != '.')
        start += 3;
    const char *suffix = strstr(start, ".so");
    size_t length = suffix != NULL && suffix != start ? (size_t)(suffix - start) : strlen(start);
    CLEANUP(freep) char *stem = strndup(start, length);
    scenario_make_name(stem != NULL ? stem : start, name);
}

static int preload_find_path(const char *path, struct preload *ret, struct error *err)
{
    struct stat status;
    CLEANUP(freep) char *resolved = realpath(path, NULL);
    if (resolved == NULL || stat(resolved, &status) < 0 || !S_ISREG(status.st_mode) ||
        access(resolved, R_OK) < 0)
        return error_set(err, ERROR_USAGE,
                         "found %.200s, which is no file that can be read, expected a library",
                         path);
    if (strlen(resolved) >= sizeof(ret->path) || strpbrk(resolved, " :") != NULL)
        return error_set(err, ERROR_USAGE,
                         "found %.200s; LD_PRELOAD takes no path with a blank or a colon in it",
                         resolved);
    preload_name(path, ret->name);
    snprintf(ret->path, sizeof(ret->path), "%s", resolved);
    return 0;
}

int preload_find(const char *word, const char *const *folders, struct preload *ret,
                 struct error *err)
{
    *ret = (struct preload){.name = ""};
    if (strchr(word, '/') != NULL)
        return preload_find_path(word, ret, err);
    size_t i = 0;
    while (i < ARRAY_LENGTH(preload_known) && strcmp(preload_known[i].name, word) != 0)
        i++;
    if (i == ARRAY_LENGTH(preload_known))
        return preload_unknown(word, err);
    snprintf(ret->name, sizeof(ret->name), "%s", word);
    if (preload_known[i].package != NULL &&
        !preload_look_everywhere(folders, preload_known[i].sonames, ret))
        snprintf(ret->missing, sizeof(ret->missing), "%s is not installed: apt install %s",
                 preload_known[i].sonames[0], preload_known[i].package);
    return 0;
}

int preload_set(const struct preload *preload, struct scenario *scenario, struct settings *settings,
                struct error *err)
{
    struct program *service = &settings->service;
    const char *const *env = service->env;
    if (preload->path[0] == '\0')
        return 0;
    const char *set = env[words_find_variable(env, VARIABLE)];
    const char *before = set != NULL ? set + strlen(VARIABLE) : "";
    const char *entry = arena_printf(scenario->arena, VARIABLE "%s%s%s", before,
                                     *before != '\0' ? " " : "", preload->path);
    if (entry == NULL)
        return error_out_of_memory(err);
    service->env = words_set_variable(scenario->arena, env, entry);
    return service->env != NULL ? 0 : error_out_of_memory(err);
}

bool preload_is_ignored(const char *program, char **ret_why)
{
    struct stat status;
    const char *slash = strrchr(program, '/');
    if (stat(program, &status) < 0 || (status.st_mode & (S_ISUID | S_ISGID)) == 0)
        return false;
    if (asprintf(ret_why, "%s is set-user-ID or set-group-ID: nothing can be preloaded",
                 slash != NULL ? slash + 1 : program) < 0)
        *ret_why = NULL;
    return true;
}
