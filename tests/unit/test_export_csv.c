/* export_csv: timelines as one table. check_export.py reads what is kept here as Python and SQLite
 * do. */
#include "export/export_csv.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/exported.h"
#include "tests/support/story.h"
#include "timeline/csv.h"

#define FIELD_MAX 512

/* The field of this column in the first row of which `column_is` says `is`. */
static const char *field_of(const char *text, const char *column_is, const char *is,
                            const char *column)
{
    static char found[FIELD_MAX];
    CLEANUP(freep) char *copy = strdup(text);
    struct csv_reader row;
    struct error err = {0};
    size_t at = SIZE_MAX;
    size_t where = SIZE_MAX;
    csv_reader_init(&row, "csv", copy);
    ck_assert_int_eq(csv_reader_next(&row, &err), 0);
    for (size_t i = 0; i < row.n_fields; i++) {
        if (strcmp(row.fields[i], column) == 0)
            at = i;
        if (strcmp(row.fields[i], column_is) == 0)
            where = i;
    }
    ck_assert_msg(at != SIZE_MAX && where != SIZE_MAX, "no column %s or %s", column, column_is);
    size_t n_fields = row.n_fields;
    while (csv_reader_next(&row, &err) == 0) {
        ck_assert_uint_eq(row.n_fields, n_fields);
        if (strcmp(row.fields[where], is) != 0)
            continue;
        snprintf(found, sizeof(found), "%s", row.fields[at]);
        return found;
    }
    ck_abort_msg("no row whose %s is %s", column_is, is);
}

START_TEST(every_row_says_of_which_run_it_is_and_when)
{
    CLEANUP(exported_done) struct exported all = exported_new();
    CLEANUP(freep) char *text = exported_write(export_csv_write, &all, "plain.csv");
    ck_assert_ptr_eq(strstr(text,
                            "run,scenario,variant,build,allocator,row,t_s,unix_s,start,phase,cycle,"
                            "cycle_kind,limit_bytes,working_set_bytes,current_bytes,"),
                     text);
    story_expect_text(text,
                      "\nleaky,leaky,,,,mark,0.001000,1764000000.251000,0,,0,ready,67108864,");
    story_expect_text(text, "\nleaky.fixed,leaky,fixed,race,jemalloc,mark,0.001000,"
                            "1764003600.251000,0,,0,ready,67108864,");
    /* 8 MiB, 5 ticks of 512 and of 4096 bytes. */
    ck_assert_str_eq(field_of(text, "t_s", "0.050000", "current_bytes"), "8411648");
    ck_assert_str_eq(field_of(text, "t_s", "0.050000", "phase"), "start");
    ck_assert_str_eq(field_of(text, "t_s", "0.010000", "anon_bytes"), ""); /* not read */
}
END_TEST

START_TEST(load_floors_and_marks_are_rows_of_their_own)
{
    CLEANUP(exported_done) struct exported all = exported_new();
    CLEANUP(freep) char *text = exported_write(export_csv_write, &all, "plain.csv");
    ck_assert_str_eq(field_of(text, "t_s", "0.101234", "row"), "load");
    ck_assert_str_eq(field_of(text, "t_s", "0.101234", "completed_count"), "21");
    ck_assert_str_eq(field_of(text, "t_s", "0.101234", "requests_per_s"), "220");
    ck_assert_str_eq(field_of(text, "t_s", "0.101234", "latency_p50_s"), "0.00021");
    ck_assert_str_eq(field_of(text, "t_s", "0.051234", "requests_per_s"), ""); /* the first */
    ck_assert_str_eq(field_of(text, "t_s", "0.501234", "latency_p99_s"), "");  /* none completed */
    ck_assert_str_eq(field_of(text, "t_s", "2.900000", "row"), "memory");
    ck_assert_str_eq(field_of(text, "row", "floor", "t_s"), "0.900000");
    ck_assert_str_eq(field_of(text, "row", "floor", "floor_bytes"), "8388608");
    ck_assert_str_eq(field_of(text, "row", "floor", "cycle_kind"), "ready");
    ck_assert_str_eq(field_of(text, "row", "floor", "threads_count"), "4");
    ck_assert_str_eq(field_of(text, "row", "settled", "floor_bytes"), "");
    ck_assert_str_eq(field_of(text, "floor_bytes", "9437184", "cycle"), "2");
    ck_assert_str_eq(field_of(text, "floor_bytes", "9437184", "completed_count"), "500");
    ck_assert_str_eq(field_of(text, "mark", "exit", "mark_text"), "ended with exit status 0");
    ck_assert_str_eq(field_of(text, "mark", "late-tick", "mark_value"), "20000000");
    ck_assert_str_eq(field_of(text, "mark", "oom-kill", "cycle_kind"), "drive");
}
END_TEST

START_TEST(where_it_is_not_known_when_a_run_began_there_is_no_date)
{
    CLEANUP(exported_done) struct exported all = exported_new();
    all.records[0]->started_unix_ms = 0;
    all.records[0]->question.limit_bytes = UINT64_MAX;
    CLEANUP(freep) char *text = exported_write(export_csv_write, &all, "undated.csv");
    story_expect_text(text, "\nleaky,leaky,,,,mark,0.001000,,0,,0,ready,,,");
}
END_TEST

START_TEST(text_is_no_formula)
{
    static const struct {
        const char *text, *field;
    } cases[] = {
        {"plain", "plain,"},
        {"", ","},
        {"=1+1", "'=1+1,"},
        {"+1", "'+1,"},
        {"-1", "'-1,"},
        {"@SUM(A1)", "'@SUM(A1),"},
        {"\t=1", "' =1,"},
        {"  =1", "'  =1,"},
        {"\xef\xbc\x9d"
         "1",
         "'\xef\xbc\x9d"
         "1,"},
        {"a=1", "a=1,"},
        {"=a,\"b\"", "\"'=a,\"\"b\"\"\","},
        {"two\nlines", "two lines,"},
        {"\x1b[31m\xff", "\xef\xbf\xbd[31m\xef\xbf\xbd,"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(1024);
        export_csv_text(&out, cases[i].text);
        ck_assert_str_eq(buffer_text(&out), cases[i].field);
    }
}
END_TEST

START_TEST(hostile_names_stay_cells)
{
    CLEANUP(exported_done) struct exported all = exported_new_hostile();
    CLEANUP(freep) char *text = exported_write(export_csv_write, &all, "hostile.csv");
    ck_assert_ptr_null(strpbrk(text, "\x01\x1b\x7f\xff\r\t"));
    story_expect_text(text, "\n\"'=0<script>alert('1')</script> & \"\"quoted\"\" \\ ]]> 100%");
    story_expect_text(text, ",disturbance,0,'=cmd|' /C calc'!A0\n");
    ck_assert_str_eq(field_of(text, "allocator", "'-1", "row"), "mark");
}
END_TEST

START_TEST(of_no_runs_there_is_a_header)
{
    CLEANUP(exported_done) struct exported nothing = {.n = 0};
    CLEANUP(freep) char *text = exported_write(export_csv_write, &nothing, "nothing.csv");
    ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
}
END_TEST

START_TEST(what_does_not_fit_is_an_error_that_says_what_to_do)
{
    CLEANUP(exported_done) struct exported all = exported_new();
    for (size_t max = 1000; max < 200000; max *= 5) {
        CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(max);
        struct error err = {0};
        ck_assert_int_eq(export_csv_write(all.runs, all.n, &out, &err), -1);
        story_expect_text(err.text, "expected fewer runs at a time: more than ");
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("export_csv");
    TCase *c = tcase_create("export_csv");
    tcase_add_test(c, every_row_says_of_which_run_it_is_and_when);
    tcase_add_test(c, load_floors_and_marks_are_rows_of_their_own);
    tcase_add_test(c, where_it_is_not_known_when_a_run_began_there_is_no_date);
    tcase_add_test(c, text_is_no_formula);
    tcase_add_test(c, hostile_names_stay_cells);
    tcase_add_test(c, of_no_runs_there_is_a_header);
    tcase_add_test(c, what_does_not_fit_is_an_error_that_says_what_to_do);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);
