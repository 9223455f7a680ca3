/* overrides: what the command line replaces in a scenario; here the load that is a command. */
#include "cli/overrides.h"

#include <string.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"

static struct scenario *load(const char *text)
{
    struct scenario *scenario = NULL;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(scenario_load_text("a.json", ".", text, &scenario, &err) == 0, "%s", err.text);
    return scenario;
}

#define SERVICE "\"service\": {\"command\": [\"x\"]}"

START_TEST(a_command_takes_the_place_of_requests_and_timers)
{
    CLEANUP(scenario_freep)
    struct scenario *scenario =
        load("{" SERVICE ", \"load\": {\"path\": \"/\", \"timers\": [{\"path\": \"/t\", "
             "\"every\": \"1s\"}]}, \"variants\": {\"v\": {\"cycles\": {\"requests\": 7}}}}");
    struct options options = {.load_command = "client 'a b' {port}"};
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(overrides_apply(&options, scenario, &err) == 0, "%s", err.text);
    const struct settings *settings = &scenario->settings;
    ck_assert_uint_eq(settings->load.n_requests, 0);
    ck_assert_uint_eq(settings->load.n_timers, 0);
    ck_assert_str_eq(settings->load.command[0], "client");
    ck_assert_str_eq(settings->load.command[1], "a b");
    ck_assert_str_eq(settings->load.command[2], "{port}");
    ck_assert_ptr_null(settings->load.command[3]);
    ck_assert_uint_eq(settings->cycle_requests, 40);
    ck_assert_uint_eq(settings->warmup_requests, 40);
    ck_assert_uint_eq(scenario->variants[0].settings.cycle_requests, 7);
    ck_assert_uint_eq(scenario->variants[0].settings.warmup_requests, 40);
    ck_assert_str_eq(scenario->variants[0].settings.load.command[0], "client");
}
END_TEST

START_TEST(what_is_said_of_the_work_holds_for_a_command_too)
{
    CLEANUP(scenario_freep)
    struct scenario *scenario = load("{" SERVICE ", \"load\": {\"path\": \"/\"}}");
    struct options options = {
        .load_command = "client", .requests = 5, .warmup = 0, .has_warmup = true, .concurrency = 2};
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(overrides_apply(&options, scenario, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(scenario->settings.cycle_requests, 5);
    ck_assert_uint_eq(scenario->settings.warmup_requests, 0);
    ck_assert_uint_eq(scenario->settings.load.concurrency, 2);
}
END_TEST

START_TEST(requests_take_the_place_of_a_command)
{
    CLEANUP(scenario_freep)
    struct scenario *scenario =
        load("{" SERVICE ", \"load\": {\"command\": [\"client\"], \"cwd\": \"/\"}}");
    struct options options = {.n_requests = 1, .url_requests = {{.path = "/a", .weight = 1}}};
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(overrides_apply(&options, scenario, &err) == 0, "%s", err.text);
    ck_assert_ptr_null(scenario->settings.load.command);
    ck_assert_ptr_null(scenario->settings.load.command_cwd);
    ck_assert_str_eq(scenario->settings.load.requests[0].path, "/a");
}
END_TEST

START_TEST(a_command_that_cannot_be_taken_apart_is_refused)
{
    CLEANUP(scenario_freep)
    struct scenario *scenario = load("{" SERVICE ", \"load\": {\"path\": \"/\"}}");
    struct options options = {.load_command = "client 'a"};
    struct error err = {.kind = ERROR_NONE};
    ck_assert_int_eq(overrides_apply(&options, scenario, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_str_eq(err.text, "--load: found a ' that is not closed at column 8 of: client 'a");
    options.load_command = "client";
    options.n_requests = 1;
    ck_assert_int_eq(overrides_apply(&options, scenario, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "both --url and --load"));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("overrides");
    TCase *command = tcase_create("command");
    tcase_add_test(command, a_command_takes_the_place_of_requests_and_timers);
    tcase_add_test(command, what_is_said_of_the_work_holds_for_a_command_too);
    tcase_add_test(command, requests_take_the_place_of_a_command);
    tcase_add_test(command, a_command_that_cannot_be_taken_apart_is_refused);
    suite_add_tcase(s, command);
    return s;
}

CHECK_MAIN(suite);
