/* view_json: runs as data that a page draws, whatever is in them. */
#include "view/view_json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "report/terminal.h"
#include "tests/support/check_main.h"
#include "tests/support/story.h"
#include "tests/support/temp_dir.h"
#include "tests/support/viewed.h"

#define LOG_BYTES_MAX ((size_t)16 * 1024)
#define HOSTILE       "</script><script>alert(\"1\")</script>\033[31m\x7f\xff'&"
/* As a reader of JSON has it: only what was no UTF-8 is another. */
#define HOSTILE_READ "</script><script>alert(\"1\")</script>\033[31m\x7f\xef\xbf\xbd'&"

static struct record *make_leak(void)
{
    struct record *record = story_leak("leaky", VERDICT_LEAK);
    timeline_add_mark(record->timeline, 0, MARK_PHASE, 0, "start");
    timeline_add_mark(record->timeline, 0, MARK_START, 0, "");
    timeline_add_mark(record->timeline, 100 * NSEC_PER_MSEC, MARK_PHASE, 0, "ready");
    timeline_add_mark(record->timeline, NSEC_PER_SEC, MARK_PHASE, 250, "warm-up");
    timeline_add_mark(record->timeline, 2 * NSEC_PER_SEC, MARK_PHASE, 250, "cycle 1");
    timeline_add_mark(record->timeline, 2100 * NSEC_PER_MSEC, MARK_LATE_TICK, 9, "");
    timeline_add_mark(record->timeline, 2900 * NSEC_PER_MSEC, MARK_OOM_KILL, 1, "");
    timeline_add_mark(record->timeline, 2950 * NSEC_PER_MSEC, MARK_EXIT, 0, "ended: signal 9");
    timeline_add_mark(record->timeline, 3 * NSEC_PER_SEC, MARK_PHASE, 0, "back-off 10 s");
    timeline_add_mark(record->timeline, 7 * NSEC_PER_SEC, MARK_PHASE, 0, TIMELINE_PHASE_OTHERS);
    timeline_add_mark(record->timeline, 8 * NSEC_PER_SEC, MARK_PHASE, 0, "probe rest");
    return record;
}

START_TEST(a_run_is_told_with_its_names_and_its_verdict)
{
    CLEANUP(record_freep) struct record *record = make_leak();
    CLEANUP(json_freep) struct json_document *view = viewed_one(record, NULL);
    ck_assert_str_eq(viewed_text(view, "schema"), "leakcage.view/1");
    ck_assert_str_eq(viewed_text(view, "title"), "leaky");
    ck_assert_str_eq(viewed_text(view, "runs/0/id"), "leaky");
    ck_assert_str_eq(viewed_text(view, "runs/0/verdict"), "leak");
    ck_assert_str_eq(viewed_text(view, "runs/0/cause"), "heap");
    ck_assert_str_eq(viewed_text(view, "runs/0/outcome"), "pass");
    ck_assert_double_eq(viewed_number(view, "runs/0/limit_bytes"), 64 * STORY_MIB);
    ck_assert_double_eq(viewed_number(view, "runs/0/duration_s"), 9.8);
    ck_assert_double_eq_tol(viewed_number(view, "runs/0/figures/growth_bytes_per_request"),
                            (double)STORY_MIB / STORY_REQUESTS, 0.01);
    ck_assert_double_eq(viewed_number(view, "runs/0/figures/latency_p99_s"), 0.002);
    ck_assert_double_eq(viewed_number(view, "runs/0/figures/restarts"), 0);
    ck_assert_double_eq(viewed_number(view, "runs/0/samples/n"), 1);
}
END_TEST

START_TEST(what_is_not_known_is_left_out)
{
    static const char *const absent[] = {"variant",
                                         "label",
                                         "build",
                                         "malloc",
                                         "accel",
                                         "target",
                                         "error",
                                         "ready_s",
                                         "verdict_s",
                                         "profiles",
                                         "log",
                                         "limit_bytes",
                                         "figures/cpu_s_per_request",
                                         "figures/requests_to_kill"};
    CLEANUP(record_freep) struct record *record = make_leak();
    record->question.limit_bytes = UINT64_MAX;
    record->timeline->cycles[3].peak_bytes = SURVEY_ABSENT;
    record->timeline->cycles[3].latency_p50_ns = -1;
    CLEANUP(json_freep) struct json_document *view = viewed_one(record, NULL);
    struct json_place place;
    for (size_t i = 0; i < ARRAY_LENGTH(absent); i++) {
        char path[128];
        snprintf(path, sizeof(path), "runs/0/%s", absent[i]);
        ck_assert_msg(!viewed_find(view, path, &place), "%s is there", path);
    }
    ck_assert(!viewed_find(view, "runs/0/cycles/3/peak_bytes", &place));
    ck_assert(!viewed_find(view, "runs/0/cycles/3/latency_p50_s", &place));
    ck_assert(viewed_find(view, "runs/0/cycles/3/latency_p99_s", &place));
    ck_assert(viewed_find(view, "runs/0/cycles/2/peak_bytes", &place));
}
END_TEST

START_TEST(the_words_are_those_of_the_terminal)
{
    const struct terminal_style style = {.utf8 = true};
    CLEANUP(record_freep) struct record *record = make_leak();
    CLEANUP(json_freep) struct json_document *view = viewed_one(record, NULL);
    CLEANUP(buffer_done) struct buffer block = BUFFER_INIT(65536);
    ck_assert_int_eq(terminal_write_record(record, NULL, &style, &block, NULL), 0);
    story_expect_text(buffer_text(&block), viewed_text(view, "runs/0/headline"));
    struct json_place lines = viewed_place(view, "runs/0/lines");
    ck_assert_uint_ge(json_length(&lines), 7);
    for (size_t i = 0; i < json_length(&lines); i++) {
        char path[64];
        snprintf(path, sizeof(path), "runs/0/lines/%zu/text", i);
        const char *text = viewed_text(view, path);
        snprintf(path, sizeof(path), "runs/0/lines/%zu/name", i);
        if (strcmp(viewed_text(view, path), "verdict") != 0)
            story_expect_text(buffer_text(&block), text);
        else /* what stands out is set off by more than a space there */
            ck_assert_int_eq(strncmp(text, "LEAK +4.1 KiB per request (95 %", 30), 0);
    }
}
END_TEST

START_TEST(phases_have_kinds_and_a_rest_after_their_load)
{
    static const struct {
        const char *name, *kind;
        double t_s, end_s;
    } expected[] = {
        {"start", "start", 0, 0.1},     {"ready", "ready", 0.1, 1},
        {"warm-up", "warmup", 1, 1.5},  {"warm-up, at rest", "idle", 1.5, 2},
        {"cycle 1", "measure", 2, 2.5}, {"cycle 1, at rest", "idle", 2.5, 3},
    };
    CLEANUP(record_freep) struct record *record = make_leak();
    CLEANUP(json_freep) struct json_document *view = viewed_one(record, NULL);
    for (size_t i = 0; i < ARRAY_LENGTH(expected); i++) {
        char path[64];
        int end = snprintf(path, sizeof(path), "runs/0/phases/%zu/", i);
        snprintf(path + end, sizeof(path) - (size_t)end, "name");
        ck_assert_str_eq(viewed_text(view, path), expected[i].name);
        snprintf(path + end, sizeof(path) - (size_t)end, "kind");
        ck_assert_str_eq(viewed_text(view, path), expected[i].kind);
        snprintf(path + end, sizeof(path) - (size_t)end, "t_s");
        ck_assert_double_eq(viewed_number(view, path), expected[i].t_s);
        snprintf(path + end, sizeof(path) - (size_t)end, "end_s");
        ck_assert_double_eq(viewed_number(view, path), expected[i].end_s);
    }
    viewed_index(view, "runs/0/phases", "kind", "others");
    size_t probe = viewed_index(view, "runs/0/phases", "kind", "probe");
    char path[64];
    snprintf(path, sizeof(path), "runs/0/phases/%zu/end_s", probe);
    ck_assert_double_eq(viewed_number(view, path), 9.8); /* the end of the run */
}
END_TEST

START_TEST(marks_say_what_happened_and_late_ticks_are_none)
{
    CLEANUP(record_freep) struct record *record = make_leak();
    CLEANUP(json_freep) struct json_document *view = viewed_one(record, NULL);
    struct json_place marks = viewed_place(view, "runs/0/marks");
    ck_assert_uint_eq(json_length(&marks), 3);
    ck_assert_str_eq(viewed_text(view, "runs/0/marks/0/text"), "start 1");
    ck_assert_str_eq(viewed_text(view, "runs/0/marks/1/kind"), "oom-kill");
    ck_assert_str_eq(viewed_text(view, "runs/0/marks/1/text"), "killed for memory");
    ck_assert_str_eq(viewed_text(view, "runs/0/marks/2/text"), "ended: signal 9");
    ck_assert_double_eq(viewed_number(view, "runs/0/marks/2/t_s"), 2.95);
}
END_TEST

START_TEST(floors_stand_against_requests_with_the_line_through_those_judged)
{
    CLEANUP(record_freep) struct record *record = make_leak();
    /* One floor off the line moves neither the line nor, by much, its band. */
    survey_init(&record->timeline->cycles[0].floor);
    CLEANUP(json_freep) struct json_document *view = viewed_one(record, NULL);
    struct json_place floors = viewed_place(view, "runs/0/floors");
    struct json_place place;
    ck_assert_uint_eq(json_length(&floors), 6); /* none of what was not measured */
    for (size_t i = 0; i < 6; i++) {
        char path[64];
        int end = snprintf(path, sizeof(path), "runs/0/floors/%zu/", i);
        snprintf(path + end, sizeof(path) - (size_t)end, "requests");
        ck_assert_double_eq(viewed_number(view, path), (double)(i + 1) * STORY_REQUESTS);
        snprintf(path + end, sizeof(path) - (size_t)end, "bytes");
        double bytes = viewed_number(view, path);
        ck_assert_double_eq(bytes, (double)((8 + i) * STORY_MIB));
        snprintf(path + end, sizeof(path) - (size_t)end, "fit_bytes");
        ck_assert_double_eq(viewed_number(view, path), bytes);
        snprintf(path + end, sizeof(path) - (size_t)end, "low_bytes");
        ck_assert_double_le(viewed_number(view, path), bytes);
        snprintf(path + end, sizeof(path) - (size_t)end, "high_bytes");
        ck_assert_double_ge(viewed_number(view, path), bytes);
    }
    ck_assert_double_eq_tol(viewed_number(view, "runs/0/slope/estimate"),
                            (double)STORY_MIB / STORY_REQUESTS, 0.01);
    ck_assert(!viewed_find(view, "runs/0/slope/of", &place));
}
END_TEST

START_TEST(the_band_opens_away_from_the_middle)
{
    CLEANUP(record_freep) struct record *record = make_leak();
    struct cycle *cycles = record->timeline->cycles;
    for (size_t i = 2; i < record->timeline->n_cycles; i++) {
        uint64_t off = i % 2 == 0 ? STORY_MIB / 8 : 0;
        cycles[i].floor.value[SURVEY_PSS_ANON] += off;
        memory_sample_set(&cycles[i].floor.memory, MEMORY_ANON,
                          cycles[i].floor.value[SURVEY_PSS_ANON]);
    }
    record_judge(record);
    CLEANUP(json_freep) struct json_document *view = viewed_one(record, NULL);
    double first = viewed_number(view, "runs/0/floors/1/high_bytes") -
                   viewed_number(view, "runs/0/floors/1/low_bytes");
    double middle = viewed_number(view, "runs/0/floors/3/high_bytes") -
                    viewed_number(view, "runs/0/floors/3/low_bytes");
    ck_assert_double_gt(first, middle);
    ck_assert_double_gt(first, 1024);
}
END_TEST

START_TEST(a_failed_run_says_why)
{
    CLEANUP(record_freep) struct record *record = make_leak();
    error_set(&record->error, ERROR_SERVICE, "the service ended:\n%s", HOSTILE);
    record_warn(record, "%s", HOSTILE);
    record_judge(record);
    CLEANUP(json_freep) struct json_document *view = viewed_one(record, NULL);
    ck_assert_str_eq(viewed_text(view, "runs/0/outcome"), "error");
    ck_assert_str_eq(viewed_text(view, "runs/0/error"), "the service ended:\n" HOSTILE_READ);
    ck_assert_str_eq(viewed_text(view, "runs/0/lines/0/name"), "error");
    ck_assert_str_eq(viewed_text(view, "runs/0/lines/0/text"), "the service ended:\n" HOSTILE_READ);
    ck_assert_str_eq(viewed_text(view, "runs/0/warnings/0"), HOSTILE_READ);
}
END_TEST

START_TEST(a_run_of_which_nothing_is_there_is_still_told)
{
    static const struct run_spec spec = {.id = "nothing", .scenario = "nothing"};
    CLEANUP(record_freep) struct record *record = NULL;
    ck_assert_int_eq(record_new(&spec, &record, NULL), 0);
    error_set(&record->error, ERROR_ENVIRONMENT, "no driver");
    record_judge(record);
    CLEANUP(json_freep) struct json_document *view = viewed_one(record, NULL);
    struct json_place list = viewed_place(view, "runs/0/series");
    ck_assert_uint_eq(json_length(&list), 0);
    list = viewed_place(view, "runs/0/floors");
    ck_assert_uint_eq(json_length(&list), 0);
    ck_assert_str_eq(viewed_text(view, "runs/0/error"), "no driver");
}
END_TEST

START_TEST(texts_of_others_are_texts)
{
    CLEANUP(record_freep) struct record *record = make_leak();
    snprintf(record->id, sizeof(record->id), "%s", HOSTILE);
    timeline_add_mark(record->timeline, 9 * NSEC_PER_SEC, MARK_EXIT, 0, HOSTILE);
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    temp_dir_write(&dir, "service.log", HOSTILE "\n");
    CLEANUP(json_freep) struct json_document *view = viewed_one(record, dir.path);
    ck_assert_str_eq(viewed_text(view, "runs/0/id"), HOSTILE_READ);
    ck_assert_str_eq(viewed_text(view, "title"), HOSTILE_READ);
    ck_assert_str_eq(viewed_text(view, "runs/0/marks/3/text"), HOSTILE_READ);
    ck_assert_str_eq(viewed_text(view, "runs/0/log/text"), HOSTILE_READ "\n");
}
END_TEST

START_TEST(of_a_long_log_there_is_the_end)
{
    CLEANUP(record_freep) struct record *record = make_leak();
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    CLEANUP(buffer_done) struct buffer log = BUFFER_INIT(1 << 20);
    for (unsigned i = 0; i < 4000; i++)
        buffer_printf(&log, NULL, "line %u\n", i);
    temp_dir_write(&dir, "service.log", buffer_text(&log));
    CLEANUP(json_freep) struct json_document *view = viewed_one(record, dir.path);
    const char *text = viewed_text(view, "runs/0/log/text");
    ck_assert_uint_le(strlen(text), LOG_BYTES_MAX);
    ck_assert_uint_gt(strlen(text), LOG_BYTES_MAX - 16);
    ck_assert_int_eq(strncmp(text, "line ", 5), 0);
    ck_assert_str_eq(text + strlen(text) - 10, "line 3999\n");
    struct json_place cut = viewed_place(view, "runs/0/log/cut");
    bool is_cut = false;
    ck_assert(json_bool(&cut, &is_cut, NULL) == 0 && is_cut);
}
END_TEST

START_TEST(profiles_tell_what_grew_between_judged_floors_and_what_was_held)
{
    CLEANUP(record_freep) struct record *record = make_leak();
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    struct json_place place;
    temp_dir_write(&dir, "collected/heap.000.txt", "main;work 100\nmain;idle 50\n");
    temp_dir_write(&dir, "collected/heap.001.txt", "main;work 200\nmain;idle 50\n");
    temp_dir_write(&dir, "collected/heap.003.txt", "main;work 400\nmain;idle 50\n");
    temp_dir_write(&dir, "collected/heap.006.txt", "main;work 900\nmain;idle 40\n");
    temp_dir_write(&dir, "collected/heap.007.txt", "main;probe 9999\n");
    temp_dir_write(&dir, "collected/vars.006.json", "{\"a\": 1}");
    temp_dir_write(&dir, "collected/strange", "?");
    CLEANUP(json_freep) struct json_document *view = viewed_one(record, dir.path);
    struct json_place list = viewed_place(view, "runs/0/profiles");
    ck_assert_uint_eq(json_length(&list), 3);
    /* The first floor that was judged is that of the warm-up, row 1 of cycles.csv; the last row 6,
     * after five cycles of 250 requests. */
    ck_assert_str_eq(viewed_text(view, "runs/0/profiles/0/name"), "heap");
    ck_assert_str_eq(viewed_text(view, "runs/0/profiles/0/what"), "grown");
    ck_assert_str_eq(viewed_text(view, "runs/0/profiles/0/from_file"), "collected/heap.001.txt");
    ck_assert_str_eq(viewed_text(view, "runs/0/profiles/0/file"), "collected/heap.006.txt");
    ck_assert_double_eq(viewed_number(view, "runs/0/profiles/0/requests"), 5 * STORY_REQUESTS);
    ck_assert_double_eq(viewed_number(view, "runs/0/profiles/0/files"), 5);
    ck_assert_double_eq(viewed_number(view, "runs/0/profiles/0/flame/total"), 700);
    ck_assert_double_eq(viewed_number(view, "runs/0/profiles/0/flame/shrunk"), 10);
    ck_assert_str_eq(viewed_text(view, "runs/0/profiles/0/top/0/function"), "work");
    ck_assert(!viewed_find(view, "runs/0/profiles/0/top/1", &place));
    ck_assert_str_eq(viewed_text(view, "runs/0/profiles/1/what"), "held");
    ck_assert_double_eq(viewed_number(view, "runs/0/profiles/1/cycle"), 6);
    ck_assert_double_eq(viewed_number(view, "runs/0/profiles/1/flame/total"), 940);
    ck_assert_double_eq(viewed_number(view, "runs/0/profiles/1/bytes"), 27);
    ck_assert_str_eq(viewed_text(view, "runs/0/profiles/2/name"), "vars");
    ck_assert(!viewed_find(view, "runs/0/profiles/2/flame", &place));
    ck_assert_uint_gt(strlen(viewed_text(view, "runs/0/profiles/2/why")), 5);
}
END_TEST

START_TEST(a_folder_that_is_gone_is_an_error)
{
    CLEANUP(record_freep) struct record *record = make_leak();
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(1 << 20);
    const struct stored_record run = {.record = record, .dir = "there/is/none"};
    struct error err = {.kind = ERROR_NONE};
    ck_assert_int_eq(
        view_json_write(&(const struct view_input){.runs = &run, .n_runs = 1}, &out, &err), -1);
    story_expect_text(err.text, "there/is/none");
}
END_TEST

START_TEST(several_runs_are_told_one_after_the_other)
{
    CLEANUP(record_freep) struct record *first = make_leak();
    CLEANUP(record_freep) struct record *second = story_leak("other", VERDICT_LEAK);
    const struct stored_record runs[] = {{.record = first}, {.record = second}};
    CLEANUP(json_freep)
    struct json_document *view = viewed(&(const struct view_input){.runs = runs, .n_runs = 2});
    ck_assert_str_eq(viewed_text(view, "title"), "2 runs");
    ck_assert_str_eq(viewed_text(view, "runs/0/id"), "leaky");
    ck_assert_str_eq(viewed_text(view, "runs/1/id"), "other");
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("view_json");
    TCase *tcase = tcase_create("view_json");
    suite_add_tcase(suite, tcase);
    tcase_add_test(tcase, a_run_is_told_with_its_names_and_its_verdict);
    tcase_add_test(tcase, what_is_not_known_is_left_out);
    tcase_add_test(tcase, the_words_are_those_of_the_terminal);
    tcase_add_test(tcase, phases_have_kinds_and_a_rest_after_their_load);
    tcase_add_test(tcase, marks_say_what_happened_and_late_ticks_are_none);
    tcase_add_test(tcase, floors_stand_against_requests_with_the_line_through_those_judged);
    tcase_add_test(tcase, the_band_opens_away_from_the_middle);
    tcase_add_test(tcase, a_failed_run_says_why);
    tcase_add_test(tcase, a_run_of_which_nothing_is_there_is_still_told);
    tcase_add_test(tcase, texts_of_others_are_texts);
    tcase_add_test(tcase, of_a_long_log_there_is_the_end);
    tcase_add_test(tcase, profiles_tell_what_grew_between_judged_floors_and_what_was_held);
    tcase_add_test(tcase, a_folder_that_is_gone_is_an_error);
    tcase_add_test(tcase, several_runs_are_told_one_after_the_other);
    return suite;
}

CHECK_MAIN(suite);
