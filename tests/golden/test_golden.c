/* Recorded runs, judged again: test_golden FOLDER, with a run in each folder of it. What a run said
 * when it was recorded is what it says today, to the byte, and what its scenario expects; and none
 * of its data is lost. */
#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "scenario/baseline_match.h"
#include "scenario/record_files.h"
#include "tests/support/baselines.h"
#include "timeline/csv.h"
#include "timeline/timeline_csv.h"

#define FILE_MAX ((size_t)16 * 1024 * 1024)

static struct dirent **runs; /* those of the folder, sorted */
static const char *folder;

static void expect_file(const char *dir, const char *name, const struct buffer *text)
{
    CLEANUP(freep) char *path = file_join(dir, name);
    CLEANUP(buffer_done) struct buffer recorded = BUFFER_INIT(FILE_MAX);
    struct error err = {0};
    ck_assert_msg(file_read(AT_FDCWD, path, &recorded, &err) == 0, "%s", err.text);
    const char *a = buffer_text(&recorded);
    const char *b = buffer_text(text);
    unsigned line = 1;
    for (; *a == *b && *a != '\0'; a++, b++)
        line += *a == '\n';
    ck_assert_msg(*a == *b, "%s:%u: \"%.60s\" was recorded, now it is \"%.60s\"", path, line, a, b);
}

/* The cycles, value by value: what was recorded is there, and a column that is newer than the
 * recording is empty. */
static void expect_cycles(const char *dir, struct buffer *text)
{
    CLEANUP(freep) char *path = file_join(dir, "cycles.csv");
    CLEANUP(buffer_done) struct buffer recorded = BUFFER_INIT(FILE_MAX);
    struct error err = {0};
    ck_assert_msg(file_read(AT_FDCWD, path, &recorded, &err) == 0, "%s", err.text);
    static struct csv_reader old;
    static struct csv_reader now;
    bool is_new[CSV_FIELDS_MAX] = {false};
    csv_reader_init(&old, path, recorded.data);
    csv_reader_init(&now, "now", text->data);
    for (;;) {
        int status = csv_reader_next(&old, &err);
        ck_assert_int_eq(csv_reader_next(&now, &err), status);
        ck_assert_msg(status >= 0, "%s", err.text);
        if (status == 1)
            return;
        size_t at = 0;
        for (size_t i = 0; i < now.n_fields; i++) {
            const char *found = at < old.n_fields ? old.fields[at] : "";
            if (old.line == 1)
                is_new[i] = strcmp(found, now.fields[i]) != 0;
            const char *expected = is_new[i] ? "" : found;
            ck_assert_msg(old.line == 1 || strcmp(expected, now.fields[i]) == 0,
                          "%s:%u: column %zu: \"%.60s\" was recorded, now it is \"%.60s\"", path,
                          old.line, at + 1, expected, now.fields[i]);
            at += !is_new[i];
        }
        ck_assert_uint_eq(at, old.n_fields);
    }
}

START_TEST(a_recorded_run_is_judged_as_it_was)
{
    struct error err = {0};
    CLEANUP(freep) char *dir = file_join(folder, runs[_i]->d_name);
    CLEANUP(record_freep) struct record *record = NULL;
    CLEANUP(buffer_done) struct buffer json = BUFFER_INIT(FILE_MAX);
    CLEANUP(buffer_done) struct buffer cycles = BUFFER_INIT(FILE_MAX);
    CLEANUP(buffer_done) struct buffer timeline = BUFFER_INIT(FILE_MAX);
    ck_assert_msg(record_load(dir, &record, &err) == 0, "%s", err.text);
    struct json_writer writer;
    json_writer_begin(&writer, &json);
    record_write_json(&writer, NULL, record);
    ck_assert_int_eq(json_writer_end(&writer, &err), 0);
    expect_file(dir, "result.json", &json);
    ck_assert_int_eq(cycles_csv_write(record->timeline, &cycles, &err), 0);
    expect_cycles(dir, &cycles);
    ck_assert_int_eq(timeline_csv_write(record->timeline, &timeline, &err), 0);
    expect_file(dir, "timeline.csv", &timeline);
    ck_assert_msg(record->outcome == OUTCOME_PASS, "%s: %s, %s", record->id,
                  outcome_name(record->outcome), record->verdict.reason);
}
END_TEST

static const char *record_name(const struct record *record, char *text)
{
    bool has_variant = record->variant[0] != '\0';
    bool has_allocator = record->allocator[0] != '\0';
    ck_assert_str_eq(record->build, ""); /* none was recorded so */
    snprintf(text, BASELINE_KEY_TEXT_MAX, "%s%s%s%s%s%s", record->scenario, has_variant ? "." : "",
             record->variant, has_allocator ? " [" : "", record->allocator,
             has_allocator ? "]" : "");
    return text;
}

/* A baseline may be made of recordings: each is an entry that reads back the same, and what the
 * recording does not tell is not made up. */
START_TEST(a_recorded_run_makes_an_entry_of_a_baseline)
{
    struct error err = {0};
    CLEANUP(freep) char *dir = file_join(folder, runs[_i]->d_name);
    CLEANUP(record_freep) struct record *record = NULL;
    CLEANUP(baseline_freep) struct baseline *baseline = NULL;
    CLEANUP(baseline_freep) struct baseline *again = NULL;
    struct baseline_entry entry;
    char name[BASELINE_KEY_TEXT_MAX];
    ck_assert_msg(record_load(dir, &record, &err) == 0, "%s", err.text);
    ck_assert_msg(
        baseline_entry_of_records((const struct record *const *)&record, 1, &entry, &err) == 0,
        "%s", err.text);
    ck_assert_str_eq(baseline_key_text(&entry.key, name),
                     record_name(record, (char[BASELINE_KEY_TEXT_MAX]){0}));
    ck_assert_int_eq(entry.runs[0].kind, record->verdict.kind);
    ck_assert_int_eq(entry.runs[0].cause, record->verdict.cause);
    ck_assert_str_eq(entry.environment.kernel, record->kernel);
    ck_assert_uint_eq(entry.environment.machine.page_bytes, record->machine.page_bytes);
    ck_assert(entry.work.has_warmup == record->work.known);
    if (record->timeline->n_cycles > 2 && record->verdict.growth.present)
        ck_assert(figures_has(&entry.runs[0].figures, FIGURE_GROWTH));

    baseline = baselines_new(&entry, 1);
    CLEANUP(freep) char *text = baselines_text(baseline);
    ck_assert_msg(baseline_load_text(dir, text, strlen(text), &again, &err) == 0, "%s", err.text);
    CLEANUP(freep) char *twice = baselines_text(again);
    ck_assert_str_eq(twice, text);
    char difference[BASELINE_DIFFERENCE_MAX];
    ck_assert(baseline_same_environment(&again->entries[0], &entry.environment, difference));
    ck_assert(baseline_same_work(&again->entries[0], &entry.work, difference));
    ck_assert_str_eq(
        baseline_remark(&again->entries[0], &entry.environment, &entry.work, difference), "");
}
END_TEST

static int is_run(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
    folder = argc == 2 ? argv[1] : "";
    int n = scandir(folder, &runs, is_run, alphasort);
    if (n <= 0) {
        fprintf(stderr, "usage: %s FOLDER, with a recorded run in each folder of it\n", argv[0]);
        return EXIT_FAILURE;
    }
    Suite *suite = suite_create("golden");
    TCase *tcase = tcase_create("recorded runs");
    tcase_add_loop_test(tcase, a_recorded_run_is_judged_as_it_was, 0, n);
    tcase_add_loop_test(tcase, a_recorded_run_makes_an_entry_of_a_baseline, 0, n);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    for (int i = 0; i < n; i++)
        free(runs[i]);
    free(runs);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
