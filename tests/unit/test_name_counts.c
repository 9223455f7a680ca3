/* name_counts: counting names, and fitting them into a survey's rows. */
#include "memory/name_counts.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"

static void add(struct name_counts *counts, const char *name, unsigned times)
{
    for (unsigned i = 0; i < times; i++)
        ck_assert_int_eq(name_counts_add(counts, name, NULL), 0);
}

START_TEST(the_largest_count_comes_first)
{
    CLEANUP(name_counts_done) struct name_counts counts = NAME_COUNTS_INIT;
    struct survey_group rows[SURVEY_GROUPS_MAX];
    unsigned n = 0;
    add(&counts, "b", 2);
    add(&counts, "c", 5);
    add(&counts, "a", 2);
    ck_assert_int_eq(name_counts_top(&counts, rows, &n, NULL), 0);
    ck_assert_uint_eq(n, 3);
    ck_assert_str_eq(rows[0].name, "c");
    ck_assert_uint_eq(rows[0].count, 5);
    ck_assert_str_eq(rows[1].name, "a");
    ck_assert_str_eq(rows[2].name, "b");
}
END_TEST

START_TEST(of_files_of_one_name_the_largest_is_told)
{
    CLEANUP(name_counts_done) struct name_counts counts = NAME_COUNTS_INIT;
    struct survey_group rows[SURVEY_GROUPS_MAX];
    unsigned n = 0;
    const uint64_t sizes[] = {SURVEY_ABSENT, 4096, 12288, 0, SURVEY_ABSENT};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        ck_assert_int_eq(name_counts_add_file(&counts, "/a", sizes[i], NULL), 0);
    add(&counts, "b", 1);
    ck_assert_int_eq(name_counts_top(&counts, rows, &n, NULL), 0);
    ck_assert_uint_eq(rows[0].count, 5);
    ck_assert_uint_eq(rows[0].bytes, 12288);
    ck_assert_uint_eq(rows[1].bytes, SURVEY_ABSENT);

    for (int i = 0; i < 100; i++) {
        char name[32];
        snprintf(name, sizeof(name), "/tmp/%d", i);
        ck_assert_int_eq(name_counts_add_file(&counts, name, (uint64_t)i, NULL), 0);
    }
    ck_assert_int_eq(name_counts_top(&counts, rows, &n, NULL), 0); /* now joined by folder */
    ck_assert_str_eq(rows[0].name, "/tmp/…");
    ck_assert_uint_eq(rows[0].bytes, 99);
}
END_TEST

START_TEST(nothing_counted_gives_no_rows)
{
    CLEANUP(name_counts_done) struct name_counts counts = NAME_COUNTS_INIT;
    struct survey_group rows[SURVEY_GROUPS_MAX];
    unsigned n = 1;
    ck_assert_int_eq(name_counts_top(&counts, rows, &n, NULL), 0);
    ck_assert_uint_eq(n, 0);
}
END_TEST

START_TEST(what_does_not_fit_is_other)
{
    CLEANUP(name_counts_done) struct name_counts counts = NAME_COUNTS_INIT;
    struct survey_group rows[SURVEY_GROUPS_MAX];
    unsigned n = 0;
    uint64_t sum = 0;
    for (unsigned i = 0; i < 1000; i++) {
        char name[32];
        snprintf(name, sizeof(name), "ESTABLISHED 10.0.0.1:%u", i);
        add(&counts, name, i < 5 ? 10 : 1);
    }
    ck_assert_int_eq(name_counts_top(&counts, rows, &n, NULL), 0);
    ck_assert_uint_eq(n, SURVEY_GROUPS_MAX);
    ck_assert_str_eq(rows[n - 1].name, "other");
    for (unsigned i = 0; i < n; i++)
        sum += rows[i].count;
    ck_assert_uint_eq(sum, 1045);
    ck_assert_uint_eq(rows[0].count, 10);
}
END_TEST

START_TEST(files_with_made_up_names_are_joined_by_folder)
{
    CLEANUP(name_counts_done) struct name_counts counts = NAME_COUNTS_INIT;
    struct survey_group rows[SURVEY_GROUPS_MAX];
    unsigned n = 0;
    add(&counts, "/var/log/service.log", 3);
    add(&counts, "/etc/hosts", 1);
    for (unsigned i = 0; i < 500; i++) {
        char name[64];
        snprintf(name, sizeof(name), "/tmp/jobs/upload-%06x (deleted)", i * 7919);
        add(&counts, name, 1);
    }
    ck_assert_int_eq(name_counts_top(&counts, rows, &n, NULL), 0);
    ck_assert_uint_eq(n, 3);
    ck_assert_str_eq(rows[0].name, "/tmp/jobs/…");
    ck_assert_uint_eq(rows[0].count, 500);
    ck_assert_str_eq(rows[1].name, "/var/log/service.log");
    ck_assert_str_eq(rows[2].name, "/etc/…");
}
END_TEST

START_TEST(exactly_as_many_names_as_rows_fit)
{
    CLEANUP(name_counts_done) struct name_counts counts = NAME_COUNTS_INIT;
    struct survey_group rows[SURVEY_GROUPS_MAX];
    unsigned n = 0;
    for (unsigned i = 0; i < SURVEY_GROUPS_MAX; i++) {
        char name[32];
        snprintf(name, sizeof(name), "/tmp/%u", i);
        add(&counts, name, 1);
    }
    ck_assert_int_eq(name_counts_top(&counts, rows, &n, NULL), 0);
    ck_assert_uint_eq(n, SURVEY_GROUPS_MAX);
    ck_assert_str_eq(rows[0].name, "/tmp/0");
}
END_TEST

START_TEST(long_names_are_cut_whole_characters_at_a_time)
{
    CLEANUP(name_counts_done) struct name_counts counts = NAME_COUNTS_INIT;
    struct survey_group rows[SURVEY_GROUPS_MAX];
    unsigned n = 0;
    char path[512] = "/";
    char other[512] = "x";
    for (int i = 0; i < 100; i++) {
        strcat(path, "ä");
        strcat(other, "ö");
    }
    strcat(path, "/end");
    add(&counts, path, 2);
    add(&counts, other, 1);
    ck_assert_int_eq(name_counts_top(&counts, rows, &n, NULL), 0);
    ck_assert_uint_eq(n, 2);
    ck_assert_int_eq(strncmp(rows[0].name, "…ä", strlen("…ä")), 0);
    ck_assert_str_eq(rows[0].name + strlen(rows[0].name) - 4, "/end");
    ck_assert_int_eq(strncmp(rows[1].name, "xö", 3), 0);
    ck_assert_str_eq(rows[1].name + strlen(rows[1].name) - strlen("ö…"), "ö…");
}
END_TEST

static Suite *name_counts_suite(void)
{
    Suite *suite = suite_create("name_counts");
    TCase *rows = tcase_create("rows");
    tcase_add_test(rows, the_largest_count_comes_first);
    tcase_add_test(rows, of_files_of_one_name_the_largest_is_told);
    tcase_add_test(rows, nothing_counted_gives_no_rows);
    tcase_add_test(rows, what_does_not_fit_is_other);
    tcase_add_test(rows, exactly_as_many_names_as_rows_fit);
    suite_add_tcase(suite, rows);
    TCase *names = tcase_create("names");
    tcase_add_test(names, files_with_made_up_names_are_joined_by_folder);
    tcase_add_test(names, long_names_are_cut_whole_characters_at_a_time);
    suite_add_tcase(suite, names);
    return suite;
}

CHECK_MAIN(name_counts_suite);
