/* instrument_set: those that are asked for, in order; what cannot work, and what stands in for it.
 */
#include "instrument/instrument_set.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "scenario/instruments.h"
#include "tests/support/check_main.h"

#define KIND(name) (1U << INSTRUMENT_##name)

/* What was called: "heap:begin heap:started …". */
static char calls[1024];

/* An instrument that does as it is told. */
struct puppet {
    const char *name;
    int begin, started, ready, snapshot; /* what these answer */
    const char *effect;
};

static struct puppet heap, probes, events, threads, files;

static void called(const struct puppet *puppet, const char *what)
{
    size_t length = strlen(calls);
    snprintf(calls + length, sizeof(calls) - length, "%s%s:%s", length > 0 ? " " : "", puppet->name,
             what);
}

static int answer(const struct puppet *puppet, const char *what, int status, struct error *err)
{
    called(puppet, what);
    if (status != 0)
        error_set(err, ERROR_ENVIRONMENT, "%s cannot %s", puppet->name, what);
    return status;
}

static int puppet_begin(struct puppet *puppet, void **ret, struct error *err)
{
    *ret = puppet;
    return answer(puppet, "begin", puppet->begin, err);
}

#define PUPPET_BEGIN(puppet)                                                                   \
    static int puppet##_begin(struct instrument_share *share,                                  \
                              struct instrument_environment *environment, void **ret,          \
                              struct error *err)                                               \
    {                                                                                          \
        ck_assert(share->symbols != NULL && share->stacks != NULL && share->origins != NULL && \
                  share->lock != NULL);                                                        \
        ck_assert_int_eq(                                                                      \
            instrument_environment_add(environment, "SEEN_" #puppet, #puppet, '\0', NULL), 0); \
        return puppet_begin(&puppet, ret, err);                                                \
    }

PUPPET_BEGIN(heap)
PUPPET_BEGIN(probes)
PUPPET_BEGIN(events)
PUPPET_BEGIN(threads)
PUPPET_BEGIN(files)

static int puppet_started(void *self, const struct instrument_target *target, struct error *err)
{
    const struct puppet *puppet = self;
    ck_assert_str_eq(target->url, "http://127.0.0.1:1");
    return answer(puppet, "started", puppet->started, err);
}

static int puppet_ready(void *self, const struct instrument_target *target, struct error *err)
{
    const struct puppet *puppet = self;
    ck_assert_ptr_nonnull(target);
    return answer(puppet, "ready", puppet->ready, err);
}

static int puppet_snapshot(void *self, const char *dir, size_t cycle, struct error *err)
{
    const struct puppet *puppet = self;
    ck_assert_str_eq(dir, "/collected");
    ck_assert_uint_eq(cycle, 7);
    return answer(puppet, "snapshot", puppet->snapshot, err);
}

static void puppet_effect(const void *self, char *text, size_t size)
{
    const struct puppet *puppet = self;
    if (puppet->effect != NULL)
        snprintf(text, size, "%s", puppet->effect);
}

static void puppet_end(void *self)
{
    called(self, "end");
}

#define PUPPET(which, bits)                                                                        \
    {                                                                                              \
        .kinds = (bits), .begin = which##_begin, .started = puppet_started, .ready = puppet_ready, \
        .snapshot = puppet_snapshot, .effect = puppet_effect, .end = puppet_end,                   \
    }

static const struct instrument instrument_heap = PUPPET(heap, KIND(HEAPTRACK));
static const struct instrument instrument_probes = PUPPET(probes, KIND(MALLOC));
static const struct instrument instrument_events = PUPPET(events, KIND(PAGES) | KIND(THREADS));
static const struct instrument instrument_threads = PUPPET(threads, KIND(THREADS));
static const struct instrument instrument_files = {.kinds = KIND(FILES), .begin = files_begin};

static const struct instrument *const list[] = {&instrument_heap,   &instrument_probes,
                                                &instrument_events, &instrument_threads,
                                                &instrument_files,  NULL};

static const struct run_files run_files = {.collected_dir = "/collected"};
static const struct instrument_target target = {.url = "http://127.0.0.1:1"};
static struct run_spec spec;
static struct instrument_site site;

static void setup(void)
{
    static const char *const nothing[] = {NULL};
    heap = (struct puppet){.name = "heap"};
    probes = (struct puppet){.name = "probes"};
    events = (struct puppet){.name = "events"};
    threads = (struct puppet){.name = "threads"};
    files = (struct puppet){.name = "files"};
    spec = (struct run_spec){.scenario = "a"};
    settings_defaults(&spec.settings);
    spec.settings.service.env = nothing;
    site = (struct instrument_site){.spec = &spec, .files = &run_files};
    ck_assert_int_eq(record_new(&spec, &site.record, NULL), 0);
    memset(calls, 0, sizeof(calls));
}

static void teardown(void)
{
    record_free(site.record);
}

/* From begin to end, with one floor. */
static void live(uint32_t instruments)
{
    struct instruments *set = NULL;
    struct error err = {.kind = ERROR_NONE};
    spec.settings.instruments = instruments;
    ck_assert_msg(instrument_set_new(&site, list, &set, &err) == 0, "%s", err.text);
    instrument_set_started(set, &target);
    instrument_set_ready(set, &target);
    instrument_set_floor(set, 7);
    instrument_set_end(set);
}

static const struct record_instrument *noted(const char *name)
{
    for (unsigned i = 0; i < site.record->n_instruments; i++)
        if (strcmp(site.record->instruments[i].name, name) == 0)
            return &site.record->instruments[i];
    return NULL;
}

static void expect(const char *name, enum record_instrument_state state, const char *why)
{
    const struct record_instrument *note = noted(name);
    ck_assert_msg(note != NULL, "no %s", name);
    ck_assert_int_eq(note->state, state);
    ck_assert_str_eq(note->why, why);
}

START_TEST(those_that_are_asked_for_live_from_begin_to_end)
{
    heap.effect = "twice as slow";
    live(KIND(HEAPTRACK) | KIND(FILES) | KIND(THREADS));
    ck_assert_str_eq(calls, "heap:begin events:begin threads:begin files:begin "
                            "heap:started events:started threads:started "
                            "heap:ready events:ready threads:ready "
                            "heap:snapshot events:snapshot threads:snapshot "
                            "threads:end events:end heap:end");
    ck_assert_uint_eq(site.record->n_instruments, 3);
    expect("heaptrack", RECORD_INSTRUMENT_USED, "");
    expect("threads", RECORD_INSTRUMENT_USED, "");
    expect("files", RECORD_INSTRUMENT_USED, "");
    ck_assert_str_eq(noted("heaptrack")->effect, "twice as slow");
}
END_TEST

START_TEST(their_environment_is_joined)
{
    struct instruments *set = NULL;
    spec.settings.instruments = KIND(HEAPTRACK) | KIND(FILES);
    ck_assert_int_eq(instrument_set_new(&site, list, &set, NULL), 0);
    const char *const *environment = instrument_set_environment(set);
    ck_assert_str_eq(environment[0], "SEEN_heap=heap");
    ck_assert_str_eq(environment[1], "SEEN_files=files");
    ck_assert_ptr_null(environment[2]);
    instrument_set_end(set);
}
END_TEST

START_TEST(what_cannot_begin_gives_way_to_the_next_best)
{
    heap.begin = 1;
    live(KIND(HEAPTRACK));
    ck_assert_str_eq(calls, "heap:begin probes:begin probes:started probes:ready probes:snapshot "
                            "probes:end");
    expect("heaptrack", RECORD_INSTRUMENT_IMPOSSIBLE, "heap cannot begin");
    expect("malloc", RECORD_INSTRUMENT_USED, "");

    teardown();
    setup();
    heap.begin = 1;
    probes.begin = -1;
    live(KIND(HEAPTRACK));
    expect("malloc", RECORD_INSTRUMENT_FAILED, "probes cannot begin");
    expect("pages", RECORD_INSTRUMENT_USED, "");
}
END_TEST

START_TEST(what_is_found_out_late_is_replaced_late)
{
    heap.ready = 1;
    live(KIND(HEAPTRACK) | KIND(PAGES));
    ck_assert_str_eq(calls, "heap:begin events:begin heap:started events:started heap:ready "
                            "heap:end probes:begin probes:started probes:ready events:ready "
                            "probes:snapshot events:snapshot events:end probes:end");
    expect("heaptrack", RECORD_INSTRUMENT_IMPOSSIBLE, "heap cannot ready");
    expect("malloc", RECORD_INSTRUMENT_USED, "");
}
END_TEST

START_TEST(a_snapshot_that_is_missing_is_a_failure_and_no_end)
{
    threads.snapshot = -1;
    live(KIND(THREADS) | KIND(PAGES));
    ck_assert_ptr_nonnull(strstr(calls, "threads:snapshot threads:end"));
    /* Another one tells of threads, too. */
    expect("threads", RECORD_INSTRUMENT_USED, "");
    ck_assert_str_eq(noted("threads")->effect, "a part of it is missing: threads cannot snapshot");

    teardown();
    setup();
    heap.snapshot = -1;
    live(KIND(HEAPTRACK));
    expect("heaptrack", RECORD_INSTRUMENT_FAILED, "heap cannot snapshot");
}
END_TEST

START_TEST(what_no_instrument_is_there_for_is_said)
{
    live(KIND(JAVA));
    ck_assert_str_eq(calls, "");
    ck_assert_ptr_nonnull(noted("java"));
    ck_assert_int_eq(noted("java")->state, RECORD_INSTRUMENT_IMPOSSIBLE);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("instrument_set");
    TCase *c = tcase_create("set");
    suite_add_tcase(s, c);
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, those_that_are_asked_for_live_from_begin_to_end);
    tcase_add_test(c, their_environment_is_joined);
    tcase_add_test(c, what_cannot_begin_gives_way_to_the_next_best);
    tcase_add_test(c, what_is_found_out_late_is_replaced_late);
    tcase_add_test(c, a_snapshot_that_is_missing_is_a_failure_and_no_end);
    tcase_add_test(c, what_no_instrument_is_there_for_is_said);
    return s;
}

CHECK_MAIN(suite);
