/* cgroup_limit: a made-up tree. */
#include "memory/cgroup_limit.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "tests/support/check_main.h"
#include "tests/support/temp_dir.h"

static uint64_t limit_of(const struct temp_dir *mount, const char *group)
{
    char path[PATH_MAX + 64];
    uint64_t limit = 0;
    struct error err = {.kind = ERROR_NONE};
    snprintf(path, sizeof(path), "%s%s", mount->path, group);
    ck_assert_msg(cgroup_limit_effective(mount->path, path, &limit, &err) == 0, "%s", err.text);
    return limit;
}

START_TEST(the_smallest_of_those_above_holds)
{
    CLEANUP(temp_dir_done) struct temp_dir mount = temp_dir_make();
    temp_dir_write(&mount, "a/memory.max", "104857600\n");
    temp_dir_write(&mount, "a/b/memory.max", "max\n");
    temp_dir_write(&mount, "a/b/c/memory.max", "209715200\n");
    temp_dir_write(&mount, "a/b/d/memory.max", "52428800\n");
    temp_dir_write(&mount, "e/memory.max", "max\n");
    ck_assert_uint_eq(limit_of(&mount, "/a"), 104857600);
    ck_assert_uint_eq(limit_of(&mount, "/a/b"), 104857600);
    ck_assert_uint_eq(limit_of(&mount, "/a/b/c"), 104857600);
    ck_assert_uint_eq(limit_of(&mount, "/a/b/d"), 52428800);
    ck_assert_uint_eq(limit_of(&mount, "/e"), UINT64_MAX);
}
END_TEST

START_TEST(the_top_of_what_a_container_sees_has_one_too)
{
    CLEANUP(temp_dir_done) struct temp_dir mount = temp_dir_make();
    temp_dir_write(&mount, "memory.max", "1048576\n");
    temp_dir_write(&mount, "a/memory.max", "max\n");
    ck_assert_uint_eq(limit_of(&mount, ""), 1048576);
    ck_assert_uint_eq(limit_of(&mount, "/a"), 1048576);
}
END_TEST

START_TEST(a_group_without_the_controller_has_none)
{
    CLEANUP(temp_dir_done) struct temp_dir mount = temp_dir_make();
    temp_dir_write(&mount, "a/b/cgroup.procs", "");
    ck_assert_uint_eq(limit_of(&mount, "/a/b"), UINT64_MAX);
}
END_TEST

START_TEST(what_is_no_number_is_an_error)
{
    CLEANUP(temp_dir_done) struct temp_dir mount = temp_dir_make();
    char path[PATH_MAX + 64];
    uint64_t limit = 7;
    struct error err = {.kind = ERROR_NONE};
    temp_dir_write(&mount, "a/memory.max", "much\n");
    snprintf(path, sizeof(path), "%s/a", mount.path);
    ck_assert_int_eq(cgroup_limit_effective(mount.path, path, &limit, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "memory.max"));
    ck_assert_uint_eq(limit, 7);
}
END_TEST

static Suite *cgroup_limit_suite(void)
{
    Suite *suite = suite_create("cgroup_limit");
    TCase *tcase = tcase_create("effective");
    tcase_add_test(tcase, the_smallest_of_those_above_holds);
    tcase_add_test(tcase, the_top_of_what_a_container_sees_has_one_too);
    tcase_add_test(tcase, a_group_without_the_controller_has_none);
    tcase_add_test(tcase, what_is_no_number_is_an_error);
    suite_add_tcase(suite, tcase);
    return suite;
}
CHECK_MAIN(cgroup_limit_suite);
