/* heaptrack_program: what heaptrack cannot be preloaded into is told before anything starts. */
#include "instrument/heaptrack_program.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "tests/support/check_main.h"
#include "tests/support/sanitized_program.h"
#include "tests/support/temp_dir.h"

#define PATH_ROOM (PATH_MAX + 16)

static int probe(const char *program, struct error *err)
{
    const char *const command[] = {program, NULL};
    const struct settings settings = {.service.command = command};
    *err = (struct error){.kind = ERROR_NONE};
    return heaptrack_probe(&settings, err);
}

static void expect_no(const char *program, const char *why)
{
    struct error err;
    ck_assert_msg(probe(program, &err) == 1, "%s", program);
    ck_assert_msg(strstr(err.text, why) != NULL, "found \"%s\", expected \"%s\"", err.text, why);
    ck_assert_ptr_nonnull(strstr(err.text, "uprobes (instrument malloc)"));
}

START_TEST(a_plain_program_can_be_followed)
{
    struct error err;
    ck_assert_msg(probe(HEAP_PROGRAM, &err) == 0, "%s", err.text);
}
END_TEST

START_TEST(a_static_one_cannot)
{
    expect_no(HEAP_PROGRAM "-static", "heap_program-static is statically linked");
}
END_TEST

START_TEST(nor_can_a_wrapper)
{
    struct error err;
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    char path[PATH_ROOM];
    expect_no("/bin/sh", "sh is a wrapper, and heaptrack follows the first program alone");
    expect_no("/usr/bin/env", "env is a wrapper");
    temp_dir_write(&dir, "start", "#! /bin/sh -e\nexec ./service\n");
    snprintf(path, sizeof(path), "%s/start", dir.path);
    expect_no(path, "sh is a wrapper");
    temp_dir_write(&dir, "run", "#!" HEAP_PROGRAM "\n");
    snprintf(path, sizeof(path), "%s/run", dir.path);
    ck_assert_msg(probe(path, &err) == 0, "%s", err.text);
}
END_TEST

START_TEST(nor_one_that_runs_as_another_user)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    char path[PATH_ROOM];
    temp_dir_write(&dir, "service", "");
    snprintf(path, sizeof(path), "%s/service", dir.path);
    ck_assert_int_eq(chmod(path, 04755), 0);
    expect_no(path, "service is set-user-ID or set-group-ID");
}
END_TEST

START_TEST(nor_one_with_a_sanitizer)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    char path[PATH_ROOM];
    sanitized_program_write(&dir, "service", SANITIZED_THREAD);
    snprintf(path, sizeof(path), "%s/service", dir.path);
    expect_no(path, "built with ThreadSanitizer, which has a malloc of its own");
}
END_TEST

START_TEST(nor_what_runs_already_or_in_a_container)
{
    const char *const command[] = {HEAP_PROGRAM, NULL};
    const char *const nothing[] = {NULL};
    struct error err = {0};
    struct settings settings = {.service.command = command, .image = "localhost/web:1"};
    ck_assert_int_eq(heaptrack_probe(&settings, &err), 1);
    ck_assert_ptr_nonnull(strstr(err.text, "a container has its own files"));
    settings = (struct settings){.service.command = nothing, .attach = "4711"};
    ck_assert_int_eq(heaptrack_probe(&settings, &err), 1);
    ck_assert_ptr_nonnull(strstr(err.text, "runs already"));
}
END_TEST

START_TEST(the_library_is_found_or_what_brings_it_is_told)
{
    char path[HEAPTRACK_PATH_MAX] = "";
    struct error err = {0};
    ck_assert_msg(heaptrack_find_library(NULL, path, &err) == 0, "%s", err.text);
    ck_assert_ptr_nonnull(strstr(path, "/libheaptrack_preload.so"));
    const char *const nowhere[] = {"/nonexistent/*/x.so", NULL};
    ck_assert_int_eq(heaptrack_find_library(nowhere, path, &err), 1);
    ck_assert_ptr_nonnull(strstr(err.text, "apt-get install libheaptrack"));
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("heaptrack_program");
    TCase *tcase = tcase_create("heaptrack_program");
    tcase_add_test(tcase, a_plain_program_can_be_followed);
    tcase_add_test(tcase, a_static_one_cannot);
    tcase_add_test(tcase, nor_can_a_wrapper);
    tcase_add_test(tcase, nor_one_that_runs_as_another_user);
    tcase_add_test(tcase, nor_one_with_a_sanitizer);
    tcase_add_test(tcase, nor_what_runs_already_or_in_a_container);
    tcase_add_test(tcase, the_library_is_found_or_what_brings_it_is_told);
    suite_add_tcase(suite, tcase);
    return suite;
}

CHECK_MAIN(suite);
