/* record: stored whole or not at all, and the same when it is read again. */
#include "scenario/record_files.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "scenario/record_instruments.h"
#include "tests/support/check_main.h"
#include "tests/support/story.h"
#include "tests/support/temp_dir.h"

#define FILE_MAX ((size_t)4 * 1024 * 1024)

static struct temp_dir dir;
static char work[PATH_MAX + 8];
static char final[PATH_MAX + 8];

static void setup(void)
{
    dir = temp_dir_make();
    snprintf(work, sizeof(work), "%s/work", dir.path);
    snprintf(final, sizeof(final), "%s/final", dir.path);
}

static void teardown(void)
{
    temp_dir_done(&dir);
}

/* Killed for memory, then failed without an exit code, in a container. */
static void add_ends(struct record *record)
{
    strcpy(record->pod, "a.pod");
    record->restart = (struct restart){.policy = RESTART_ON_FAILURE, .time_scale = 20};
    record->question.kills_min = 3;
    record->question.stays_down = true;
    const struct run_end killed = {.start = 0,
                                   .t_ns = 1234567890,
                                   .reason = END_OOM_KILLED,
                                   .has_exit_code = true,
                                   .exit_code = 137,
                                   .oom_kills = 2};
    const struct run_end failed = {
        .start = 1,
        .t_ns = 2000000000,
        .reason = END_ERROR,
        .backoff_ns = 500000000,
        .engine = {.present = true, .running = true, .has_exit_code = true, .restarts = 4}};
    record_add_end(record, &killed);
    record_add_end(record, &failed);
}

/* A record with something in every field; `kind` changes what there is. */
static struct record *make_record(int kind)
{
    static const struct run_spec spec = {
        .id = "a-scenario.fixed",
        .scenario = "a-scenario",
        .variant = "fixed",
        .label = "fixed, \"as is\"",
        .build = "race",
        .allocator = "jemalloc",
        .sanitizer_options = "ASAN_OPTIONS=quarantine_size_mb=0",
        .group = 2,
        .settings = {.limit_bytes = 64 * STORY_MIB,
                     .load = {.concurrency = 8, .rate_per_s = 12.3456789},
                     .cycles = 10,
                     .cycles_min = 5,
                     .cycle_requests = STORY_REQUESTS,
                     .sample_hz = 100,
                     .has_expectation = true,
                     .expect = VERDICT_LEAK,
                     .expects_cause = true,
                     .expect_cause = CAUSE_SOCKETS,
                     .gate = {.figure = {[GATE_PEAK] = {.given = true, .amount = 4096}}}},
    };
    struct record *record = NULL;
    struct story story = story_new();
    ck_assert_int_eq(record_new(&spec, &record, NULL), 0);
    timeline_free(record->timeline);
    record->timeline = story.timeline;
    story.timeline->ticks = 981;
    story.timeline->late_ticks = 3;
    strcpy(record->driver, "vm");
    strcpy(record->kernel, "6.1.0-\"odd\"\n");
    strcpy(record->accel, "tcg");
    record->cpus = 2;
    record->machine = (struct record_machine){
        .architecture = "x86_64", .libc = "glibc 2.36", .page_bytes = 4096, .thp = "madvise"};
    record->starts = 1;
    record->started_unix_ms = 1764000000123;
    record->duration_ns = 9812345678;
    record->waited_ns = kind == 1 ? 4500000000 : 0;
    record->has_ready = true;
    record->ready_ns = 311234567;
    record->has_decided = true;
    record->decided_ns = 5371234567;
    if (kind == 2) {
        record_add_instrument(
            record, &(struct record_instrument){.name = "heaptrack", .effect = "twice as slow"});
        record_add_instrument(record,
                              &(struct record_instrument){.name = "pages",
                                                          .state = RECORD_INSTRUMENT_IMPOSSIBLE,
                                                          .why = "no \"perf\" here"});
    }
    record_warn(record, "%s", "a warning, with \"quotes\" and a % sign");
    story_cycles(&story, 5, 8 * STORY_MIB, kind == 1 ? 0 : 1000000);
    story_sample(&story, 20 * STORY_MIB);
    timeline_add_mark(story.timeline, 1, MARK_PHASE, 250, "cycle 1, with a comma");
    record->question.quarantine_bytes = kind == 1 ? 256 * STORY_MIB : 0;
    if (kind == 2) {
        story_kill(&story, CYCLE_MEASURE, 3);
        story.start = 1;
        story_cycle(&story, CYCLE_READY, 8 * STORY_MIB);
        record->starts = 2;
        record->termination = TERMINATION_OOM_KILLED;
        add_ends(record);
    }
    if (kind == 3) {
        record->question.limit_bytes = UINT64_MAX;
        record->has_ready = record->has_decided = false;
        record->has_expectation = record->expects_cause = false;
        record->variant[0] = '\0';
        record->termination = TERMINATION_SERVICE_FAILED;
        error_set(&record->error, ERROR_SERVICE, "it ended:\nline one\nline \"two\"");
    }
    record_judge(record);
    return record;
}

static void store(const struct record *record)
{
    struct error err = {0};
    ck_assert_msg(record_store(record, work, final, &err) == 0, "%s", err.text);
}

static char *content(const char *name)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(FILE_MAX);
    struct error err = {0};
    ck_assert_msg(file_read(dir.fd, name, &text, &err) == 0, "%s", err.text);
    return strdup(buffer_text(&text));
}

START_TEST(a_record_read_and_stored_again_is_the_same_to_the_byte)
{
    CLEANUP(record_freep) struct record *record = make_record(_i);
    CLEANUP(record_freep) struct record *again = NULL;
    struct error err = {0};
    store(record);
    static const char *const names[] = {"final/result.json", "final/timeline.csv",
                                        "final/cycles.csv"};
    char *before[3];
    for (int i = 0; i < 3; i++)
        before[i] = content(names[i]);
    ck_assert_msg(record_load(final, &again, &err) == 0, "%s", err.text);
    ck_assert_double_eq(again->gate.figure[GATE_PEAK].amount, 4096);
    ck_assert(again->gate.figure[GATE_PEAK].given && !again->gate.figure[GATE_FLOOR].given);
    ck_assert_int_eq(again->verdict.kind, record->verdict.kind);
    ck_assert_int_eq(again->outcome, record->outcome);
    ck_assert_int_eq(again->error.kind, record->error.kind);
    ck_assert_str_eq(again->error.text, record->error.text);
    ck_assert_str_eq(again->pod, record->pod);
    ck_assert_str_eq(again->label, record->label);
    ck_assert_str_eq(again->build, "race");
    ck_assert_str_eq(again->allocator, "jemalloc");
    ck_assert_str_eq(again->sanitizer_options, "ASAN_OPTIONS=quarantine_size_mb=0");
    ck_assert_uint_eq(again->question.quarantine_bytes, record->question.quarantine_bytes);
    ck_assert_uint_eq(again->group, 2);
    ck_assert_uint_eq(again->n_instruments, _i == 2 ? 2 : 0);
    ck_assert_int_eq(again->waited_ns, record->waited_ns);
    ck_assert_int_eq(again->restart.policy, record->restart.policy);
    ck_assert_uint_eq(again->n_ends, record->n_ends);
    for (unsigned i = 0; i < record->n_ends; i++) {
        ck_assert_int_eq(again->ends[i].reason, record->ends[i].reason);
        ck_assert_int_eq(again->ends[i].exit_code, record->ends[i].exit_code);
        ck_assert(again->ends[i].has_exit_code == record->ends[i].has_exit_code);
        ck_assert_int_eq(again->ends[i].backoff_ns, record->ends[i].backoff_ns);
        ck_assert_uint_eq(again->ends[i].engine.restarts, record->ends[i].engine.restarts);
    }
    store(again);
    for (int i = 0; i < 3; i++) {
        CLEANUP(freep) char *after = content(names[i]);
        ck_assert_str_eq(after, before[i]);
        free(before[i]);
    }
}
END_TEST

START_TEST(machine_and_work_are_read_back)
{
    CLEANUP(record_freep) struct record *record = make_record(0);
    CLEANUP(record_freep) struct record *again = NULL;
    store(record);
    ck_assert_int_eq(record_load(final, &again, NULL), 0);
    ck_assert_str_eq(again->machine.architecture, "x86_64");
    ck_assert_str_eq(again->machine.libc, "glibc 2.36");
    ck_assert_uint_eq(again->machine.page_bytes, 4096);
    ck_assert_str_eq(again->machine.thp, "madvise");
    ck_assert_int_eq(again->started_unix_ms, 1764000000123);
    ck_assert(again->work.known);
    ck_assert_uint_eq(again->work.cycle_requests, STORY_REQUESTS);
    ck_assert_uint_eq(again->work.warmup_requests, 0);
    CLEANUP(freep) char *text = content("final/result.json");
    ck_assert_ptr_nonnull(strstr(text, "\"warmup_requests\": 0,")); /* said, and none */
}
END_TEST

START_TEST(what_older_recordings_do_not_tell_is_absent_and_stays_so)
{
    CLEANUP(record_freep) struct record *record = make_record(0);
    CLEANUP(record_freep) struct record *again = NULL;
    record->machine = (struct record_machine){.page_bytes = 0};
    record->work.known = false;
    record->started_unix_ms = 0;
    store(record);
    CLEANUP(freep) char *before = content("final/result.json");
    static const char *const keys[] = {"architecture", "libc",   "page_bytes",
                                       "thp",          "warmup", "started"};
    for (size_t i = 0; i < ARRAY_LENGTH(keys); i++)
        ck_assert_msg(strstr(before, keys[i]) == NULL, "%s", keys[i]);
    ck_assert_int_eq(record_load(final, &again, NULL), 0);
    ck_assert(!again->work.known);
    ck_assert_uint_eq(again->machine.page_bytes, 0);
    ck_assert_int_eq(again->started_unix_ms, 0);
    store(again);
    CLEANUP(freep) char *after = content("final/result.json");
    ck_assert_str_eq(after, before);
}
END_TEST

START_TEST(a_timeline_longer_than_a_guest_keeps_is_read_whole)
{
    CLEANUP(record_freep) struct record *record = story_leak("long", VERDICT_LEAK);
    CLEANUP(record_freep) struct record *again = NULL;
    struct error err = {.kind = ERROR_NONE};
    size_t samples = (size_t)TIMELINE_SAMPLES_MAX + 1000;
    record->timeline->max_memory = 2 * samples;
    for (size_t i = 0; i < samples; i++) {
        struct memory_sample sample = {.t_ns = 10 * NSEC_PER_SEC + (nsec_t)i};
        memory_sample_set(&sample, MEMORY_CURRENT, i % 7);
        ck_assert_int_eq(timeline_add_memory(record->timeline, &sample, NULL), 0);
    }
    ck_assert_int_eq(record_store(record, work, final, &err), 0);
    ck_assert_msg(record_load(final, &again, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(again->timeline->n_memory, record->timeline->n_memory);
    ck_assert_uint_eq(again->timeline->thinned, 1);
}
END_TEST

START_TEST(what_the_allocator_said_last_is_in_the_result)
{
    CLEANUP(record_freep) struct record *record = make_record(0);
    store(record);
    CLEANUP(freep) char *without = content("final/result.json");
    ck_assert_ptr_null(strstr(without, "allocator"));

    struct survey *floor = &record->timeline->cycles[record->timeline->n_cycles - 1].floor;
    floor->value[SURVEY_HEAP_ARENA] = 34603008;
    floor->value[SURVEY_HEAP_IN_USE] = 0;
    store(record);
    CLEANUP(freep) char *in_part = content("final/result.json");
    ck_assert_str_eq(in_part, without);

    floor->value[SURVEY_HEAP_FREE] = 34603000;
    store(record);
    CLEANUP(freep) char *with = content("final/result.json");
    ck_assert_ptr_nonnull(strstr(with, "  \"allocator\": {\n    \"arena_bytes\": 34603008,\n    "
                                       "\"in_use_bytes\": 0,\n    \"free_bytes\": 34603000\n"));
    CLEANUP(record_freep) struct record *again = NULL;
    ck_assert_int_eq(record_load(final, &again, NULL), 0);
    store(again);
    CLEANUP(freep) char *after = content("final/result.json");
    ck_assert_str_eq(after, with);
}
END_TEST

START_TEST(a_new_record_takes_the_place_of_the_old_one)
{
    CLEANUP(record_freep) struct record *record = make_record(0);
    temp_dir_write(&dir, "final/stale", "x");
    temp_dir_write(&dir, "work/service.log", "hello\n");
    store(record);
    ck_assert(!file_exists(dir.fd, "final/stale"));
    ck_assert(
        file_exists(dir.fd, "final/service.log")); /* what lay in the work folder comes along */
    ck_assert(!file_exists(dir.fd, "work"));
    ck_assert(!file_exists(dir.fd, "work.old"));
}
END_TEST

START_TEST(what_cannot_be_put_in_place_leaves_no_half_result)
{
    CLEANUP(record_freep) struct record *record = make_record(0);
    struct error err = {0};
    char nowhere[PATH_MAX + 32];
    snprintf(nowhere, sizeof(nowhere), "%s/no/such/folder", dir.path);
    ck_assert_int_eq(record_store(record, work, nowhere, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_ENVIRONMENT);
    ck_assert(!file_exists(AT_FDCWD, nowhere));

    temp_dir_write(&dir, "final/old", "x"); /* the old one stays when the new one cannot be made */
    temp_dir_write(&dir, "file", "");
    char bad[PATH_MAX + 16];
    snprintf(bad, sizeof(bad), "%s/file/work", dir.path);
    ck_assert_int_eq(record_store(record, bad, final, &err), -1);
    ck_assert(file_exists(dir.fd, "final/old"));
}
END_TEST

/* Replace in one of the stored files. */
static const struct {
    const char *file, *from, *to, *error;
} faults[] = {
    {"result.json", "leakcage.result/1", "leakcage.result/9", "leakcage.result/9"},
    {"result.json", "\"termination\": \"decided\"", "\"termination\": \"tired\"", "tired"},
    {"result.json", "\"verdict\": \"leak\",\n    \"cause\"",
     "\"verdict\": \"leek\",\n    \"cause\"", "leek"},
    {"result.json", "\"question\"", "\"answer\"", "question"},
    {"result.json", "\"cycles_max\": 10", "\"cycles_max\": -10", "cycles_max"},
    {"result.json", "{", "[", "result.json:"},
    {"result.json", "\"findings\"", "\"instruments\": 1, \"findings\"", "$.instruments"},
    {"result.json", "\"findings\"", "\"instruments\": [{\"name\": \"x\"}], \"findings\"", "state"},
    {"result.json", "\"findings\"", "\"instruments\": [{\"state\": \"used\"}], \"findings\"",
     "no \"name\""},
    {"result.json", "\"cpus\": 2", "\"cpus\": \"2\"", "cpus"},
    {"cycles.csv", "kind", "sort,kind", "cycles.csv:1"},
    {"cycles.csv", "measure", "treasure", "cycles.csv:4: unknown kind of cycle \"treasure\""},
    {"timeline.csv", "memory", "memoir", "timeline.csv:"},
};

START_TEST(a_broken_file_is_an_error_that_names_it)
{
    CLEANUP(record_freep) struct record *record = make_record(0);
    CLEANUP(record_freep) struct record *again = NULL;
    struct error err = {0};
    char name[64];
    store(record);
    snprintf(name, sizeof(name), "final/%s", faults[_i].file);
    CLEANUP(freep) char *text = content(name);
    CLEANUP(buffer_done) struct buffer changed = BUFFER_INIT(FILE_MAX);
    const char *place = strstr(text, faults[_i].from);
    ck_assert_ptr_nonnull(place);
    buffer_append(&changed, text, (size_t)(place - text), NULL);
    buffer_append_text(&changed, faults[_i].to, NULL);
    buffer_append_text(&changed, place + strlen(faults[_i].from), NULL);
    temp_dir_write(&dir, name, buffer_text(&changed));
    ck_assert_int_eq(record_load(final, &again, &err), -1);
    ck_assert_ptr_null(again);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_msg(strstr(err.text, faults[_i].error) != NULL, "found \"%s\", expected \"%s\"",
                  err.text, faults[_i].error);
}
END_TEST

START_TEST(a_missing_or_empty_file_is_an_error_that_names_it)
{
    static const char *const names[] = {"result.json", "timeline.csv", "cycles.csv"};
    CLEANUP(record_freep) struct record *record = make_record(0);
    CLEANUP(record_freep) struct record *again = NULL;
    char path[64];
    store(record);
    snprintf(path, sizeof(path), "final/%s", names[_i]);
    struct error err = {0};
    temp_dir_write(&dir, path, "");
    ck_assert_int_eq(record_load(final, &again, &err), -1);
    ck_assert_msg(strstr(err.text, names[_i]) != NULL, "%s", err.text);
    unlinkat(dir.fd, path, 0);
    ck_assert_int_eq(record_load(final, &again, &err), -1);
    ck_assert_msg(strstr(err.text, names[_i]) != NULL, "%s", err.text);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
}
END_TEST

START_TEST(ends_are_bounded)
{
    CLEANUP(record_freep) struct record *record = make_record(0);
    const struct run_end end = {.reason = END_ERROR};
    for (unsigned i = 0; i < RECORD_ENDS_MAX; i++)
        ck_assert_ptr_nonnull(record_add_end(record, &end));
    ck_assert_ptr_null(record_add_end(record, &end));
    ck_assert_uint_eq(record->n_ends, RECORD_ENDS_MAX);
}
END_TEST

START_TEST(warnings_are_bounded)
{
    CLEANUP(record_freep) struct record *record = make_record(0);
    for (int i = 0; i < 20; i++)
        record_warn(record, "%d", i);
    ck_assert_uint_eq(record->n_warnings, RECORD_WARNINGS_MAX);
}
END_TEST

START_TEST(of_an_instrument_the_worst_is_kept_and_they_are_bounded)
{
    CLEANUP(record_freep) struct record *record = make_record(0);
    struct record_instrument instrument = {.name = "heaptrack"};
    char text[64];
    record_add_instrument(record, &instrument);
    instrument.state = RECORD_INSTRUMENT_FAILED;
    strcpy(instrument.why, "its stream ended");
    record_add_instrument(record, &instrument);
    record_add_instrument(
        record, &(struct record_instrument){.name = "heaptrack", .effect = "1.5 times as slow"});
    ck_assert_uint_eq(record->n_instruments, 1);
    ck_assert_int_eq(record->instruments[0].state, RECORD_INSTRUMENT_FAILED);
    ck_assert_str_eq(record->instruments[0].why, "its stream ended");
    ck_assert_str_eq(record->instruments[0].effect, "1.5 times as slow");
    record_add_instrument(
        record, &(struct record_instrument){.name = "go", .state = RECORD_INSTRUMENT_IMPOSSIBLE});
    record_add_instrument(record, &(struct record_instrument){.name = "threads"});
    ck_assert_str_eq(record_instruments_text(record, text, sizeof(text)), "heaptrack, threads");
    for (char name = 'a'; name <= 'z'; name++)
        record_add_instrument(record, &(struct record_instrument){.name = {name}});
    ck_assert_uint_eq(record->n_instruments, RECORD_INSTRUMENTS_MAX);
}
END_TEST

START_TEST(every_termination_is_its_own_name)
{
    for (unsigned i = 0; i < TERMINATION_MAX_; i++) {
        enum termination termination = TERMINATION_MAX_;
        ck_assert(termination_from_name(termination_name((enum termination)i), &termination));
        ck_assert_uint_eq(termination, i);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("record");
    TCase *c = tcase_create("files");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_loop_test(c, a_record_read_and_stored_again_is_the_same_to_the_byte, 0, 4);
    tcase_add_test(c, machine_and_work_are_read_back);
    tcase_add_test(c, what_older_recordings_do_not_tell_is_absent_and_stays_so);
    tcase_add_test(c, a_timeline_longer_than_a_guest_keeps_is_read_whole);
    tcase_add_test(c, what_the_allocator_said_last_is_in_the_result);
    tcase_add_test(c, a_new_record_takes_the_place_of_the_old_one);
    tcase_add_test(c, what_cannot_be_put_in_place_leaves_no_half_result);
    tcase_add_loop_test(c, a_broken_file_is_an_error_that_names_it, 0, (int)ARRAY_LENGTH(faults));
    tcase_add_loop_test(c, a_missing_or_empty_file_is_an_error_that_names_it, 0, 3);
    tcase_add_test(c, ends_are_bounded);
    tcase_add_test(c, warnings_are_bounded);
    tcase_add_test(c, of_an_instrument_the_worst_is_kept_and_they_are_bounded);
    tcase_add_test(c, every_termination_is_its_own_name);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);
