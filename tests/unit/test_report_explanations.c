/* Where the line of an explanation is, for a CI system that knows a repository. */
#include "cli/report_explanations.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/temp_dir.h"

START_TEST(a_source_is_told_as_it_is_below_the_repository)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    char path[PATH_MAX];
    temp_dir_write(&dir, "src/net/upstream.c", "");
    temp_dir_write(&dir, "main.c", "");
    snprintf(path, sizeof(path), "%.4000s/src/net/upstream.c", dir.path);
    ck_assert_str_eq(report_source_file(dir.path, path), path);
    ck_assert_str_eq(report_source_file(dir.path, "src/net/upstream.c"), "src/net/upstream.c");
    /* It was built somewhere else. */
    ck_assert_str_eq(report_source_file(dir.path, "/build/x/src/net/upstream.c"),
                     "src/net/upstream.c");
    /* A name alone may be that of any other. */
    ck_assert_ptr_null(report_source_file(dir.path, "/usr/src/other/main.c"));
    ck_assert_str_eq(report_source_file(dir.path, "main.c"), "main.c");
    ck_assert_ptr_null(report_source_file(dir.path, "/usr/src/glibc/malloc/malloc.c"));
    ck_assert_ptr_null(report_source_file(dir.path, "/a/../../etc/passwd"));
    ck_assert_ptr_null(report_source_file(dir.path, ""));
    ck_assert_ptr_null(report_source_file("/there/is/none", "src/net/upstream.c"));
}
END_TEST

static Suite *report_explanations_suite(void)
{
    Suite *suite = suite_create("report_explanations");
    TCase *tcase = tcase_create("report_explanations");
    tcase_add_test(tcase, a_source_is_told_as_it_is_below_the_repository);
    suite_add_tcase(suite, tcase);
    return suite;
}

CHECK_MAIN(report_explanations_suite);
