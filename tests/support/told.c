#include "tests/support/told.h"

#include <check.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "profile/pprof_write.h"

#define TOLD_DEPTH 200

struct told_values told_steady(double base, double step)
{
    struct told_values values;
    for (unsigned i = 0; i < TOLD_FLOORS; i++)
        values.at[i] = base + (i > 1 ? (i - 1) * TOLD_REQUESTS * step : 0);
    return values;
}

struct told_values told_at(const double *at)
{
    struct told_values values;
    memcpy(values.at, at, sizeof(values.at));
    return values;
}

struct told told_new(double user, double shared, double kernel)
{
    struct told told = {.dir = temp_dir_make(), .story = story_new()};
    for (unsigned i = 0; i < TOLD_FLOORS; i++) {
        double requests = i > 1 ? (i - 1) * TOLD_REQUESTS : 0;
        double bytes = 8.0 * STORY_MIB + requests * user;
        enum cycle_kind kind = i == 0 ? CYCLE_READY : i == 1 ? CYCLE_WARMUP : CYCLE_MEASURE;
        struct cycle *cycle = story_cycle(&told.story, kind, (uint64_t)bytes);
        struct memory_sample *memory = &cycle->floor.memory;
        memory_sample_set(memory, MEMORY_SHMEM, (uint64_t)(requests * shared));
        memory_sample_set(memory, MEMORY_KERNEL, (uint64_t)(requests * kernel) + 65536);
        memory_sample_set(memory, MEMORY_SLAB_UNRECLAIMABLE, (uint64_t)(requests * kernel));
    }
    return told;
}

void told_done(struct told *told)
{
    temp_dir_done(&told->dir);
    if (told->plain == NULL)
        story_done(&told->story);
    record_free(told->plain);
    record_free(told->instrumented);
}

struct told_site *told_add(struct told *told, const char *instrument, const char *stack,
                           struct told_values bytes, struct told_values objects)
{
    ck_assert_uint_lt(told->n_sites, TOLD_SITES);
    struct told_site *site = &told->sites[told->n_sites++];
    *site = (struct told_site){.instrument = instrument, .bytes = bytes, .objects = objects};
    ck_assert_uint_lt(strlen(stack), sizeof(site->stack));
    snprintf(site->stack, sizeof(site->stack), "%s", stack);
    return site;
}

/* "leak leak.c:41", "malloc@". */
static uint32_t told_frame(struct profile *profile, char *text)
{
    struct profile_frame frame = {.function = text, .file = "", .module = "/srv/app"};
    uint32_t number = 0;
    char *place = strrchr(text, ' ');
    char *colon = strrchr(text, ':');
    size_t length = strlen(text);
    if (text[0] == '[') {
        frame.module = "";
    } else if (text[length - 1] == '@' || text[length - 1] == '%') {
        frame.module = text[length - 1] == '@' ? "/usr/lib/x86_64-linux-gnu/libc.so.6"
                                               : "/lib/x86_64-linux-gnu/libc.so.6";
        text[length - 1] = '\0';
    } else if (place != NULL && colon != NULL) {
        *place = '\0';
        *colon = '\0';
        frame.file = place + 1;
        frame.line = strtol(colon + 1, NULL, 10);
    }
    ck_assert_int_eq(profile_add_frame(profile, &frame, &number, NULL), 0);
    return number;
}

static void told_write_site(const struct told_site *site, unsigned floor, struct profile *profile)
{
    uint32_t frames[TOLD_DEPTH];
    uint32_t depth = 0;
    char text[sizeof(site->stack)];
    char *rest = text;
    char *word = NULL;
    const int64_t values[] = {(int64_t)site->objects.at[floor], (int64_t)site->bytes.at[floor]};
    snprintf(text, sizeof(text), "%s", site->stack);
    while ((word = strsep(&rest, ";")) != NULL) {
        ck_assert_uint_lt(depth, TOLD_DEPTH);
        frames[depth++] = told_frame(profile, word);
    }
    ck_assert_int_eq(profile_add_sample(profile, frames, depth, values, NULL), 0);
}

static bool told_counts_bytes(const char *instrument)
{
    return strcmp(instrument, "descriptors") != 0 && strcmp(instrument, "threads") != 0;
}

static void told_write(const struct told *told, const char *instrument, unsigned floor)
{
    CLEANUP(profile_freep) struct profile *profile = NULL;
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT((size_t)1 << 20);
    bool bytes = told_counts_bytes(instrument);
    char path[PATH_MAX];
    ck_assert_int_eq(profile_new(&profile, NULL), 0);
    ck_assert_int_eq(profile_add_type(profile, bytes ? "inuse_objects" : instrument, "count", NULL),
                     0);
    if (bytes)
        ck_assert_int_eq(profile_add_type(profile, "inuse_space", "bytes", NULL), 0);
    for (unsigned i = 0; i < told->n_sites; i++)
        if (strcmp(told->sites[i].instrument, instrument) == 0)
            told_write_site(&told->sites[i], floor, profile);
    ck_assert_int_eq(pprof_write(profile, &text, NULL), 0);
    snprintf(path, sizeof(path), "collected/%s.%03u.gz", instrument, floor);
    ck_assert_int_eq(file_write_atomic(told->dir.fd, path, text.data, text.length, NULL), 0);
}

static struct record *told_record(const struct told *told, const char *id)
{
    struct run_spec spec;
    struct record *record = NULL;
    memset(&spec, 0, sizeof(spec));
    ck_assert_int_eq(record_new(&spec, &record, NULL), 0);
    snprintf(record->id, sizeof(record->id), "%s", id);
    record->question = told->story.question;
    timeline_free(record->timeline);
    ck_assert_int_eq(timeline_new(64, &record->timeline, NULL), 0);
    for (size_t i = 0; i < told->story.timeline->n_cycles; i++)
        ck_assert_int_eq(
            timeline_add_cycle(record->timeline, &told->story.timeline->cycles[i], NULL), 0);
    record_judge(record);
    return record;
}

void told_records(struct told *told)
{
    told->plain = told_record(told, "leaky");
    told->instrumented = told_record(told, "explain");
    story_done(&told->story);
}

struct explanation *told_explain(struct told *told)
{
    struct explanation *explanation = NULL;
    struct error err = {.text = ""};
    char path[PATH_MAX];
    if (told->plain == NULL)
        told_records(told);
    snprintf(path, sizeof(path), "%.4000s/collected", told->dir.path);
    ck_assert_int_eq(file_make_directories(path, NULL), 0);
    for (unsigned i = 0; i < told->n_sites; i++)
        for (unsigned floor = 0; floor < TOLD_FLOORS; floor++)
            if (told->missing_floor == 0 || floor != told->missing_floor)
                told_write(told, told->sites[i].instrument, floor);
    const struct stored_record plain = {told->plain, NULL};
    const struct stored_record instrumented = {told->instrumented, told->dir.path};
    ck_assert_msg(explanation_make(&plain, &instrumented, &explanation, &err) == 0, "%s", err.text);
    return explanation;
}

static const struct explanation_entry *told_find(const struct explanation *explanation,
                                                 const char *function)
{
    for (unsigned i = 0; i < explanation->n_entries; i++) {
        const struct explanation_frame *place = explanation_place(&explanation->entries[i]);
        if (place != NULL && strcmp(place->function, function) == 0)
            return &explanation->entries[i];
    }
    return NULL;
}

bool told_has_entry(const struct explanation *explanation, const char *function)
{
    return told_find(explanation, function) != NULL;
}

const struct explanation_entry *told_entry(const struct explanation *explanation,
                                           const char *function)
{
    const struct explanation_entry *entry = told_find(explanation, function);
    ck_assert_msg(entry != NULL, "%s is no entry", function);
    return entry;
}

const struct explanation_part *told_part(const struct explanation_entry *entry,
                                         const char *instrument, const char *label)
{
    for (unsigned i = 0; i < entry->n_parts; i++)
        if (strcmp(entry->parts[i].instrument, instrument) == 0 &&
            strcmp(entry->parts[i].label, label) == 0)
            return &entry->parts[i];
    ck_abort_msg("no part %s \"%s\"", instrument, label);
    return NULL;
}
