/* baseline_entry: entries made of what runs left. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "tests/support/baselines.h"
#include "tests/support/check_main.h"
#include "tests/support/story.h"

#define RECORDS_MAX (GATE_RUNS_MAX + 2)

static struct record *records[RECORDS_MAX];
static size_t n_records;
static struct baseline_entry entry;
static struct error err;

static const struct run_spec spec = {
    .id = "a-scenario.fixed",
    .scenario = "a-scenario",
    .variant = "fixed",
    .build = "race",
    .allocator = "jemalloc",
    .settings = {.limit_bytes = 64 * STORY_MIB,
                 .load = {.concurrency = 8, .rate_per_s = 12.5},
                 .cycles = 10,
                 .cycles_min = 5,
                 .cycle_requests = STORY_REQUESTS,
                 .warmup_requests = 0},
};

/* A judged run that stands at so many bytes and grows by so many each cycle. */
static struct record *add_record(uint64_t bytes, uint64_t step)
{
    struct record *record = NULL;
    struct story story = story_new();
    ck_assert_int_eq(record_new(&spec, &record, NULL), 0);
    timeline_free(record->timeline);
    record->timeline = story.timeline;
    story_cycles(&story, 5, bytes, step);
    strcpy(record->driver, "vm");
    strcpy(record->kernel, "6.1.0-18-amd64");
    strcpy(record->accel, "tcg");
    record->cpus = 2;
    record->machine = (struct record_machine){
        .architecture = "x86_64", .libc = "glibc 2.36", .page_bytes = 4096, .thp = "never"};
    record->starts = 1;
    record_judge(record);
    records[n_records++] = record;
    return record;
}

static void setup(void)
{
    n_records = 0;
    err = (struct error){0};
    memset(&entry, 0, sizeof(entry));
}

static void teardown(void)
{
    for (size_t i = 0; i < n_records; i++)
        record_free(records[i]);
}

static int make(void)
{
    return baseline_entry_of_records((const struct record *const *)records, n_records, &entry,
                                     &err);
}

START_TEST(a_case_is_called_the_same_before_and_after_its_run)
{
    struct baseline_key before;
    struct baseline_key after;
    char text[BASELINE_KEY_TEXT_MAX];
    baseline_key_of_run(&spec, &before);
    baseline_key_of_record(add_record(8 * STORY_MIB, 0), &after);
    ck_assert_int_eq(baseline_compare_keys(&before, &after), 0);
    ck_assert_str_eq(baseline_key_text(&after, text), "a-scenario.fixed [race+jemalloc]");
}
END_TEST

START_TEST(a_case_is_written_with_what_it_has)
{
    static const struct {
        struct baseline_key key;
        const char *text;
    } cases[] = {
        {{"a", "", "", ""}, "a"},
        {{"a", "b", "", ""}, "a.b"},
        {{"a", "", "c", ""}, "a [c]"},
        {{"a", "", "", "d"}, "a [d]"},
        {{"a", "b", "c", "d"}, "a.b [c+d]"},
    };
    char text[BASELINE_KEY_TEXT_MAX];
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        ck_assert_str_eq(baseline_key_text(&cases[i].key, text), cases[i].text);
    struct baseline_key longest;
    memset(&longest, 'x', sizeof(longest));
    longest.scenario[SCENARIO_NAME_MAX - 1] = longest.variant[SCENARIO_NAME_MAX - 1] = '\0';
    longest.build[SCENARIO_NAME_MAX - 1] = longest.allocator[SCENARIO_NAME_MAX - 1] = '\0';
    const char *end = baseline_key_text(&longest, text);
    ck_assert_uint_eq(strlen(end), 4 * (SCENARIO_NAME_MAX - 1) + 5);
    ck_assert_int_eq(end[strlen(end) - 1], ']');
}
END_TEST

START_TEST(work_is_the_same_before_and_after_a_run)
{
    struct baseline_work before;
    struct baseline_work after;
    struct record *record = add_record(8 * STORY_MIB, 0);
    record->question.cycle_requests = 1375; /* chosen while it ran, for a collected heap */
    ck_assert(baseline_work_of_run(&spec, &before));
    baseline_work_of_record(record, &after);
    ck_assert_uint_eq(after.limit_bytes, before.limit_bytes);
    ck_assert_uint_eq(after.cycle_requests, STORY_REQUESTS);
    ck_assert_uint_eq(before.cycle_requests, STORY_REQUESTS);
    ck_assert(before.has_warmup);
    ck_assert(after.has_warmup);
    ck_assert_uint_eq(after.warmup_requests, before.warmup_requests);
    ck_assert_uint_eq(after.concurrency, before.concurrency);
    ck_assert_uint_eq(after.cycles_min, before.cycles_min);
    ck_assert_double_eq(after.rate_per_s, before.rate_per_s);
}
END_TEST

START_TEST(the_limit_of_what_is_attached_to_is_not_known_before)
{
    struct run_spec attached = spec;
    struct baseline_work work;
    attached.settings.attach = "4711";
    ck_assert(!baseline_work_of_run(&attached, &work));
}
END_TEST

START_TEST(an_older_recording_lacks_its_warm_up)
{
    struct baseline_work work;
    struct record *record = add_record(8 * STORY_MIB, 0);
    record->work = (struct record_work){.known = false};
    baseline_work_of_record(record, &work);
    ck_assert(!work.has_warmup);
    ck_assert_uint_eq(work.cycle_requests, record->question.cycle_requests);
}
END_TEST

START_TEST(an_entry_has_what_each_run_said)
{
    add_record(8 * STORY_MIB, 0);
    add_record(9 * STORY_MIB, 1000000);
    ck_assert_msg(make() == 0, "%s", err.text);
    ck_assert_uint_eq(entry.n_runs, 2);
    ck_assert_str_eq(entry.key.build, "race");
    ck_assert_str_eq(entry.environment.machine.libc, "glibc 2.36");
    ck_assert_uint_eq(entry.work.limit_bytes, 64 * STORY_MIB);
    for (unsigned i = 0; i < entry.n_runs; i++) {
        const struct comparison_run *run = &entry.runs[i];
        struct figures figures;
        figures_of_run(records[i]->timeline, &records[i]->question, &records[i]->verdict, &figures);
        ck_assert(run->judged);
        ck_assert_int_eq(run->kind, i == 0 ? VERDICT_CLEAN : VERDICT_LEAK);
        ck_assert_int_eq(run->cause, records[i]->verdict.cause);
        ck_assert(figures_has(&run->figures, FIGURE_FLOOR));
        ck_assert_double_eq(run->figures.value[FIGURE_FLOOR], figures.value[FIGURE_FLOOR]);
        ck_assert_double_eq_tol(run->figures.value[FIGURE_GROWTH], figures.value[FIGURE_GROWTH],
                                0.005);
        ck_assert(!figures_has(&run->figures, FIGURE_RATE)); /* it is not gated */
    }
}
END_TEST

START_TEST(an_entry_is_as_it_will_be_read)
{
    add_record(8 * STORY_MIB + 1, 999);
    add_record(8 * STORY_MIB, 1234567);
    ck_assert_int_eq(make(), 0);
    CLEANUP(baseline_freep) struct baseline *baseline = baselines_new(&entry, 1);
    CLEANUP(baseline_freep) struct baseline *again = NULL;
    CLEANUP(freep) char *text = baselines_text(baseline);
    ck_assert_int_eq(baseline_load_text("b", text, strlen(text), &again, &err), 0);
    for (unsigned i = 0; i < entry.n_runs; i++) {
        const struct figures *a = &entry.runs[i].figures;
        const struct figures *b = &again->entries[0].runs[i].figures;
        ck_assert_uint_eq(a->present, b->present);
        for (enum figure figure = 0; figure < FIGURE_MAX_; figure++)
            if (figures_has(a, figure))
                ck_assert_double_eq(a->value[figure], b->value[figure]);
    }
}
END_TEST

START_TEST(a_run_that_failed_is_left_out)
{
    add_record(8 * STORY_MIB, 0);
    error_set(&add_record(20 * STORY_MIB, 0)->error, ERROR_SERVICE, "it ended");
    add_record(9 * STORY_MIB, 0);
    ck_assert_int_eq(make(), 0);
    ck_assert_uint_eq(entry.n_runs, 2);
    ck_assert_double_eq(entry.runs[1].figures.value[FIGURE_FLOOR], 9.0 * STORY_MIB);
}
END_TEST

START_TEST(without_a_judged_run_there_is_no_entry)
{
    ck_assert_int_eq(make(), 1);
    error_set(&add_record(8 * STORY_MIB, 0)->error, ERROR_SERVICE, "it ended");
    ck_assert_int_eq(make(), 1);
    ck_assert_uint_eq(entry.n_runs, 0);
}
END_TEST

START_TEST(more_runs_than_there_is_room_for_are_left_out)
{
    for (unsigned i = 0; i < RECORDS_MAX; i++)
        add_record(8 * STORY_MIB + i, 0);
    ck_assert_int_eq(make(), 0);
    ck_assert_uint_eq(entry.n_runs, GATE_RUNS_MAX);
    ck_assert_double_eq(entry.runs[GATE_RUNS_MAX - 1].figures.value[FIGURE_FLOOR],
                        8.0 * STORY_MIB + GATE_RUNS_MAX - 1);
}
END_TEST

/* Two runs that are no repeats of each other. */
static void change(struct record *record, int how)
{
    if (how == 0)
        strcpy(record->variant, "other");
    else if (how == 1)
        strcpy(record->kernel, "6.12.1");
    else if (how == 2)
        record->cpus = 4;
    else if (how == 3)
        record->question.limit_bytes *= 2;
    else
        record->work.warmup_requests = 100;
}

START_TEST(runs_that_are_no_repeats_of_each_other_make_no_entry)
{
    static const char *const parts[] = {
        "found runs of a-scenario.fixed [race+jemalloc] and of a-scenario.other [race+jemalloc]",
        "cannot stand side by side: kernel 6.1 in the first run, 6.12 in another one",
        "2 CPUs in the first run, 4 in another one",
        "limit 64.0 MiB in the first run, 128.0 MiB in another one",
        "warm-up 0 in the first run, 100 in another one",
    };
    add_record(8 * STORY_MIB, 0);
    change(add_record(8 * STORY_MIB, 0), _i);
    ck_assert_int_eq(make(), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_msg(strstr(err.text, parts[_i]) != NULL, "%s", err.text);
    ck_assert_uint_eq(entry.n_runs, 0);
}
END_TEST

START_TEST(a_recording_that_does_not_say_its_kernel_makes_no_entry)
{
    add_record(8 * STORY_MIB, 0)->kernel[0] = '\0';
    ck_assert_int_eq(make(), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_msg(strstr(err.text, "kernel") != NULL, "%s", err.text);
}
END_TEST

static Suite *baseline_entry_suite(void)
{
    Suite *suite = suite_create("baseline_entry");
    TCase *tcase = tcase_create("an entry of a baseline");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_case_is_called_the_same_before_and_after_its_run);
    tcase_add_test(tcase, a_case_is_written_with_what_it_has);
    tcase_add_test(tcase, work_is_the_same_before_and_after_a_run);
    tcase_add_test(tcase, the_limit_of_what_is_attached_to_is_not_known_before);
    tcase_add_test(tcase, an_older_recording_lacks_its_warm_up);
    tcase_add_test(tcase, an_entry_has_what_each_run_said);
    tcase_add_test(tcase, an_entry_is_as_it_will_be_read);
    tcase_add_test(tcase, a_run_that_failed_is_left_out);
    tcase_add_test(tcase, without_a_judged_run_there_is_no_entry);
    tcase_add_test(tcase, more_runs_than_there_is_room_for_are_left_out);
    tcase_add_loop_test(tcase, runs_that_are_no_repeats_of_each_other_make_no_entry, 0, 5);
    tcase_add_test(tcase, a_recording_that_does_not_say_its_kernel_makes_no_entry);
    suite_add_tcase(suite, tcase);
    return suite;
}

CHECK_MAIN(baseline_entry_suite);
