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
#include "profile/profile_top.h"
#include "view/view_parts.h"

#define VIEW_COLLECTED "collected"
/* Functions that are named beside a graph. */
#define VIEW_TOP_MAX 8
/* A graph of fewer calls says nothing. */
#define VIEW_NODES_MIN 24
#define VIEW_NODES_MAX 800
#define VIEW_FLAME_MAX ((size_t)4 * 1024 * 1024)
#define VIEW_CYCLE_MAX 999999

/* NAME.CYCLE[.ENDING], as collected. */
struct view_profile {
    char file[NAME_MAX + 1];
    char name[NAME_MAX + 1];
    uint64_t cycle;
    uint64_t bytes;
};

struct view_profiles {
    struct view_profile *items; /* owned; by name, then by cycle */
    size_t n;
    size_t capacity;
    const struct record *record; /* borrowed, as is the writer */
    struct json_writer *writer;
    int dir_fd;
    size_t room;   /* bytes that are left for graphs */
    size_t graphs; /* that are still to come, at most */
};

/* Those of one name, and which two of them tell the story. */
struct view_story {
    size_t n;
    const struct view_profile *first; /* NULL: there is only the last */
    const struct view_profile *last;
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
    profile.bytes = (uint64_t)status.st_size;
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

/* Of the profiles from `items` on: how many are of one name, and the first and the last of them
 * that belong to floors which were judged. What a probe did later is no growth, and floors of
 * another start of the service are not comparable. Where none was judged, the last alone. */
static void view_find_story(const struct view_profiles *profiles, size_t begin,
                            struct view_story *ret)
{
    const struct view_profile *items = profiles->items;
    size_t least = SIZE_MAX;
    size_t most = 0;
    *ret = (struct view_story){.n = 0};
    view_judged(profiles->record, &least, &most);
    for (size_t i = begin; i < profiles->n && strcmp(items[i].name, items[begin].name) == 0; i++) {
        ret->n++;
        if (items[i].cycle < least || items[i].cycle > most)
            continue;
        if (ret->first == NULL)
            ret->first = &items[i];
        ret->last = &items[i];
    }
    if (ret->last == NULL)
        ret->last = &items[begin + ret->n - 1];
    if (ret->first == ret->last)
        ret->first = NULL;
}

/* Requests that were completed between the two floors. */
static uint64_t view_story_requests(const struct view_profiles *profiles,
                                    const struct view_story *story)
{
    const struct timeline *timeline = profiles->record->timeline;
    uint64_t requests = 0;
    for (size_t i = story->first->cycle + 1; i <= story->last->cycle && i < timeline->n_cycles; i++)
        requests += load_counts_completed(&timeline->cycles[i].counts);
    return requests;
}

/* So many calls as there is room for. */
static int view_write_flame(struct view_profiles *profiles, const struct profile *profile,
                            unsigned type, struct error *err)
{
    size_t room = profiles->room / (profiles->graphs > 0 ? profiles->graphs : 1);
    if (profiles->graphs > 0)
        profiles->graphs--;
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

/* The functions that have most of it themselves. */
static int view_write_top(struct json_writer *writer, const struct profile *profile, unsigned type,
                          struct error *err)
{
    CLEANUP(freep) struct profile_top_row *rows = NULL;
    size_t n = 0;
    if (profile_top(profile, type, &rows, &n, err) < 0)
        return -1;
    json_write_array(writer, "top");
    for (size_t i = 0; i < n && i < VIEW_TOP_MAX && rows[i].flat > 0; i++) {
        char function[FLAME_TEXT_MAX];
        json_write_object(writer, NULL);
        json_write_text(writer, "function", flame_text(rows[i].function, function));
        json_write_i64(writer, "flat", rows[i].flat);
        json_write_i64(writer, "cumulative", rows[i].cumulative);
        json_write_close_object(writer);
    }
    json_write_close_array(writer);
    return 0;
}

static int view_write_profile(struct view_profiles *profiles, const struct profile *profile,
                              struct error *err)
{
    unsigned type = profile_first_type(profile);
    json_write_array(profiles->writer, "sample_types");
    for (unsigned i = 0; i < profile->n_types; i++) {
        char text[256];
        snprintf(text, sizeof(text), "%s/%s", profile->types[i].type, profile->types[i].unit);
        json_write_text(profiles->writer, NULL, text);
    }
    json_write_close_array(profiles->writer);
    if (type == profile->n_types)
        return 0;
    if (profile->period > 0 && strcmp(profile->period_type.unit, profile->types[type].unit) == 0)
        json_write_i64(profiles->writer, "period", profile->period);
    if (view_write_flame(profiles, profile, type, err) < 0)
        return -1;
    return view_write_top(profiles->writer, profile, type, err);
}

static void view_write_file(struct json_writer *writer, const char *key,
                            const struct view_profile *item)
{
    char text[sizeof(VIEW_COLLECTED) + NAME_MAX + 2];
    snprintf(text, sizeof(text), VIEW_COLLECTED "/%s", item->file);
    json_write_text(writer, key, text);
}

/* One entry: what grew, or what was held; without a profile it says why. */
static int view_write_entry(struct view_profiles *profiles, const struct view_story *story,
                            bool grown, const struct profile *profile, struct error *why)
{
    struct json_writer *writer = profiles->writer;
    int status = 0;
    json_write_object(writer, NULL);
    json_write_text(writer, "name", story->last->name);
    json_write_text(writer, "what", grown ? "grown" : "held");
    json_write_u64(writer, "cycle", story->last->cycle);
    view_write_file(writer, "file", story->last);
    if (grown) {
        json_write_u64(writer, "from_cycle", story->first->cycle);
        view_write_file(writer, "from_file", story->first);
        json_write_u64(writer, "requests", view_story_requests(profiles, story));
    }
    json_write_u64(writer, "bytes", story->last->bytes);
    json_write_u64(writer, "files", story->n);
    if (profile != NULL)
        status = view_write_profile(profiles, profile, why);
    else
        json_write_text(writer, "why", why->text);
    json_write_close_object(writer);
    return status;
}

static int view_write_story(struct view_profiles *profiles, const struct view_story *story,
                            struct error *err)
{
    struct error why = {.kind = ERROR_NONE};
    CLEANUP(profile_freep) struct profile *first = NULL;
    CLEANUP(profile_freep) struct profile *last = NULL;
    CLEANUP(profile_freep) struct profile *grown = NULL;
    if (profile_load(profiles->dir_fd, story->last->file, &last, &why) != 0)
        return view_write_entry(profiles, story, false, NULL, &why);
    if (story->first != NULL) {
        if (profile_load(profiles->dir_fd, story->first->file, &first, &why) != 0 ||
            profile_diff(first, last, &grown, &why) < 0)
            grown = NULL;
        if (view_write_entry(profiles, story, true, grown, grown != NULL ? err : &why) < 0)
            return -1;
    }
    return view_write_entry(profiles, story, false, last, err);
}

int view_write_profiles(struct json_writer *writer, const struct view_run *run, size_t room,
                        struct error *err)
{
    CLEANUP(view_profiles_done)
    struct view_profiles profiles = {
        .record = run->record, .writer = writer, .dir_fd = -1, .room = room};
    struct view_story story = {.n = 0};
    if (run->dir == NULL)
        return 0;
    int status = view_find_profiles(&profiles, run->dir, err);
    if (status != 0)
        return status < 0 ? -1 : 0;
    for (size_t begin = 0; begin < profiles.n; begin += story.n) {
        view_find_story(&profiles, begin, &story);
        profiles.graphs += story.first != NULL ? 2 : 1;
    }
    json_write_array(writer, "profiles");
    for (size_t begin = 0; begin < profiles.n && status == 0; begin += story.n) {
        view_find_story(&profiles, begin, &story);
        status = view_write_story(&profiles, &story, err);
    }
    json_write_close_array(writer);
    return status;
}
