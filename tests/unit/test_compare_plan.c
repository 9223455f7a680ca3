/* compare_plan: variants as groups of a plan. The programs are files in a folder of the test's. */
#include "compare/compare_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/sanitized_program.h"
#include "tests/support/temp_dir.h"

static struct temp_dir dir;
static struct scenario *scenario;
static struct compare_variants variants;
static struct plan *plan;
static struct places places;
static const char *const no_operands[] = {NULL};

static void add_program(const char *name)
{
    char path[PATH_MAX + 32];
    temp_dir_write(&dir, name, "#!/bin/sh\n");
    snprintf(path, sizeof(path), "%s/%s", dir.path, name);
    ck_assert_int_eq(chmod(path, 0755), 0);
}

static void setup(void)
{
    struct error err = {.kind = ERROR_NONE};
    const char *text =
        "{\"name\": \"svc\", \"service\": {\"command\": [\"{dir}/svc\", \"-x\"], "
        "\"env\": {\"A\": \"0\"}}, \"load\": {\"path\": \"/\"}, \"limit\": \"64MiB\", "
        "\"limit_for\": {\"race\": \"512MiB\"}, \"expect\": \"clean\", "
        "\"expect_for\": {\"race\": {\"verdict\": \"leak\", \"cause\": \"heap\"}}}";
    dir = temp_dir_make();
    add_program("svc");
    sanitized_program_write(&dir, "svc-race", SANITIZED_THREAD);
    sanitized_program_write(&dir, "svc-asan", SANITIZED_ADDRESS);
    unsetenv("ASAN_OPTIONS");
    unsetenv("TSAN_OPTIONS");
    ck_assert_msg(scenario_load_text("svc.json", dir.path, text, &scenario, &err) == 0, "%s",
                  err.text);
    ck_assert_int_eq(plan_new(&plan, NULL), 0);
}

static void teardown(void)
{
    plan_free(plan);
    compare_variants_done(&variants);
    scenario_free(scenario);
    temp_dir_done(&dir);
}

/* In a guest, whose addresses are as random as sanitizers bear, whatever this machine's are. */
static int make(const struct options *given, struct error *err)
{
    struct options options = *given;
    const struct compare_request request = {
        .options = &options, .scenario = scenario, .places = &places};
    options.driver = "vm";
    if (compare_variants_make(&options, scenario, &variants, err) < 0)
        return -1;
    return compare_plan_make(&request, &variants, plan, err);
}

static void make_well(const struct options *options)
{
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(make(options, &err) == 0, "%s", err.text);
}

static bool has_env(const struct run_spec *run, const char *entry)
{
    for (const char *const *word = run->settings.service.env; *word != NULL; word++)
        if (strcmp(*word, entry) == 0)
            return true;
    return false;
}

START_TEST(every_repeat_is_a_group_and_the_order_goes_round)
{
    static const char *const ids[] = {"svc.plain",  "svc.race",    "svc.asan",   "svc.race.2",
                                      "svc.asan.2", "svc.plain.2", "svc.asan.3", "svc.plain.3",
                                      "svc.race.3", "svc.plain.4", "svc.race.4", "svc.asan.4"};
    const struct options options = {.builds = "plain,race,asan", .operands = no_operands};
    make_well(&options);
    ck_assert_uint_eq(plan->n_runs, 3 * COMPARE_REPEATS_DEFAULT);
    for (size_t i = 0; i < plan->n_runs; i++) {
        ck_assert_str_eq(plan->runs[i].id, ids[i]);
        ck_assert_uint_eq(plan->runs[i].group, i / 3 + 1);
    }
    ck_assert_uint_eq(plan->runs[3].position, 2);
    ck_assert_uint_eq(plan->runs[5].position, 1);
}
END_TEST

START_TEST(a_build_has_its_program_limit_expectation_and_environment)
{
    const struct options options = {.builds = "plain,race,asan", .repeats = 1};
    make_well(&options);
    const struct run_spec *race = &plan->runs[1];
    ck_assert_uint_eq(plan->n_runs, 3);
    ck_assert_ptr_nonnull(strstr(race->settings.service.command[0], "/svc-race"));
    ck_assert_str_eq(race->settings.service.command[1], "-x");
    ck_assert_str_eq(race->build, "race");
    ck_assert_str_eq(race->label, "race");
    ck_assert_ptr_null(race->allocator);
    ck_assert_uint_eq(race->settings.limit_bytes, (uint64_t)512 << 20);
    ck_assert_int_eq(race->settings.expect, VERDICT_LEAK);
    ck_assert_int_eq(plan->runs[0].settings.expect, VERDICT_CLEAN);
    ck_assert_uint_eq(plan->runs[0].settings.limit_bytes, (uint64_t)64 << 20);
    ck_assert(has_env(race, "TSAN_OPTIONS=history_size=0"));
    ck_assert(!has_env(&plan->runs[0], "TSAN_OPTIONS=history_size=0"));
    ck_assert_str_eq(race->sanitizer_options, "TSAN_OPTIONS=history_size=0");
    ck_assert_ptr_null(plan->runs[0].sanitizer_options);
    ck_assert(has_env(&plan->runs[2], "A=0"));
    ck_assert(has_env(&plan->runs[2], plan->runs[2].sanitizer_options));
    ck_assert_int_eq(strncmp(plan->runs[2].sanitizer_options, "ASAN_OPTIONS=", 13), 0);
}
END_TEST

START_TEST(the_command_line_wins_over_what_is_said_of_a_build)
{
    const struct options options = {.builds = "plain,race",
                                    .repeats = 1,
                                    .limit_bytes = (uint64_t)99 << 20,
                                    .has_expectation = true,
                                    .expect = VERDICT_PRESSURE};
    make_well(&options);
    ck_assert_uint_eq(plan->runs[1].settings.limit_bytes, (uint64_t)99 << 20);
    ck_assert_int_eq(plan->runs[1].settings.expect, VERDICT_PRESSURE);
}
END_TEST

START_TEST(settings_are_added_to_one_variant_alone)
{
    const struct options options = {.env = {"A=7 TSAN_OPTIONS=x=1"},
                                    .n_env = 1,
                                    .args = {"--fast {port}"},
                                    .n_args = 1,
                                    .builds = "race",
                                    .repeats = 1};
    make_well(&options);
    ck_assert_uint_eq(plan->n_runs, 3);
    ck_assert(has_env(&plan->runs[0], "A=0"));
    ck_assert(has_env(&plan->runs[1], "A=7"));
    ck_assert(!has_env(&plan->runs[1], "A=0"));
    ck_assert(has_env(&plan->runs[1], "TSAN_OPTIONS=x=1"));
    ck_assert(!has_env(&plan->runs[1], "TSAN_OPTIONS=history_size=0"));
    ck_assert(has_env(&plan->runs[0], "TSAN_OPTIONS=history_size=0"));
    ck_assert_str_eq(plan->runs[2].settings.service.args[0], "--fast");
    ck_assert_ptr_null(plan->runs[1].settings.service.args[0]);
    ck_assert_str_eq(plan->runs[2].label, "race+--fast {port}");
}
END_TEST

START_TEST(what_cannot_be_run_stands_behind_the_others)
{
    /* The sample services' folder says of a build why it is not there. */
    const struct options options = {.builds = "static,plain,race", .repeats = 2};
    temp_dir_write(&dir, "unbuilt.txt", "static: no libc.a (apt install libc6-dev)\n");
    make_well(&options);
    ck_assert_uint_eq(plan->n_runs, 4);
    ck_assert_str_eq(variants.items[0].label, "plain");
    ck_assert_ptr_null(variants.items[1].skipped);
    ck_assert_str_eq(variants.items[2].label, "static");
    ck_assert_str_eq(variants.items[2].skipped, "no libc.a (apt install libc6-dev)");
    ck_assert_uint_eq(plan->runs[0].position, 1);
    ck_assert_str_eq(plan->runs[0].id, "svc.plain");
}
END_TEST

START_TEST(one_that_is_left_is_nothing_to_compare_with)
{
    struct error err = {.kind = ERROR_NONE};
    const struct options options = {.builds = "plain,static"};
    temp_dir_write(&dir, "unbuilt.txt", "static: no libc.a\n");
    ck_assert_int_eq(make(&options, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_ENVIRONMENT);
    ck_assert_str_eq(err.text, "nothing to compare with: only plain can be run here\n  static: no "
                               "libc.a");
}
END_TEST

START_TEST(an_unknown_build_is_refused_with_those_there_are)
{
    struct error err = {.kind = ERROR_NONE};
    const struct options options = {.builds = "plain,rase"};
    ck_assert_int_eq(make(&options, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_msg(strstr(err.text, "did you mean \"race\"?") != NULL, "%s", err.text);
    ck_assert_msg(strstr(err.text, "plain, asan, race") != NULL, "%s", err.text);
}
END_TEST

START_TEST(two_commands_take_the_place_of_the_scenario_s)
{
    char a[PATH_MAX + 32];
    char b[PATH_MAX + 32];
    snprintf(a, sizeof(a), "%s/svc-asan -y", dir.path);
    snprintf(b, sizeof(b), "%s/svc-race", dir.path);
    const struct options options = {.a = a, .b = b, .repeats = 1};
    make_well(&options);
    ck_assert_str_eq(plan->runs[0].settings.service.command[1], "-y");
    ck_assert_ptr_null(plan->runs[0].settings.service.command[2]);
    ck_assert_ptr_nonnull(strstr(plan->runs[1].settings.service.command[0], "/svc-race"));
    ck_assert_str_eq(plan->runs[1].label, "svc-race");
    ck_assert(has_env(&plan->runs[1], "TSAN_OPTIONS=history_size=0"));
    ck_assert(has_env(&plan->runs[0], plan->runs[0].sanitizer_options));
    ck_assert_uint_eq(plan->runs[1].settings.limit_bytes, (uint64_t)64 << 20);
}
END_TEST

START_TEST(variants_cannot_share_a_port_that_is_fixed)
{
    struct error err = {.kind = ERROR_NONE};
    const struct options options = {.builds = "plain,race", .port = 8080};
    ck_assert_int_eq(make(&options, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_msg(strstr(err.text, "port 8080") != NULL, "%s", err.text);
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("compare_plan");
    TCase *tests = tcase_create("compare_plan");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, every_repeat_is_a_group_and_the_order_goes_round);
    tcase_add_test(tests, a_build_has_its_program_limit_expectation_and_environment);
    tcase_add_test(tests, the_command_line_wins_over_what_is_said_of_a_build);
    tcase_add_test(tests, settings_are_added_to_one_variant_alone);
    tcase_add_test(tests, what_cannot_be_run_stands_behind_the_others);
    tcase_add_test(tests, one_that_is_left_is_nothing_to_compare_with);
    tcase_add_test(tests, an_unknown_build_is_refused_with_those_there_are);
    tcase_add_test(tests, two_commands_take_the_place_of_the_scenario_s);
    tcase_add_test(tests, variants_cannot_share_a_port_that_is_fixed);
    suite_add_tcase(suite, tests);
    return suite;
}

CHECK_MAIN(suite);
