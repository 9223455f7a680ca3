#include "view/view_profiles.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "explain/collected_files.h"
#include "profile/flame.h"
#include "profile/profile_diff.h"
#include "profile/profile_load.h"
#include "profile/profile_top.h"

/* Of a flame graph that is tried. */
#define VIEW_PROFILE_FLAME_MAX ((size_t)4 * 1024 * 1024)

/* Of whose files, and where they are from the result's folder. */
struct view_profile_source {
    const struct collected_files *files;
    const char *prefix; /* "", "explain/" */
    size_t room;        /* bytes of one flame graph */
};

static void view_profile_write_file(struct json_writer *writer, const char *key, const char *prefix,
                                    const struct collected_file *file)
{
    char text[300];
    snprintf(text, sizeof(text), "%s" COLLECTED_FOLDER "/%s", prefix, file->text);
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
                                     const struct view_profile_source *source,
                                     const struct collected_story *story,
                                     const struct profile *profile, const char *why, bool grown)
{
    char name[256];
    snprintf(name, sizeof(name), "%.*s", story->last->name_length, story->last->text);
    json_write_object(writer, NULL);
    json_write_text(writer, "name", name);
    json_write_text(writer, "what", grown ? "grown" : "held");
    json_write_u64(writer, "cycle", story->last->cycle);
    view_profile_write_file(writer, "file", source->prefix, story->last);
    if (grown) {
        json_write_u64(writer, "from_cycle", story->first->cycle);
        view_profile_write_file(writer, "from_file", source->prefix, story->first);
        json_write_u64(writer, "requests", story->requests);
    }
    json_write_u64(writer, "bytes", story->last->bytes);
    json_write_u64(writer, "files", story->n);
    if (profile != NULL)
        view_profile_write_picture(writer, profile, source->room);
    else
        json_write_text(writer, "why", why);
    json_write_close_object(writer);
}

static void view_profile_write_story(struct json_writer *writer,
                                     const struct view_profile_source *source,
                                     const struct collected_story *story)
{
    CLEANUP(profile_freep) struct profile *first = NULL;
    CLEANUP(profile_freep) struct profile *last = NULL;
    CLEANUP(profile_freep) struct profile *grown = NULL;
    struct error err = {.text = ""};
    int fd = source->files->fd;
    if (profile_load(fd, story->last->text, &last, &err) != 0) {
        view_profile_write_entry(writer, source, story, NULL, err.text, false);
        return;
    }
    if (story->first != NULL) {
        int status = profile_load(fd, story->first->text, &first, &err);
        if (status == 0)
            status = profile_diff(first, last, &grown, &err);
        view_profile_write_entry(writer, source, story, status == 0 ? grown : NULL, err.text, true);
    }
    view_profile_write_entry(writer, source, story, last, NULL, false);
}

/* How many names there are, of those that are shown. */
static size_t view_profile_count_names(const struct collected_files *files)
{
    size_t names = files->n > 0 ? 1 : 0;
    for (size_t i = 1; i < files->n && names < VIEW_PROFILES_MAX; i++)
        names += !collected_files_same_name(&files->items[i - 1], &files->items[i]);
    return names;
}

void view_profiles_write(struct json_writer *writer, const struct stored_record *run,
                         const char *prefix, size_t room)
{
    CLEANUP(collected_files_done) struct collected_files files = {.fd = -1};
    if (run->dir == NULL)
        return;
    if (collected_files_list(run->dir, &files, &writer->error) < 0) {
        writer->failed = true;
        return;
    }
    if (files.n == 0)
        return;
    /* What grew, and what was held. */
    const struct view_profile_source source = {
        .files = &files,
        .prefix = prefix,
        .room = room / (2 * view_profile_count_names(&files)),
    };
    json_write_array(writer, "profiles");
    struct collected_story story = {.n = 0};
    size_t begin = 0;
    for (unsigned names = 0; begin < files.n && names < VIEW_PROFILES_MAX; names++) {
        collected_files_story(&files, begin, run->record, &story);
        view_profile_write_story(writer, &source, &story);
        begin += story.n;
    }
    json_write_close_array(writer);
}
