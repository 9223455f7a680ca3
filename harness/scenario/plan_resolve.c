#include "scenario/plan_resolve.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/account.h"
#include "base/cleanup.h"
#include "base/json.h"
#include "scenario/build.h"
#include "scenario/tables.h"

const char *plan_absolute(struct arena *arena, const char *directory, const char *path)
{
    while (strncmp(path, "./", 2) == 0 && path[2] != '\0')
        path += 2;
    if (path[0] == '/')
        return arena_strdup(arena, path);
    const char *slash = directory[strlen(directory) - 1] == '/' ? "" : "/";
    return arena_printf(arena, "%s%s%s", directory, slash, path);
}

/* Keep a malloc'd text in the arena instead; NULL when out of memory. */
static const char *plan_keep(const struct plan_place *place, char *text)
{
    CLEANUP(freep) char *owned = text;
    return arena_strdup(place->arena, owned);
}

static int plan_fill(const struct plan_place *place, const struct placeholder_names *names,
                     const char *text, const char **ret, struct error *err)
{
    struct placeholder found;
    char known[512];
    if (placeholder_find_unknown(text, names, &found))
        return error_set(err, ERROR_USAGE,
                         "found the unknown placeholder {%.*s} in \"%.200s\", expected one of %s; "
                         "write {{%.*s}} for the text itself",
                         (int)found.name_length, found.name, text,
                         placeholder_list(names, known, sizeof(known)), (int)found.name_length,
                         found.name);
    if (place->services_dir == NULL && names->paths)
        for (size_t at = 0; placeholder_next(text, at, &found); at = found.end)
            if (!found.escaped && placeholder_is(&found, "services"))
                return error_set(err, ERROR_USAGE,
                                 "found {services}, expected a path of your own: "
                                 "there is no folder of sample services here");
    const char *filled =
        plan_keep(place, placeholder_fill_paths(text, place->services_dir, place->dir));
    if (filled == NULL)
        return error_out_of_memory(err);
    *ret = filled;
    return 0;
}

static int plan_resolve_words(const struct plan_place *place, const struct placeholder_names *names,
                              const char *const **words, const char *key, struct error *err)
{
    size_t count = words_count(*words);
    const char **filled = arena_alloc(place->arena, (count + 1) * sizeof(*filled));
    if (filled == NULL)
        return error_out_of_memory(err);
    for (size_t i = 0; i < count; i++)
        if (plan_fill(place, names, (*words)[i], &filled[i], err) < 0)
            return error_prefix(err, "%s", key);
    *words = filled;
    return 0;
}

static int plan_check_program(const char *path, struct error *err)
{
    struct stat status;
    if (stat(path, &status) < 0) {
        int errno_value = errno;
        if (errno_value == ENOENT && build_explain_missing(path, err) < 0)
            return -1;
        return error_set_errno(err, ERROR_USAGE, errno_value, "found \"%s\", expected a program",
                               path);
    }
    if (!S_ISREG(status.st_mode))
        return error_set(err, ERROR_USAGE, "found \"%s\", which is %s, expected a program", path,
                         S_ISDIR(status.st_mode) ? "a folder" : "no regular file");
    if (access(path, X_OK) < 0)
        return error_set(err, ERROR_USAGE,
                         "found \"%s\", which is not executable, expected a program (chmod +x?)",
                         path);
    return 0;
}

/* A program without a slash, along PATH. */
static int plan_search(const struct plan_place *place, const char *name, const char **ret,
                       struct error *err)
{
    const char *search = getenv("PATH");
    CLEANUP(freep) char *folders = strdup(search != NULL ? search : "/usr/local/bin:/usr/bin:/bin");
    if (folders == NULL)
        return error_out_of_memory(err);

    char *rest = folders;
    for (char *folder = strsep(&rest, ":"); folder != NULL; folder = strsep(&rest, ":")) {
        const char *from = plan_absolute(place->arena, place->working_dir, folder);
        const char *path = from != NULL ? plan_absolute(place->arena, from, name) : NULL;
        if (path == NULL)
            return error_out_of_memory(err);
        if (plan_check_program(path, NULL) == 0) {
            *ret = path;
            return 0;
        }
    }
    return error_set(err, ERROR_USAGE,
                     "found \"%s\", expected a program in PATH, or a path such as "
                     "\"./%s\"",
                     name, name);
}

/* The first word: from a name to the absolute path of a program that can be executed. */
static int plan_find_program(const struct plan_place *place, const char *word, const char **ret,
                             struct error *err)
{
    const struct placeholder_names none = {.paths = false};
    struct placeholder found;
    if (placeholder_find_unknown(word, &none, &found))
        return error_set(err, ERROR_USAGE,
                         "found {%.*s}, expected a program that is there before the run starts",
                         (int)found.name_length, found.name);

    const char *name = plan_keep(place, placeholder_unescape(word));
    if (name == NULL)
        return error_out_of_memory(err);
    if (strchr(name, '/') == NULL)
        return plan_search(place, name, ret, err);
    const char *path = plan_absolute(place->arena, place->dir, name);
    if (path == NULL)
        return error_out_of_memory(err);
    if (plan_check_program(path, err) < 0)
        return -1;
    *ret = path;
    return 0;
}

static int plan_resolve_command(const struct plan_place *place,
                                const struct placeholder_names *names, const char *const **command,
                                const char *key, struct error *err)
{
    struct placeholder found;
    bool sample = placeholder_next((*command)[0], 0, &found) && !found.escaped &&
                  placeholder_is(&found, "services");
    if (plan_resolve_words(place, names, command, key, err) < 0)
        return -1;

    const char *path = NULL;
    if (plan_find_program(place, (*command)[0], &path, err) < 0) {
        error_prefix(err, "%s", key);
        size_t length = err != NULL && sample ? strlen(err->text) : 0;
        if (length > 0)
            snprintf(err->text + length, sizeof(err->text) - length,
                     "; build the sample services with `make`");
        return -1;
    }

    size_t count = words_count(*command);
    const char **words = arena_alloc(place->arena, (count + 1) * sizeof(*words));
    if (words == NULL)
        return error_out_of_memory(err);
    memcpy(words, *command, count * sizeof(*words));
    *command = words;
    words[0] = plan_keep(place, placeholder_escape(path));
    return words[0] != NULL ? 0 : error_out_of_memory(err);
}

/* A folder below {data} is made when the run starts. 1: it is none of those. */
static int plan_check_data_cwd(const char *cwd, struct error *err)
{
    struct placeholder found;
    size_t at = 0;
    for (; placeholder_next(cwd, at, &found); at = found.end) {
        if (found.escaped)
            continue;
        if (found.start == 0 && (cwd[found.end] == '/' || cwd[found.end] == '\0'))
            return 0;
        return error_set(err, ERROR_USAGE,
                         "found \"%.200s\", expected {data} alone, or a path that begins with "
                         "{data}/",
                         cwd);
    }
    return 1;
}

static int plan_resolve_cwd(const struct plan_place *place, const char **cwd, const char *key,
                            struct error *err)
{
    const struct placeholder_names names = {.paths = true, .data = true};
    const char *path = place->working_dir;
    if (*cwd != NULL) {
        if (plan_fill(place, &names, *cwd, &path, err) < 0)
            return error_prefix(err, "%s", key);
        int status = plan_check_data_cwd(path, err);
        if (status < 0)
            return error_prefix(err, "%s", key);
        *cwd = path;
        if (status == 0)
            return 0;
        const char *plain = plan_keep(place, placeholder_unescape(path));
        path = plain != NULL ? plan_absolute(place->arena, place->dir, plain) : NULL;
        if (path == NULL)
            return error_out_of_memory(err);
    }

    struct stat status;
    if (stat(path, &status) < 0)
        return error_set_errno(err, ERROR_USAGE, errno, "%s: found \"%s\", expected a folder", key,
                               path);
    if (!S_ISDIR(status.st_mode))
        return error_set(err, ERROR_USAGE, "%s: found \"%s\", which is no folder, expected one",
                         key, path);
    *cwd = plan_keep(place, placeholder_escape(path));
    return *cwd != NULL ? 0 : error_out_of_memory(err);
}

static int plan_resolve_program(const struct plan_place *place,
                                const struct placeholder_names *names, struct program *program,
                                struct error *err)
{
    char key[128];
    char prefix[SCENARIO_NAME_MAX + 32] = "$.service";
    if (program->name != NULL)
        snprintf(prefix, sizeof(prefix), "$.dependencies.%s", program->name);

    snprintf(key, sizeof(key), "%s.command", prefix);
    if (program->command[0] != NULL &&
        plan_resolve_command(place, names, &program->command, key, err) < 0)
        return -1;
    snprintf(key, sizeof(key), "%s.args", prefix);
    if (plan_resolve_words(place, names, &program->args, key, err) < 0)
        return -1;
    snprintf(key, sizeof(key), "%s.env", prefix);
    if (plan_resolve_words(place, names, &program->env, key, err) < 0)
        return -1;
    struct account account;
    snprintf(key, sizeof(key), "%s.user", prefix);
    if (program->user != NULL && account_find(program->user, &account, err) < 0)
        return error_prefix(err, "%s", key);
    snprintf(key, sizeof(key), "%s.cwd", prefix);
    return plan_resolve_cwd(place, &program->cwd, key, err);
}

/* An archive (docker-archive:FILE, oci-archive:FILE) is a file of this machine. */
static int plan_resolve_image(const struct plan_place *place, const char **image, struct error *err)
{
    size_t kind = strcspn(*image, ":");
    size_t length = strlen("-archive");
    if ((*image)[kind] == '\0' || kind < length ||
        strncmp(*image + kind - length, "-archive", length) != 0)
        return 0;
    const char *path = plan_absolute(place->arena, place->dir, *image + kind + 1);
    if (path == NULL)
        return error_out_of_memory(err);
    if (access(path, R_OK) < 0)
        return error_set_errno(err, ERROR_USAGE, errno,
                               "$.service.image: found \"%s\", expected a file that can be read",
                               path);
    *image = arena_printf(place->arena, "%.*s:%s", (int)kind, *image, path);
    return *image != NULL ? 0 : error_out_of_memory(err);
}

/* Of a service in a container words and cwd are the container's: nothing is looked up here. */
static int plan_resolve_container(const struct plan_place *place,
                                  const struct placeholder_names *names, struct settings *settings,
                                  struct error *err)
{
    struct program *service = &settings->service;
    if (plan_resolve_words(place, names, &service->command, "$.service.command", err) < 0 ||
        plan_resolve_words(place, names, &service->args, "$.service.args", err) < 0 ||
        plan_resolve_words(place, names, &service->env, "$.service.env", err) < 0 ||
        plan_resolve_image(place, &settings->image, err) < 0)
        return -1;
    if (service->cwd == NULL)
        return 0;
    const struct placeholder_names data = {.data = true};
    if (plan_fill(place, &data, service->cwd, &service->cwd, err) < 0)
        return error_prefix(err, "$.service.cwd");
    struct placeholder found;
    bool inside = service->cwd[0] == '/' ||
                  (placeholder_next(service->cwd, 0, &found) && found.start == 0 && !found.escaped);
    return inside ? 0
                  : error_set(err, ERROR_USAGE,
                              "$.service.cwd: found \"%s\", expected a path in the container, "
                              "which begins with /, or {data}",
                              service->cwd);
}

static int plan_resolve_load(const struct plan_place *of_service,
                             const struct placeholder_names *names, struct load_profile *load,
                             struct error *err)
{
    struct plan_place place = *of_service;
    place.dir = of_service->load_dir;
    place.working_dir = of_service->load_working_dir;
    if (load->command == NULL)
        return 0;
    if (plan_resolve_command(&place, names, &load->command, "$.load.command", err) < 0)
        return -1;
    return plan_resolve_cwd(&place, &load->command_cwd, "$.load.cwd", err);
}

int plan_resolve(const struct plan_place *place, struct settings *settings, struct error *err)
{
    struct placeholder_names names = {.paths = true, .data = true, .ports = true};
    for (unsigned i = 0; i < settings->n_dependencies; i++)
        names.dependencies[i] = settings->dependencies[i].name;

    if (settings->image != NULL) {
        if (plan_resolve_container(place, &names, settings, err) < 0)
            return -1;
    } else if (plan_resolve_program(place, &names, &settings->service, err) < 0) {
        return -1;
    }
    if (plan_resolve_load(place, &names, &settings->load, err) < 0)
        return -1;
    for (unsigned i = 0; i < settings->n_dependencies; i++)
        if (plan_resolve_program(place, &names, &settings->dependencies[i], err) < 0)
            return -1;
    return 0;
}
