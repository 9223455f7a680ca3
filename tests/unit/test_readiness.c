/* readiness: by the log, and at once; ports and paths are tried in run's tests. */
#include "run/readiness.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/temp_dir.h"

START_TEST(a_line_of_the_log_is_waited_for)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    CLEANUP(readiness_done) struct readiness readiness;
    char path[PATH_MAX + 16];
    snprintf(path, sizeof(path), "%s/log", dir.path);
    temp_dir_write(&dir, "log", "listening on 1\n"); /* of the start before */
    ck_assert_int_eq(readiness_init(&readiness, "log:^listening on", path, NULL), 0);
    ck_assert(!readiness_try(&readiness));
    ck_assert_str_eq(readiness.last, "none of the 0 lines it printed matches \"^listening on\"");
    temp_dir_write(&dir, "log", "listening on 1\nhello\n");
    ck_assert(!readiness_try(&readiness));
    ck_assert_str_eq(readiness.last, "none of the 1 lines it printed matches \"^listening on\"");
    temp_dir_write(&dir, "log", "listening on 1\nhello\nlistening on 2\n");
    ck_assert(readiness_try(&readiness));
}
END_TEST

START_TEST(none_is_ready_at_once)
{
    CLEANUP(readiness_done) struct readiness readiness;
    ck_assert_int_eq(readiness_init(&readiness, "none", "/nowhere/log", NULL), 0);
    ck_assert(readiness_try(&readiness));
}
END_TEST

static const char *const ports[] = {"tcp", "/healthz"};

START_TEST(without_a_port_there_is_nothing_to_try)
{
    CLEANUP(readiness_done) struct readiness readiness;
    ck_assert_int_eq(readiness_init(&readiness, ports[_i], "/nowhere/log", NULL), 0);
    ck_assert(!readiness_try(&readiness));
    ck_assert_str_eq(readiness.last, "it has no port that could answer");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("readiness");
    TCase *ready = tcase_create("ready");
    tcase_add_test(ready, a_line_of_the_log_is_waited_for);
    tcase_add_test(ready, none_is_ready_at_once);
    tcase_add_loop_test(ready, without_a_port_there_is_nothing_to_try, 0, (int)ARRAY_LENGTH(ports));
    suite_add_tcase(s, ready);
    return s;
}

CHECK_MAIN(suite);
