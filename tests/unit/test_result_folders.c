/* result_folders: which results are found, and that an explanation's run is none of its own. */
#include "cli/result_folders.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "scenario/record_files.h"
#include "scenario/record_instruments.h"
#include "tests/support/check_main.h"
#include "tests/support/story.h"
#include "tests/support/temp_dir.h"

static struct temp_dir dir;
static char plain[PATH_MAX + 16];
static char explain[PATH_MAX + 16];

/* A result, and in its folder the run that explains it. */
static void setup(void)
{
    char work[PATH_MAX + 16];
    CLEANUP(record_freep) struct record *record = story_leak("a", VERDICT_LEAK);
    dir = temp_dir_make();
    snprintf(work, sizeof(work), "%s/work", dir.path);
    snprintf(plain, sizeof(plain), "%s/a", dir.path);
    snprintf(explain, sizeof(explain), "%s/a/explain", dir.path);
    ck_assert_int_eq(record_store(record, work, plain, NULL), 0);
    record_add_instrument(record, &(struct record_instrument){.name = "pages"});
    ck_assert_int_eq(record_store(record, work, explain, NULL), 0);
}

static void teardown(void)
{
    temp_dir_done(&dir);
}

START_TEST(what_explains_a_result_is_no_result_of_its_own)
{
    CLEANUP(result_folders_done) struct result_folders folders = {0};
    const char *const operands[] = {dir.path, NULL};
    ck_assert_int_eq(result_folders_read(operands, &folders, NULL), 0);
    ck_assert_uint_eq(folders.n, 1);
    ck_assert_uint_eq(folders.n_broken, 0);
    ck_assert_str_eq(folders.items[0].dir, plain);
    ck_assert_int_eq(result_folders_check_plain(&folders, NULL), 0);
}
END_TEST

START_TEST(it_can_be_looked_at_by_its_name_and_not_be_compared)
{
    CLEANUP(result_folders_done) struct result_folders folders = {0};
    const char *const operands[] = {plain, explain, NULL};
    struct error err = {.kind = ERROR_NONE};
    ck_assert_int_eq(result_folders_read(operands, &folders, NULL), 0);
    ck_assert_uint_eq(folders.n, 2);
    ck_assert_int_eq(result_folders_check_once(&folders, NULL), 0);
    ck_assert_int_eq(result_folders_check_plain(&folders, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_msg(strncmp(err.text, explain, strlen(explain)) == 0, "%s", err.text);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("result_folders");
    TCase *c = tcase_create("folders");
    suite_add_tcase(s, c);
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, what_explains_a_result_is_no_result_of_its_own);
    tcase_add_test(c, it_can_be_looked_at_by_its_name_and_not_be_compared);
    return s;
}

CHECK_MAIN(suite);
