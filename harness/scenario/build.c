#include "scenario/build.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/file.h"

enum {
    BUILD_NAME_MAX = 32,
    BUILD_LISTED_MAX = 16,
    UNBUILT_MAX_BYTES = 65536,
    ERROR_MAX_BYTES = 16384
};

const struct build builds[] = {
    {BUILD_PLAIN, NULL},
    {"O0", "-O0"},
    {"O3", "-O3"},
    {"race", "-fsanitize=thread"},
    {"asan", "-fsanitize=address"},
    {"ubsan", "-fsanitize=undefined"},
    {"hardened", "-O2 -D_FORTIFY_SOURCE -fstack-protector-strong -pie -Wl,-z,relro,-z,now"},
    {"static", "-static"},
    {NULL, NULL},
};

const struct build *build_find(const char *name)
{
    for (const struct build *build = builds; build->name != NULL; build++)
        if (strcmp(build->name, name) == 0)
            return build;
    return NULL;
}

bool build_is_name(const char *text)
{
    size_t length = strlen(text);
    if (!isalnum((unsigned char)text[0]) || length > BUILD_NAME_MAX)
        return false;
    for (const char *c = text; *c != '\0'; c++)
        if (!isalnum((unsigned char)*c) && strchr("._-", *c) == NULL)
            return false;
    return true;
}

static bool build_is_program(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

/* A program's folder, with its slash, and its name in there; and what is said of builds there. */
struct build_place {
    struct arena *arena;
    const char *folder;
    const char *name;
    const char *unbuilt; /* the text of BUILD_UNBUILT_FILE; NULL: there is none */
};

static int build_place_read(struct build_place *place, const char *program, struct error *err)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(UNBUILT_MAX_BYTES);
    const char *slash = strrchr(program, '/');
    size_t folder_length = slash != NULL ? (size_t)(slash - program) + 1 : 0;
    place->folder = folder_length > 0 ? arena_strndup(place->arena, program, folder_length) : "./";
    place->name = program + folder_length;
    if (place->folder == NULL)
        return error_out_of_memory(err);

    const char *path = arena_printf(place->arena, "%s%s", place->folder, BUILD_UNBUILT_FILE);
    if (path == NULL)
        return error_out_of_memory(err);
    if (!file_exists(AT_FDCWD, path))
        return 0;
    if (file_read(AT_FDCWD, path, &text, err) < 0)
        return -1;
    place->unbuilt = arena_strdup(place->arena, buffer_text(&text));
    return place->unbuilt != NULL ? 0 : error_out_of_memory(err);
}

/* What the line "KEY: …" says; false when there is none. */
static bool build_unbuilt_line(const struct build_place *place, const char *key, const char **ret)
{
    size_t length = key != NULL ? strlen(key) : 0;
    for (const char *line = place->unbuilt; *line != '\0' && length > 0;) {
        const char *end = strchrnul(line, '\n');
        if (strncmp(line, key, length) == 0 && strncmp(line + length, ": ", 2) == 0) {
            *ret =
                arena_strndup(place->arena, line + length + 2, (size_t)(end - line) - length - 2);
            return *ret != NULL;
        }
        line = *end == '\0' ? end : end + 1;
    }
    return false;
}

/* Why this known build could not be made; NULL when nothing is said about that. */
static const char *build_unbuilt_reason(const struct build_place *place, const char *build)
{
    const char *reason = NULL;
    if (place->unbuilt == NULL || build_find(build) == NULL)
        return NULL;
    if (build_unbuilt_line(place, build, &reason) ||
        build_unbuilt_line(place, arena_printf(place->arena, "%s-%s", place->name, build), &reason))
        return reason;
    return NULL;
}

/* ", race, asan": the programs beside this one whose names begin as its does. */
static int build_list_there(const struct build_place *place, struct buffer *out, struct error *err)
{
    struct dirent **entries = NULL;
    size_t length = strlen(place->name);
    unsigned listed = 0;
    int status = 0;
    int count = scandir(place->folder, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        const char *path = arena_printf(place->arena, "%s%s", place->folder, name);
        if (strncmp(name, place->name, length) == 0 && name[length] == '-' &&
            build_is_name(name + length + 1) && path != NULL && build_is_program(path) &&
            listed++ < BUILD_LISTED_MAX && status == 0)
            status = buffer_printf(out, err, ", %s", name + length + 1);
        free(entries[i]);
    }
    free(entries);
    return status;
}

/* How the program could be made: the command for a sample service, the flags for any other. */
static int build_tell_how(const struct build_place *place, const char *name, struct buffer *out,
                          struct error *err)
{
    const struct build *build = build_find(name);
    if (build != NULL && place->unbuilt != NULL) {
        const char *end = strrchr(place->folder, '/');
        while (end > place->folder && end[-1] != '/')
            end--;
        bool is_here = end == place->folder; /* "services/": its parent is the working directory */
        return buffer_printf(out, err,
                             "; this makes it: cmake --build %.*s --target service-%s-%s (and "
                             "make compare NAME=%s what it compares)",
                             is_here ? 1 : (int)(end - place->folder),
                             is_here ? "." : place->folder, place->name, name, place->name);
    }
    if (build != NULL)
        return buffer_printf(out, err, "; compile it with %s and name it %s-%s", build->flags,
                             place->name, name);
    if (buffer_append_text(out, "; known builds are", err) < 0)
        return -1;
    for (const struct build *known = builds; known->name != NULL; known++)
        if (buffer_printf(out, err, "%s %s", known == builds ? "" : ",", known->name) < 0)
            return -1;
    return 0;
}

/* There is no such program. Always -1. */
static int build_none(const struct build_place *place, const char *name, struct error *err)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(ERROR_MAX_BYTES);
    if (buffer_printf(
            &text, err,
            "found no program %s%s-%s, expected one of the builds that are there: " BUILD_PLAIN,
            place->folder, place->name, name) < 0 ||
        build_list_there(place, &text, err) < 0 || build_tell_how(place, name, &text, err) < 0)
        return -1;
    return error_set(err, ERROR_USAGE, "%s", buffer_text(&text));
}

static int build_find_program(struct build_place *place, const char *program, const char *build,
                              const char **ret, struct error *err)
{
    *ret = program;
    if (strcmp(build, BUILD_PLAIN) == 0)
        return 0;
    *ret = arena_printf(place->arena, "%s-%s", program, build);
    if (*ret == NULL)
        return error_out_of_memory(err);
    if (build_is_program(*ret))
        return 0;
    if (build_place_read(place, program, err) < 0)
        return -1;
    *ret = build_unbuilt_reason(place, build);
    return *ret != NULL ? 1 : build_none(place, build, err);
}

int build_program(const char *program, const char *build, char **ret, struct error *err)
{
    const char *found = program;
    if (!build_is_name(build))
        return error_set(err, ERROR_USAGE, "found \"%.60s\", expected %s", build,
                         BUILD_NAME_EXPECTED);
    struct build_place place = {.arena = arena_new()};
    if (place.arena == NULL)
        return error_out_of_memory(err);
    int status = build_find_program(&place, program, build, &found, err);
    char *copy = status >= 0 && found != NULL ? strdup(found) : NULL;
    arena_free(place.arena);
    if (status < 0)
        return -1;
    if (copy == NULL)
        return error_out_of_memory(err);
    *ret = copy;
    return status;
}

int build_explain_missing(const char *path, struct error *err)
{
    size_t length = strlen(path);
    for (const struct build *build = builds + 1; build->name != NULL; build++) {
        size_t end = strlen(build->name) + 1;
        if (length <= end || path[length - end] != '-' ||
            strcmp(path + length - end + 1, build->name) != 0)
            continue;
        CLEANUP(freep) char *program = strndup(path, length - end);
        CLEANUP(freep) char *why = NULL;
        if (program == NULL)
            return error_out_of_memory(err);
        if (!build_is_program(program))
            return 0;
        if (build_program(program, build->name, &why, err) < 0)
            return -1;
        return error_set(err, ERROR_ENVIRONMENT, "there is no %s: %s", path, why);
    }
    return 0;
}
