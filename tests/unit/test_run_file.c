/* run_file: what a run was is found beside its result, and by nobody but its owner. */
#include "scenario/run_file.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "scenario/instruments.h"
#include "tests/support/check_main.h"
#include "tests/support/temp_dir.h"

static struct temp_dir dir;

static void setup(void)
{
    dir = temp_dir_make();
}

static void teardown(void)
{
    temp_dir_done(&dir);
}

static struct run_spec make_run(void)
{
    static const char *const command[] = {"/bin/true", "{port}", NULL};
    static const char *const nothing[] = {NULL};
    static const char *const env[] = {"TOKEN=secret", "ODD={{word}}", NULL};
    struct run_spec run = {.scenario = "a-scenario",
                           .variant = "fixed",
                           .source = "a-scenario.json",
                           .alias = "explain"};
    settings_defaults(&run.settings);
    run.settings.service.command = command;
    run.settings.service.args = nothing;
    run.settings.service.env = env;
    run.settings.load.n_requests = 1;
    run.settings.load.requests[0] =
        (struct request_kind){.method = "GET", .path = "/x", .weight = 1};
    run.settings.instruments = 1U << INSTRUMENT_PAGES;
    return run;
}

START_TEST(what_was_stored_is_read_back)
{
    const struct run_spec run = make_run();
    CLEANUP(plan_freep) struct plan *plan = NULL;
    struct error err = {.kind = ERROR_NONE};
    for (int times = 0; times < 2; times++)
        ck_assert_msg(run_file_store(&run, dir.path, &err) == 0, "%s", err.text);
    ck_assert_msg(run_file_load(dir.path, &plan, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(plan->n_runs, 1);
    const struct run_spec *back = &plan->runs[0];
    ck_assert_str_eq(back->id, "explain");
    ck_assert_str_eq(back->scenario, "a-scenario");
    ck_assert_str_eq(back->variant, "fixed");
    ck_assert_str_eq(back->settings.service.command[1], "{port}");
    ck_assert_str_eq(back->settings.service.env[1], "ODD={{word}}");
    ck_assert_str_eq(back->settings.load.requests[0].path, "/x");
    ck_assert_uint_eq(back->settings.instruments, run.settings.instruments);
}
END_TEST

START_TEST(only_its_owner_may_read_it)
{
    const struct run_spec run = make_run();
    struct stat status;
    umask(0);
    temp_dir_write(&dir, RUN_FILE_NAME, "an old one that all may read");
    ck_assert_int_eq(run_file_store(&run, dir.path, NULL), 0);
    ck_assert_int_eq(fstatat(dir.fd, RUN_FILE_NAME, &status, 0), 0);
    ck_assert_uint_eq(status.st_mode & 0777, 0600);
}
END_TEST

START_TEST(an_older_result_has_none)
{
    struct plan *plan = NULL;
    ck_assert_int_eq(run_file_load(dir.path, &plan, NULL), 1);
}
END_TEST

START_TEST(what_is_none_is_refused)
{
    struct plan *plan = NULL;
    struct error err = {.kind = ERROR_NONE};
    temp_dir_write(&dir, RUN_FILE_NAME, "{\"runs\": []}");
    ck_assert_int_eq(run_file_load(dir.path, &plan, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "found 0 runs, expected one"));
    temp_dir_write(&dir, RUN_FILE_NAME, "{\"runs\": [{\"name\": \"x\", \"alias\": \"../x\"}]}");
    ck_assert_int_eq(run_file_load(dir.path, &plan, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("run_file");
    TCase *c = tcase_create("file");
    suite_add_tcase(s, c);
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, what_was_stored_is_read_back);
    tcase_add_test(c, only_its_owner_may_read_it);
    tcase_add_test(c, an_older_result_has_none);
    tcase_add_test(c, what_is_none_is_refused);
    return s;
}

CHECK_MAIN(suite);
