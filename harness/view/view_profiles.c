#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/units.h"
#include "profile/flame.h"
#include "profile/profile_diff.h"
#include "profile/profile_load.h"
#include "view/view_parts.h"

#define VIEW_COLLECTED "collected"
/* Of many profiles the last ones are listed. */
#define VIEW_PROFILES_MAX 64
/* A graph of fewer calls says nothing. */
#define VIEW_NODES_MIN 24
#define VIEW_NODES_MAX 800
#define VIEW_FLAME_MAX ((size_t)4 * 1024 * 1024)
#define VIEW_CYCLE_MAX 999999
#define VIEW_PATH_MAX  (2 * (NAME_MAX + sizeof(VIEW_COLLECTED)) + 16)

/* NAME.CYCLE[.ENDING], as collected. */
struct view_profile {
    char file[NAME_MAX + 1];
    char name[NAME_MAX + 1];
    uint64_t cycle;
    off_t bytes;
};

struct view_profiles {
    struct view_profile *items; /* owned; by name, then by cycle */
    size_t n;
    size_t capacity;
    struct json_writer *writer; /* borrowed */
    int dir_fd;
    uint64_t base_cycle; /* growth is that since then */
    size_t room;         /* bytes that are left for graphs */
    size_t graphs;       /* that are still to come, at most */
};

static void view_profiles_done(struct view_profiles *profiles)
{
    free(profiles->items);
    closep(&profiles->dir_fd);
}

static bool view_parse_profile(const char *file, struct view_profile *ret)
{
    snprintf(ret->file, sizeof(ret->file), "%s", file);
    snprintf(ret->name, sizeof(ret->name), "%s", file);
    /* What begins with a dot is not done. */
    char *ending = *file != '.' ? strrchr(ret->name, '.') : NULL;
    uint64_t cycle = 0;
    for (int i = 0; ending != NULL && ending != ret->name && i < 2; i++) {
        *ending = '\0';
        if (units_parse_count(ending + 1, 0, VIEW_CYCLE_MAX, &cycle, NULL) == 0) {
            ret->cycle = cycle;
            return true;
        }
        ending = strrchr(ret->name, '.');
    }
    return false;
}

static int view_profile_compare(const void *a, const void *b)
{
    const struct view_profile *left = a;
    const struct view_profile *right = b;
    int order = strcmp(left->name, right->name);
    if (order != 0)
        return order;
    return (left->cycle > right->cycle) - (left->cycle < right->cycle);
}

static int view_add_profile(struct view_profiles *profiles, const char *file, struct error *err)
{
    struct stat status;
    struct view_profile profile;
    if (fstatat(profiles->dir_fd, file, &status, AT_SYMLINK_NOFOLLOW) < 0 ||
        !S_ISREG(status.st_mode) || !view_parse_profile(file, &profile))
        return 0;
    if (profiles->n == profiles->capacity) {
        size_t capacity = 2 * profiles->capacity + 16;
        struct view_profile *grown = reallocarray(profiles->items, capacity, sizeof(*grown));
        if (grown == NULL)
            return error_out_of_memory(err);
        profiles->items = grown;
        profiles->capacity = capacity;
    }
    profile.bytes = status.st_size;
    profiles->items[profiles->n++] = profile;
    return 0;
}

/* 1: nothing was collected. */
static int view_find_profiles(struct view_profiles *profiles, const char *result_dir,
                              struct error *err)
{
    CLEANUP(freep) char *path = file_join(result_dir, VIEW_COLLECTED);
    if (path == NULL)
        return error_out_of_memory(err);
    DIR *dir = opendir(path);
    if (dir == NULL && errno == ENOENT)
        return 1;
    if (dir == NULL)
        return error_set_errno(err, ERROR_USAGE, errno, "cannot read the folder %s", path);
    profiles->dir_fd = fcntl(dirfd(dir), F_DUPFD_CLOEXEC, 0);
    int status = 0;
    for (struct dirent *entry = readdir(dir); entry != NULL && status == 0; entry = readdir(dir))
        status = view_add_profile(profiles, entry->d_name, err);
    closedir(dir);
    if (profiles->n > 0)
        qsort(profiles->items, profiles->n, sizeof(*profiles->items), view_profile_compare);
    return status < 0 ? -1 : profiles->n == 0;
}

/* So many calls as there is room for. */
static int view_write_flame(struct view_profiles *profiles, const struct profile *profile,
                            struct error *err)
{
    unsigned type = profile_first_type(profile);
    size_t room = profiles->room / (profiles->graphs > 0 ? profiles->graphs : 1);
    if (profiles->graphs > 0)
        profiles->graphs--;
    if (type == profile->n_types)
        return 0;
    for (size_t nodes = VIEW_NODES_MAX; nodes >= VIEW_NODES_MIN; nodes /= 2) {
        CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(VIEW_FLAME_MAX);
        CLEANUP(flame_done) struct flame flame = {.nodes = NULL};
        struct json_writer trial;
        if (flame_make(profile, type, nodes, &flame, err) < 0)
            return -1;
        json_writer_begin_line(&trial, &text);
        flame_write(&trial, NULL, &flame);
        if (json_writer_end(&trial, err) < 0)
            return -1;
        if (text.length > room)
            continue;
        profiles->room -= text.length;
        flame_write(profiles->writer, "flame", &flame);
        return 0;
    }
    json_write_text(profiles->writer, "why", "there is no room for it in this page");
    return 0;
}

/* Everything about it but the graph; the object stays open. */
static void view_begin_profile(struct json_writer *writer, const struct view_profile *profile,
                               const char *name, const char *file)
{
    json_write_object(writer, NULL);
    json_write_text(writer, "name", name);
    json_write_u64(writer, "cycle", profile->cycle);
    json_write_text(writer, "file", file);
}

static void view_write_types(struct json_writer *writer, const struct profile *profile)
{
    char text[256];
    json_write_array(writer, "sample_types");
    for (unsigned i = 0; i < profile->n_types; i++) {
        snprintf(text, sizeof(text), "%s/%s", profile->types[i].type, profile->types[i].unit);
        json_write_text(writer, NULL, text);
    }
    json_write_close_array(writer);
}

/* One that was collected; with `loaded` its graph. */
static int view_write_profile(struct view_profiles *profiles, const struct view_profile *item,
                              const struct profile *loaded, const char *why, struct error *err)
{
    char file[VIEW_PATH_MAX];
    snprintf(file, sizeof(file), VIEW_COLLECTED "/%s", item->file);
    view_begin_profile(profiles->writer, item, item->name, file);
    json_write_u64(profiles->writer, "bytes", (uint64_t)item->bytes);
    if (loaded != NULL)
        view_write_types(profiles->writer, loaded);
    int status = loaded != NULL ? view_write_flame(profiles, loaded, err) : 0;
    if (why != NULL)
        json_write_text(profiles->writer, "why", why);
    json_write_close_object(profiles->writer);
    return status;
}

/* What the last profile has more than one before it: what grew. */
static int view_write_growth(struct view_profiles *profiles, const struct view_profile *before,
                             const struct view_profile *last, const struct profile *loaded,
                             struct error *err)
{
    char name[VIEW_PATH_MAX];
    char file[VIEW_PATH_MAX];
    struct error why = {.kind = ERROR_NONE};
    CLEANUP(profile_freep) struct profile *earlier = NULL;
    CLEANUP(profile_freep) struct profile *grown = NULL;
    if (profile_load(profiles->dir_fd, before->file, &earlier, &why) != 0 ||
        profile_diff(earlier, loaded, &grown, &why) < 0)
        return 0; /* they are listed, each by itself */
    snprintf(name, sizeof(name), "%s, growth since cycle %llu", last->name,
             (unsigned long long)before->cycle);
    snprintf(file, sizeof(file), VIEW_COLLECTED "/%s less %s", last->file, before->file);
    view_begin_profile(profiles->writer, last, name, file);
    view_write_types(profiles->writer, grown);
    int status = view_write_flame(profiles, grown, err);
    json_write_close_object(profiles->writer);
    return status;
}

/* Profiles of one name: the last with its graph, and by how much it grew. */
static int view_write_group(struct view_profiles *profiles, size_t first, size_t end,
                            struct error *err)
{
    const struct view_profile *items = profiles->items;
    const struct view_profile *last = &items[end - 1];
    struct error why = {.kind = ERROR_NONE};
    CLEANUP(profile_freep) struct profile *loaded = NULL;
    if (profile_load(profiles->dir_fd, last->file, &loaded, &why) != 0)
        loaded = NULL;
    for (size_t i = first; i + 1 < end; i++)
        if (end - i <= VIEW_PROFILES_MAX &&
            view_write_profile(profiles, &items[i], NULL, NULL, err) < 0)
            return -1;
    if (view_write_profile(profiles, last, loaded, loaded == NULL ? why.text : NULL, err) < 0)
        return -1;
    size_t base = first;
    while (base + 1 < end && items[base].cycle < profiles->base_cycle)
        base++;
    if (loaded == NULL || base + 1 >= end)
        return 0;
    return view_write_growth(profiles, &items[base], last, loaded, err);
}

static size_t view_group_end(const struct view_profiles *profiles, size_t first)
{
    size_t end = first + 1;
    while (end < profiles->n && strcmp(profiles->items[end].name, profiles->items[first].name) == 0)
        end++;
    return end;
}

int view_write_profiles(struct json_writer *writer, const struct view_run *run, size_t room,
                        struct error *err)
{
    CLEANUP(view_profiles_done)
    struct view_profiles profiles = {.writer = writer, .dir_fd = -1, .room = room};
    if (run->dir == NULL)
        return 0;
    int status = view_find_profiles(&profiles, run->dir, err);
    if (status != 0)
        return status < 0 ? -1 : 0;
    profiles.base_cycle = view_first_judged(run->record);
    for (size_t i = 0; i < profiles.n; i = view_group_end(&profiles, i))
        profiles.graphs += 2;
    json_write_array(writer, "profiles");
    for (size_t i = 0; i < profiles.n && status == 0; i = view_group_end(&profiles, i))
        status = view_write_group(&profiles, i, view_group_end(&profiles, i), err);
    json_write_close_array(writer);
    return status;
}
