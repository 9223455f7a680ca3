#include "scenario/confinement.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"

/* What is looked at: a key of a scenario, for messages. */
struct confined_path {
    const char *dir;     /* of the scenario */
    const char *program; /* "service", or a dependency's name */
    const char *key;     /* "command", "cwd", "image" */
    bool is_program;
};

/* Does the path go up by ".." above where it begins? */
static bool path_climbs(const char *path)
{
    int depth = 0;
    while (*path != '\0') {
        size_t length = strcspn(path, "/");
        if (length == 2 && strncmp(path, "..", 2) == 0)
            depth--;
        else if (length > 0 && !(length == 1 && path[0] == '.'))
            depth++;
        if (depth < 0)
            return true;
        path += length + (path[length] == '/' ? 1 : 0);
    }
    return false;
}

/* Both absolute and without "." and "..". */
static bool path_is_below(const char *path, const char *folder)
{
    size_t length = strlen(folder);
    if (length == 1)
        return true;
    return strncmp(path, folder, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

/* The program itself lies in a folder of PATH. A link there was laid by who may write there. */
static bool path_is_in_search(const char *path)
{
    const char *search = getenv("PATH");
    const char *slash = strrchr(path, '/');
    size_t length = (size_t)(slash - path);
    for (const char *at = search != NULL ? search : "/usr/local/bin:/usr/bin:/bin"; *at != '\0';) {
        size_t part = strcspn(at, ":");
        if (part == length && part > 0 && strncmp(at, path, part) == 0 && !path_climbs(path))
            return true;
        at += part + (at[part] == ':' ? 1 : 0);
    }
    return false;
}

/* `rest` begins where the folder of the placeholder ends. */
static const char *path_after(const char *path, const char *placeholder)
{
    size_t length = strlen(placeholder);
    bool is_there =
        strncmp(path, placeholder, length) == 0 && (path[length] == '/' || path[length] == '\0');
    return is_there ? path + length : NULL;
}

static int confined_error(const struct confined_path *what, const char *path, struct error *err)
{
    return error_set(err, ERROR_USAGE,
                     "$.%s.%s: found \"%.200s\", expected a path in the scenario's folder%s; where "
                     "it is meant to lead elsewhere: --allow-outside",
                     what->program, what->key, path,
                     what->is_program ? ", or a program in PATH" : "");
}

/* Where it leads, links followed. What is not there is found missing later. */
static bool path_stays(const char *dir, const char *path)
{
    CLEANUP(freep) char *joined = path[0] == '/' ? strdup(path) : file_join(dir, path);
    CLEANUP(freep) char *folder = realpath(dir, NULL);
    CLEANUP(freep) char *real = joined != NULL ? realpath(joined, NULL) : NULL;
    if (folder == NULL)
        return false;
    if (real != NULL)
        return path_is_below(real, folder);
    return path[0] == '/' ? path_is_below(path, folder) && !path_climbs(path + strlen(folder))
                          : !path_climbs(path);
}

static int confined_check(const struct confined_path *what, const char *path, struct error *err)
{
    if (path == NULL || (what->is_program && strchr(path, '/') == NULL && path[0] != '{'))
        return 0;
    const char *rest = path_after(path, "{services}");
    if (rest == NULL)
        rest = path_after(path, "{data}");
    if (rest != NULL)
        return path_climbs(rest + strspn(rest, "/")) ? confined_error(what, path, err) : 0;
    rest = path_after(path, "{dir}");
    const char *inside = rest != NULL ? rest + strspn(rest, "/") : path;
    if (strstr(inside, "{services}") != NULL || strstr(inside, "{dir}") != NULL ||
        strstr(inside, "{data}") != NULL) /* in the middle of a path */
        return confined_error(what, path, err);
    if (path_stays(what->dir, *inside != '\0' ? inside : ".") ||
        (what->is_program && rest == NULL && path[0] == '/' && path_is_in_search(path)))
        return 0;
    return confined_error(what, path, err);
}

static int confined_program(const char *dir, const char *name, const struct program *program,
                            struct error *err)
{
    const struct confined_path command = {dir, name, "command", true};
    const struct confined_path cwd = {dir, name, "cwd", false};
    const char *first = program->command != NULL ? program->command[0] : NULL;
    if (confined_check(&command, first, err) < 0)
        return -1;
    return confined_check(&cwd, program->cwd, err);
}

/* "docker-archive:FILE" and "oci-archive:FILE"; other images are names of an engine's. */
static const char *confined_archive(const char *image)
{
    static const char ending[] = "-archive:";
    const char *colon = image != NULL ? strchr(image, ':') : NULL;
    size_t length = strlen(ending) - 1;
    return colon != NULL && (size_t)(colon - image) >= length &&
                   strncmp(colon - length, ending, length + 1) == 0
               ? colon + 1
               : NULL;
}

static int confined_settings(const char *dir, const struct settings *settings, struct error *err)
{
    const struct confined_path image = {dir, "service", "image", false};
    const struct confined_path load = {dir, "load", "command", true};
    const struct confined_path load_cwd = {dir, "load", "cwd", false};
    const char *load_program = settings->load.command != NULL ? settings->load.command[0] : NULL;
    /* Of a container words and cwd are the container's. */
    if ((settings->image == NULL &&
         confined_program(dir, "service", &settings->service, err) < 0) ||
        confined_check(&image, confined_archive(settings->image), err) < 0 ||
        confined_check(&load, load_program, err) < 0 ||
        confined_check(&load_cwd, settings->load.command_cwd, err) < 0)
        return -1;
    for (unsigned i = 0; i < settings->n_dependencies; i++) {
        char name[SCENARIO_NAME_MAX + 32];
        snprintf(name, sizeof(name), "dependencies.%s", settings->dependencies[i].name);
        if (confined_program(dir, name, &settings->dependencies[i], err) < 0)
            return -1;
    }
    return 0;
}

int scenario_check_paths(const struct scenario *scenario, struct error *err)
{
    if (confined_settings(scenario->dir, &scenario->settings, err) < 0)
        return error_prefix(err, "%s", scenario->source);
    for (unsigned i = 0; i < scenario->n_variants; i++)
        if (confined_settings(scenario->dir, &scenario->variants[i].settings, err) < 0)
            return error_prefix(err, "%s: variant %s", scenario->source,
                                scenario->variants[i].name);
    return 0;
}
