/* sanitized: programs with a sanitizer in them get its options, whatever they are called. */
#include "cli/sanitized.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/check_main.h"
#include "tests/support/sanitized_program.h"

#define ASAN_DEFAULT \
    "ASAN_OPTIONS=quarantine_size_mb=0:thread_local_quarantine_size_kb=0:detect_leaks=0"
#define TSAN_DEFAULT "TSAN_OPTIONS=history_size=0"

static struct temp_dir dir;
static struct plan *plan;
static char path[PATH_MAX + 64];
static const char *command[] = {path, NULL};

static void setup(void)
{
    unsetenv("ASAN_OPTIONS");
    unsetenv("TSAN_OPTIONS");
    dir = temp_dir_make();
    ck_assert_int_eq(plan_new(&plan, NULL), 0);
}

static void teardown(void)
{
    plan->n_runs = 0;
    plan->runs = NULL;
    plan_free(plan);
    temp_dir_done(&dir);
}

/* One run of this program with this environment, prepared. */
static void prepare(struct run_spec *run, const char *program, const char *const *env)
{
    struct error err = {.kind = ERROR_NONE};
    snprintf(path, sizeof(path), "%s/%s", dir.path, program);
    run->settings.service.command = command;
    run->settings.service.env = env;
    plan->runs = run;
    plan->n_runs = 1;
    ck_assert_msg(sanitized_prepare(plan, &err) == 0, "%s", err.text);
}

static void expect_env(const struct run_spec *run, const char *const *expected)
{
    const char *const *env = run->settings.service.env;
    for (; *expected != NULL; env++, expected++) {
        ck_assert_ptr_nonnull(*env);
        ck_assert_str_eq(*env, *expected);
    }
    ck_assert_ptr_null(*env);
}

static const char *const plain_env[] = {"A=1", NULL};

START_TEST(what_is_in_the_program_chooses)
{
    static const char *const asan_env[] = {"A=1", ASAN_DEFAULT, NULL};
    static const char *const tsan_env[] = {"A=1", TSAN_DEFAULT, NULL};
    struct run_spec address = {.scenario = "s"};
    struct run_spec thread = {.scenario = "s"};
    sanitized_program_write(&dir, "service", SANITIZED_ADDRESS);
    sanitized_program_write(&dir, "service-plain", SANITIZED_THREAD);
    prepare(&address, "service", plain_env);
    expect_env(&address, asan_env);
    ck_assert_str_eq(address.sanitizer_options, ASAN_DEFAULT);
    prepare(&thread, "service-plain", plain_env);
    expect_env(&thread, tsan_env);
    ck_assert_str_eq(thread.sanitizer_options, TSAN_DEFAULT);
}
END_TEST

START_TEST(a_name_alone_chooses_nothing)
{
    struct run_spec script = {.scenario = "s"};
    struct run_spec none = {.scenario = "s"};
    temp_dir_write(&dir, "service-asan", "#!/bin/sh\n");
    prepare(&script, "service-asan", plain_env);
    expect_env(&script, plain_env);
    ck_assert_ptr_null(script.sanitizer_options);
    prepare(&none, "not-there", plain_env);
    expect_env(&none, plain_env);
}
END_TEST

START_TEST(what_somebody_has_chosen_stays)
{
    static const char *const chosen[] = {"ASAN_OPTIONS=quarantine_size_mb=1", NULL};
    static const char *const ours[] = {"A=1", "ASAN_OPTIONS=detect_leaks=1", NULL};
    static const char *const braces[] = {"A=1", ASAN_DEFAULT, NULL};
    struct run_spec run = {.scenario = "s"};
    sanitized_program_write(&dir, "service", SANITIZED_ADDRESS);
    prepare(&run, "service", chosen);
    expect_env(&run, chosen);
    /* Ours is handed on, for a guest does not have it; nothing is said then. */
    setenv("ASAN_OPTIONS", "detect_leaks=1", 1);
    prepare(&run, "service", chosen);
    expect_env(&run, chosen);
    prepare(&run, "service", plain_env);
    expect_env(&run, ours);
    ck_assert_ptr_null(run.sanitizer_options);
    setenv("ASAN_OPTIONS", "log_path={data}", 1);
    prepare(&run, "service", plain_env);
    expect_env(&run, braces);
}
END_TEST

START_TEST(what_is_no_program_of_this_machine_is_left_alone)
{
    struct run_spec image = {.scenario = "s", .settings = {.image = "localhost/web:1"}};
    struct run_spec attached = {.scenario = "s", .settings = {.attach = "4711"}};
    struct run_spec no_command = {.scenario = "s"};
    static const char *const nothing[] = {NULL};
    sanitized_program_write(&dir, "service", SANITIZED_ADDRESS);
    prepare(&image, "service", plain_env);
    expect_env(&image, plain_env);
    prepare(&attached, "service", plain_env);
    expect_env(&attached, plain_env);
    no_command.settings.service.command = nothing;
    no_command.settings.service.env = plain_env;
    plan->runs = &no_command;
    ck_assert_int_eq(sanitized_prepare(plan, NULL), 0);
    expect_env(&no_command, plain_env);
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("sanitized");
    TCase *tests = tcase_create("sanitized");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, what_is_in_the_program_chooses);
    tcase_add_test(tests, a_name_alone_chooses_nothing);
    tcase_add_test(tests, what_somebody_has_chosen_stays);
    tcase_add_test(tests, what_is_no_program_of_this_machine_is_left_alone);
    suite_add_tcase(suite, tests);
    return suite;
}

CHECK_MAIN(suite);
