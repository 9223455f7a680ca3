#include "view/view_profiles.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "profile/flame.h"
#include "profile/profile_diff.h"
#include "profile/profile_load.h"
#include "profile/profile_top.h"
#include "verdict/evidence.h"

#define VIEW_PROFILES_FOLDER "collected"
#define VIEW_PROFILE_FILES   8192
/* Of a flame graph that is tried. */
#define VIEW_PROFILE_FLAME_MAX ((size_t)4 * 1024 * 1024)

/* A file of the folder: NAME.CYCLE and an ending. */
struct view_profile_file {
    char text[256];
    int name_length;
    size_t cycle;
    uint64_t bytes;
};

struct view_profile_files {
    int fd;
    struct view_profile_file *items;
    size_t n;
    size_t room; /* bytes of one flame graph */
};

/* All files of one name, by cycle, and which two of them tell the story. */
struct view_profile_story {
    const struct view_profile_files *files;
    const struct view_profile_file *first; /* NULL: there is only one */
    const struct view_profile_file *last;
    size_t n;
    uint64_t requests; /* completed between the two floors */
};

static void view_profile_files_done(struct view_profile_files *files)
{
    closep(&files->fd);
    free(files->items);
}

/* Three digits or more after the last dot but the ending's; false: no file of the collector. */
static bool view_profile_split(const char *text, struct view_profile_file *ret)
{
    size_t length = strlen(text);
    size_t digits = 0;
    const char *end = text + length;
    const char *dot = memrchr(text, '.', length);
    if (dot != NULL && strspn(dot + 1, "0123456789") != strlen(dot + 1))
        end = dot;
    while (end > text && end[-1] >= '0' && end[-1] <= '9') {
        end--;
        digits++;
    }
    if (length >= sizeof(ret->text) || digits < 3 || digits > 6 || end - text < 2 || end[-1] != '.')
        return false;
    memcpy(ret->text, text, length + 1);
    ret->name_length = (int)(end - 1 - text);
    ret->cycle = strtoul(end, NULL, 10);
    return true;
}

static int view_profile_compare(const void *a, const void *b)
{
    const struct view_profile_file *left = a;
    const struct view_profile_file *right = b;
    int by_length = left->name_length - right->name_length;
    int common = by_length < 0 ? left->name_length : right->name_length;
    int by_name = memcmp(left->text, right->text, (size_t)common);
    if (by_name != 0 || by_length != 0)
        return by_name != 0 ? by_name : by_length;
    if (left->cycle != right->cycle)
        return left->cycle < right->cycle ? -1 : 1;
    return strcmp(left->text, right->text);
}

/* What is in the folder; nothing when there is none. */
static int view_profile_list(const char *dir, struct view_profile_files *ret)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/" VIEW_PROFILES_FOLDER, dir);
    ret->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (ret->fd < 0)
        return 0;
    DIR *folder = opendir(path);
    ret->items = calloc(VIEW_PROFILE_FILES, sizeof(*ret->items));
    if (folder == NULL || ret->items == NULL) {
        if (folder != NULL)
            closedir(folder);
        return -1;
    }
    const struct dirent *entry = NULL;
    while (ret->n < VIEW_PROFILE_FILES && (entry = readdir(folder)) != NULL) {
        struct view_profile_file *file = &ret->items[ret->n];
        struct stat status;
        if (!view_profile_split(entry->d_name, file) ||
            fstatat(ret->fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) < 0 ||
            !S_ISREG(status.st_mode))
            continue;
        file->bytes = (uint64_t)status.st_size;
        ret->n++;
    }
    closedir(folder);
    qsort(ret->items, ret->n, sizeof(*ret->items), view_profile_compare);
    return 0;
}

/* The story of the files from `begin`, all of one name: the first and the last that belong to
 * floors that were judged. Where none was there is nothing to compare: the last of all alone. */
static void view_profile_choose(const struct view_profile_files *files, size_t begin,
                                const struct stored_record *run, struct view_profile_story *ret)
{
    const struct timeline *timeline = run->record->timeline;
    struct evidence evidence;
    evidence_gather(timeline, &run->record->question, &evidence);
    const struct floor_series *series = &evidence.series;
    size_t least = SIZE_MAX;
    size_t most = 0;
    if (series->n > 1) {
        least = (size_t)(series->cycle[0] - timeline->cycles);
        most = (size_t)(series->cycle[series->n - 1] - timeline->cycles);
    }
    *ret = (struct view_profile_story){.files = files, .last = &files->items[begin]};
    for (size_t i = begin; i < files->n; i++) {
        const struct view_profile_file *file = &files->items[i];
        if (file->name_length != ret->last->name_length ||
            memcmp(file->text, ret->last->text, (size_t)file->name_length) != 0)
            break;
        ret->n++;
        if (file->cycle < least || file->cycle > most)
            continue;
        if (ret->first == NULL)
            ret->first = file;
        ret->last = file;
    }
    if (ret->first == NULL) /* none of them was judged */
        ret->last = &files->items[begin + ret->n - 1];
    if (ret->first == ret->last)
        ret->first = NULL;
    for (size_t i = ret->first != NULL ? ret->first->cycle + 1 : SIZE_MAX;
         i <= ret->last->cycle && i < timeline->n_cycles; i++)
        ret->requests += load_counts_completed(&timeline->cycles[i].counts);
}

static void view_profile_write_file(struct json_writer *writer, const char *key,
                                    const struct view_profile_file *file)
{
    char text[300];
    snprintf(text, sizeof(text), VIEW_PROFILES_FOLDER "/%s", file->text);
    json_write_text(writer, key, text);
}

static void view_profile_write_top(struct json_writer *writer, const struct profile *profile,
                                   unsigned type)
{
    CLEANUP(freep) struct profile_top_row *rows = NULL;
    size_t n = 0;
    if (profile_top(profile, type, &rows, &n, NULL) < 0)
        return;
    json_write_array(writer, "top");
    for (size_t i = 0; i < n && i < VIEW_PROFILES_TOP && rows[i].flat > 0; i++) {
        char function[FLAME_TEXT_MAX];
        json_write_object(writer, NULL);
        json_write_text(writer, "function", flame_text(rows[i].function, function));
        json_write_i64(writer, "flat", rows[i].flat);
        json_write_i64(writer, "cumulative", rows[i].cumulative);
        json_write_close_object(writer);
    }
    json_write_close_array(writer);
}

/* The flame graph with as many nodes as there is room for; what it takes is known when it has been
 * written. -1: err says why there is none. */
static int view_profile_write_flame(struct json_writer *writer, const struct profile *profile,
                                    unsigned type, size_t room, struct error *err)
{
    for (size_t nodes = VIEW_PROFILES_NODES; nodes >= VIEW_PROFILES_NODES_LEAST; nodes /= 2) {
        CLEANUP(flame_done) struct flame flame = {.nodes = NULL};
        CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(VIEW_PROFILE_FLAME_MAX);
        struct json_writer trial;
        if (flame_make(profile, type, nodes, &flame, err) < 0)
            return -1;
        json_writer_begin_line(&trial, &text);
        flame_write(&trial, NULL, &flame);
        if (json_writer_end(&trial, err) < 0)
            return -1;
        if (text.length > room)
            continue;
        flame_write(writer, "flame", &flame);
        return 0;
    }
    return error_set(err, ERROR_USAGE, "there is no room for its flame graph in this page");
}

static void view_profile_write_picture(struct json_writer *writer, const struct profile *profile,
                                       size_t room)
{
    struct error err = {.kind = ERROR_NONE};
    unsigned type = profile_first_type(profile);
    json_write_row(writer, "sample_types");
    for (unsigned i = 0; i < profile->n_types; i++) {
        char text[512];
        snprintf(text, sizeof(text), "%.200s/%.200s", profile->types[i].type,
                 profile->types[i].unit);
        json_write_text(writer, NULL, text);
    }
    json_write_close_array(writer);
    if (type == profile->n_types)
        return;
    if (profile->period > 0 && strcmp(profile->period_type.unit, profile->types[type].unit) == 0)
        json_write_i64(writer, "period", profile->period);
    if (view_profile_write_flame(writer, profile, type, room, &err) < 0)
        json_write_text(writer, "why", err.text);
    view_profile_write_top(writer, profile, type);
}

/* An entry; `why` stands in for a profile that is not there. */
static void view_profile_write_entry(struct json_writer *writer,
                                     const struct view_profile_story *story, bool grown,
                                     const struct profile *profile, const char *why)
{
    char name[256];
    snprintf(name, sizeof(name), "%.*s", story->last->name_length, story->last->text);
    json_write_object(writer, NULL);
    json_write_text(writer, "name", name);
    json_write_text(writer, "what", grown ? "grown" : "held");
    json_write_u64(writer, "cycle", story->last->cycle);
    view_profile_write_file(writer, "file", story->last);
    if (grown) {
        json_write_u64(writer, "from_cycle", story->first->cycle);
        view_profile_write_file(writer, "from_file", story->first);
        json_write_u64(writer, "requests", story->requests);
    }
    json_write_u64(writer, "bytes", story->last->bytes);
    json_write_u64(writer, "files", story->n);
    if (profile != NULL)
        view_profile_write_picture(writer, profile, story->files->room);
    else
        json_write_text(writer, "why", why);
    json_write_close_object(writer);
}

static void view_profile_write_story(struct json_writer *writer,
                                     const struct view_profile_story *story)
{
    CLEANUP(profile_freep) struct profile *first = NULL;
    CLEANUP(profile_freep) struct profile *last = NULL;
    CLEANUP(profile_freep) struct profile *grown = NULL;
    struct error err = {.text = ""};
    int fd = story->files->fd;
    if (profile_load(fd, story->last->text, &last, &err) != 0) {
        view_profile_write_entry(writer, story, false, NULL, err.text);
        return;
    }
    if (story->first != NULL) {
        int status = profile_load(fd, story->first->text, &first, &err);
        if (status == 0)
            status = profile_diff(first, last, &grown, &err);
        view_profile_write_entry(writer, story, true, status == 0 ? grown : NULL, err.text);
    }
    view_profile_write_entry(writer, story, false, last, NULL);
}

/* How many names there are, of those that are shown. */
static size_t view_profile_count_names(const struct view_profile_files *files)
{
    size_t names = files->n > 0 ? 1 : 0;
    for (size_t i = 1; i < files->n && names < VIEW_PROFILES_MAX; i++)
        names += files->items[i].name_length != files->items[i - 1].name_length ||
                 memcmp(files->items[i].text, files->items[i - 1].text,
                        (size_t)files->items[i].name_length) != 0;
    return names;
}

void view_profiles_write(struct json_writer *writer, const struct stored_record *run, size_t room)
{
    CLEANUP(view_profile_files_done) struct view_profile_files files = {.fd = -1};
    if (run->dir == NULL)
        return;
    if (view_profile_list(run->dir, &files) < 0) {
        writer->failed = true;
        error_out_of_memory(&writer->error);
        return;
    }
    if (files.n == 0)
        return;
    /* What grew, and what was held. */
    files.room = room / (2 * view_profile_count_names(&files));
    json_write_array(writer, "profiles");
    struct view_profile_story story = {.n = 0};
    size_t begin = 0;
    for (unsigned names = 0; begin < files.n && names < VIEW_PROFILES_MAX; names++) {
        view_profile_choose(&files, begin, run, &story);
        view_profile_write_story(writer, &story);
        begin += story.n;
    }
    json_write_close_array(writer);
}
