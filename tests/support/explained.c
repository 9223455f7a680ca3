#include "tests/support/explained.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "explain/explanation_json.h"
#include "explain/explanation_source.h"
#include "profile/pprof_write.h"
#include "scenario/record_instruments.h"
#include "tests/support/story.h"

#define EXPLAINED_FRAMES_MAX 5

struct explained_frame {
    const char *function, *file;
    int64_t line;
};

/* A stack, the leaf first, and what it has at a floor. */
struct explained_stack {
    const char *name; /* of the profile */
    struct explained_frame frames[EXPLAINED_FRAMES_MAX];
    int64_t objects, object_bytes; /* held at every floor */
    int64_t by_request;            /* objects more with each */
};

#define MAIN                           \
    {                                  \
        "main", "/srv/demo/main.c", 19 \
    }
#define SERVED                                    \
    {                                             \
        "serve_request", "/srv/demo/server.c", 33 \
    }

static const struct explained_stack explained_stacks[] = {
    {"heap",
     {{"malloc", "", 0}, {"registry_add", "/srv/demo/registry.c", 41}, SERVED, MAIN},
     12,
     EXPLAINED_BYTES,
     1},
    {"heap", {{"malloc", "", 0}, {"cache_new", "/srv/demo/cache.c", 12}, MAIN}, 64, 32768, 0},
    {"heap", {{"[before]", "", 0}}, 40, 1024, 0},
    {"descriptors",
     {{"[tcp to 127.0.0.1:80, CLOSE_WAIT]", "", 0},
      {"socket", "", 0},
      {"upstream_open", "/srv/demo/upstream.c", 88},
      SERVED,
      MAIN},
     1,
     0,
     1},
    {"descriptors",
     {{"[tcp, LISTEN]", "", 0}, {"socket", "", 0}, {"server_new", "/srv/demo/server.c", 9}, MAIN},
     1,
     0,
     0},
    {"threads",
     {{"clock_nanosleep", "", 0}, {"worker", "/srv/demo/worker.c", 21}, {"start_thread", "", 0}},
     8,
     0,
     0},
    {"files", {{"[/srv/demo/page.cache]", "", 0}}, 300, 4096, 0},
};

static bool explained_counts_bytes(const char *name)
{
    return strcmp(name, "heap") == 0 || strcmp(name, "files") == 0;
}

static void explained_add(struct profile *profile, const struct explained_stack *stack,
                          unsigned floor, const char *text)
{
    uint32_t frames[EXPLAINED_FRAMES_MAX];
    uint32_t depth = 0;
    int64_t work = floor > 1 ? (int64_t)(floor - 1) * STORY_REQUESTS : 0;
    int64_t objects = stack->objects + stack->by_request * work;
    const int64_t values[] = {objects, objects * stack->object_bytes};
    for (; depth < EXPLAINED_FRAMES_MAX && stack->frames[depth].function != NULL; depth++) {
        const struct explained_frame *from = &stack->frames[depth];
        bool hostile = text != NULL && from->file[0] != '\0';
        const struct profile_frame frame = {
            .function = hostile ? text : from->function,
            .file = hostile ? text : from->file,
            .line = from->line,
            .module = from->file[0] != '\0'      ? "/srv/demo/server"
                      : from->function[0] == '[' ? ""
                                                 : "/usr/lib/libc.so.6",
        };
        ck_assert_int_eq(profile_add_frame(profile, &frame, &frames[depth], NULL), 0);
    }
    ck_assert_int_eq(profile_add_sample(profile, frames, depth, values, NULL), 0);
}

struct profile *explained_profile(const char *name, unsigned floor, const char *text)
{
    struct profile *profile = NULL;
    bool bytes = explained_counts_bytes(name);
    ck_assert_int_eq(profile_new(&profile, NULL), 0);
    ck_assert_int_eq(profile_add_type(profile, bytes ? "inuse_objects" : name, "count", NULL), 0);
    if (bytes)
        ck_assert_int_eq(profile_add_type(profile, "inuse_space", "bytes", NULL), 0);
    profile->default_type = bytes;
    profile->time_ns = (int64_t)(1700000000 + floor) * 1000000000;
    for (size_t i = 0; i < ARRAY_LENGTH(explained_stacks); i++)
        if (strcmp(explained_stacks[i].name, name) == 0)
            explained_add(profile, &explained_stacks[i], floor, text);
    return profile;
}

static void explained_keep(const char *dir, const char *name, unsigned floor, const char *text)
{
    CLEANUP(profile_freep) struct profile *profile = explained_profile(name, floor, text);
    CLEANUP(buffer_done) struct buffer bytes = BUFFER_INIT((size_t)1 << 20);
    char path[8192];
    snprintf(path, sizeof(path), "%s/collected/%s.%03u.gz", dir, name, floor);
    ck_assert_int_eq(pprof_write(profile, &bytes, NULL), 0);
    ck_assert_int_eq(file_write_atomic(AT_FDCWD, path, bytes.data, bytes.length, NULL), 0);
}

static struct record *explained_store(const char *id, const char *dir, const char *text,
                                      enum verdict_kind expect)
{
    char work[8192];
    struct error err = {.text = ""};
    struct record *record = story_leak(id, expect);
    if (strcmp(id, EXPLANATION_FOLDER) == 0) {
        struct record_instrument heap = {.name = "heaptrack"};
        struct record_instrument malloc = {.name = "malloc", .state = RECORD_INSTRUMENT_IMPOSSIBLE};
        snprintf(heap.effect, sizeof(heap.effect), "%s",
                 text != NULL ? text : "allocations take twice as long");
        snprintf(malloc.why, sizeof(malloc.why), "%s",
                 text != NULL ? text : "heaptrack is in its place");
        record_add_instrument(record, &heap);
        record_add_instrument(record, &malloc);
    }
    snprintf(work, sizeof(work), "%s.work", dir);
    ck_assert_int_eq(file_make_directories(work, NULL), 0);
    ck_assert_msg(record_store(record, work, dir, &err) == 0, "%s", err.text);
    return record;
}

static const char *explained_text(const struct explanation *explanation, const char *before,
                                  const char *text)
{
    char all[8192];
    snprintf(all, sizeof(all), "%s%s", before, text);
    char *copy = arena_strdup(explanation->arena, all);
    ck_assert_ptr_nonnull(copy);
    return copy;
}

/* An entry of the stack of that place in the table. */
static struct explanation_entry explained_entry(const struct explanation *explanation,
                                                const struct explained_stack *stack,
                                                const char *dir, const char *text)
{
    struct explanation_entry entry = {
        .frames = arena_alloc(explanation->arena, EXPLAINED_FRAMES_MAX * sizeof(*entry.frames))};
    ck_assert_ptr_nonnull(entry.frames);
    for (size_t i = 0; i < EXPLAINED_FRAMES_MAX && stack->frames[i].function != NULL; i++) {
        const struct explained_frame *from = &stack->frames[i];
        bool own = from->file[0] != '\0';
        const char *name = strrchr(from->file, '/');
        if (from->function[0] == '[')
            continue;
        struct explanation_frame *frame = &entry.frames[entry.n_frames++];
        frame->function = text != NULL ? explained_text(explanation, "", text) : from->function;
        frame->line = from->line;
        frame->is_system = !own;
        frame->module = own ? "/srv/demo/server" : "/usr/lib/libc.so.6";
        frame->file = "";
        if (own)
            frame->file = text != NULL ? explained_text(explanation, "", text)
                                       : explained_text(explanation, dir, name + 1);
    }
    entry.line_frame = 1;
    entry.origin = entry.origin_frame = entry.n_frames;
    return entry;
}

static struct explanation_part explained_part(const struct explanation *explanation,
                                              const char *instrument, const char *label,
                                              const char *text)
{
    return (struct explanation_part){
        .instrument = instrument,
        .label = text != NULL ? explained_text(explanation, "", text) : label,
    };
}

struct explanation *explained_explanation(const char *dir, const char *text)
{
    struct explanation *ret = NULL;
    char source[4096];
    snprintf(source, sizeof(source), "%s/source/", dir);
    ck_assert_int_eq(explanation_new(&ret, NULL), 0);
    ret->grows = ret->agrees = true;
    ret->measured_rate = 4194.304;
    ret->explained_rate = EXPLAINED_BYTES;
    ret->share = ret->explained_rate / ret->measured_rate;
    ret->slowdown = 1.8;
    snprintf(ret->missing, sizeof(ret->missing), "%s", text != NULL ? text : "");
    snprintf(ret->disagreement, sizeof(ret->disagreement), "%s", text != NULL ? text : "");
    ret->areas[0] = (struct explanation_area){"anonymous", 4194.304, EXPLAINED_BYTES};
    ret->n_areas = 1;
    ret->entries = calloc(2, sizeof(*ret->entries));
    ret->held = calloc(2, sizeof(*ret->held));
    ck_assert(ret->entries != NULL && ret->held != NULL);

    struct explanation_entry *entry = &ret->entries[ret->n_entries++];
    *entry = explained_entry(ret, &explained_stacks[0], source, text);
    entry->bytes_per_request = EXPLAINED_BYTES;
    entry->share = ret->share;
    entry->held_bytes = (EXPLAINED_REQUESTS + 12.0) * EXPLAINED_BYTES;
    entry->parts[0] = explained_part(ret, "heap", "", text);
    entry->parts[0].bytes_per_request = EXPLAINED_BYTES;
    entry->parts[0].objects_per_request = 1;
    entry->parts[0].held_bytes = entry->held_bytes;
    entry->parts[0].held_objects = EXPLAINED_REQUESTS + 12;
    entry->n_parts = 1;

    entry = &ret->entries[ret->n_entries++];
    *entry = explained_entry(ret, &explained_stacks[3], source, text);
    entry->more_stacks = 2;
    entry->parts[0] = explained_part(ret, "descriptors", "tcp to 127.0.0.1:80, CLOSE_WAIT", text);
    entry->parts[0].objects_per_request = 1;
    entry->parts[0].held_objects = EXPLAINED_REQUESTS + 1;
    entry->n_parts = 1;

    entry = &ret->held[ret->n_held++];
    *entry = explained_entry(ret, &explained_stacks[1], source, text);
    entry->held_bytes = 64 * 32768;
    entry->parts[0] = explained_part(ret, "heap", "", text);
    entry->parts[0].held_bytes = entry->held_bytes;
    entry->parts[0].held_objects = 64;
    entry->n_parts = 1;
    return ret;
}

static void explained_write_source(const char *dir)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(1 << 16);
    char path[8192];
    for (unsigned line = 1; line < 38; line++)
        buffer_printf(&text, NULL, "/* line %u */\n", line);
    buffer_append_text(&text,
                       "void registry_add(struct registry *registry, const char *name)\n"
                       "{\n"
                       "    if (registry->size < MOST && strlen(name) < 64)\n"
                       "        registry->entries[registry->size++] = malloc(4096);\n"
                       "}\n",
                       NULL);
    snprintf(path, sizeof(path), "%s/source", dir);
    ck_assert_int_eq(file_make_directories(path, NULL), 0);
    snprintf(path, sizeof(path), "%s/source/registry.c", dir);
    ck_assert_int_eq(file_write_atomic(AT_FDCWD, path, text.data, text.length, NULL), 0);
}

void explained_write(const char *dir, const char *text, enum verdict_kind expect,
                     struct record **plain, struct record **instrumented)
{
    char inner[4096];
    char collected[8192];
    snprintf(inner, sizeof(inner), "%s/" EXPLANATION_FOLDER, dir);
    snprintf(collected, sizeof(collected), "%s/collected", inner);
    *plain = explained_store("leaky", dir, text, expect);
    *instrumented = explained_store(EXPLANATION_FOLDER, inner, text, expect);
    ck_assert_int_eq(file_make_directories(collected, NULL), 0);
    for (unsigned floor = 0; floor < EXPLAINED_FLOORS; floor++) {
        explained_keep(inner, "heap", floor, text);
        explained_keep(inner, "descriptors", floor, text);
        explained_keep(inner, "threads", floor, text);
        explained_keep(inner, "files", floor, text);
    }
    explained_write_source(dir);
    CLEANUP(explanation_freep)
    struct explanation *explanation = explained_explanation(dir, text);
    ck_assert_int_eq(explanation_add_sources(explanation, 0, NULL), 0);
    ck_assert_int_eq(explanation_store(explanation, inner, NULL), 0);
}

void explained_write_holding(const char *dir)
{
    CLEANUP(explanation_freep) struct explanation *holding = explained_explanation(dir, NULL);
    char path[8192];
    holding->grows = false;
    holding->n_entries = 0;
    holding->measured_rate = holding->explained_rate = holding->share = 0;
    snprintf(holding->holding, sizeof(holding->holding), "the floor stands at 13.0 MiB");
    snprintf(path, sizeof(path), "%s/" EXPLANATION_FOLDER, dir);
    ck_assert_int_eq(explanation_store(holding, path, NULL), 0);
}

void explained_write_large(const char *dir)
{
    static char name[4000];
    CLEANUP(explanation_freep) struct explanation *large = explained_explanation(dir, NULL);
    char path[8192];
    memset(name, 'n', sizeof(name) - 1);
    free(large->entries);
    large->entries = calloc(EXPLANATION_ENTRIES_MAX, sizeof(*large->entries));
    ck_assert_ptr_nonnull(large->entries);
    large->n_entries = EXPLANATION_ENTRIES_MAX;
    struct explanation_frame *frames = calloc(EXPLANATION_STACK_MAX, sizeof(*frames));
    ck_assert_ptr_nonnull(frames);
    for (unsigned i = 0; i < EXPLANATION_STACK_MAX; i++)
        frames[i] = (struct explanation_frame){name, name, 1 + i, name, false};
    for (unsigned i = 0; i < large->n_entries; i++)
        large->entries[i] = (struct explanation_entry){
            .frames = frames, .n_frames = EXPLANATION_STACK_MAX, .share = 0.03};
    snprintf(path, sizeof(path), "%.4000s/explain", dir);
    ck_assert_int_eq(explanation_store(large, path, NULL), 0);
    free(frames);
}
