#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "scenario/scenario.h"
#include "tests/support/check_main.h"
#include "tests/support/temp_dir.h"

#define LENGTH(array) (int)(sizeof(array) / sizeof((array)[0]))

static struct scenario *load(const char *text)
{
    struct scenario *scenario = NULL;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(scenario_load_text("a.json", "/d", text, &scenario, &err) == 0, "%s", err.text);
    return scenario;
}

START_TEST(what_is_not_said_is_default)
{
    CLEANUP(scenario_freep)
    struct scenario *scenario =
        load("{\"service\": {\"command\": [\"./x\", \"-v\"]}, \"load\": {\"path\": \"/\"}}");
    const struct settings *settings = &scenario->settings;
    ck_assert_str_eq(scenario->name, "a");
    ck_assert_str_eq(scenario->dir, "/d");
    ck_assert_ptr_null(scenario->about);
    ck_assert_str_eq(settings->service.command[0], "./x");
    ck_assert_str_eq(settings->service.command[1], "-v");
    ck_assert_ptr_null(settings->service.command[2]);
    ck_assert_ptr_null(settings->service.args[0]);
    ck_assert_ptr_null(settings->service.env[0]);
    ck_assert_str_eq(settings->service.ready, "tcp");
    ck_assert_uint_eq(settings->service.port, 0);
    ck_assert(settings->limit_bytes == SCENARIO_NO_LIMIT);
    ck_assert(settings->high_bytes == SCENARIO_NO_LIMIT);
    ck_assert_uint_eq(settings->pids, 4096);
    ck_assert_double_eq(settings->cpus, 0);
    ck_assert_int_eq(settings->thp, THP_NEVER);
    ck_assert_uint_eq(settings->load.concurrency, 8);
    ck_assert_double_eq(settings->load.rate_per_s, 0);
    ck_assert(settings->load.reuse);
    ck_assert_int_eq(settings->load.timeout_ns, 5 * NSEC_PER_SEC);
    ck_assert_uint_eq(settings->cycles, 30);
    ck_assert_uint_eq(settings->cycles_min, 5);
    ck_assert_uint_eq(settings->cycle_requests, 250);
    ck_assert_uint_eq(settings->warmup_requests, 250);
    ck_assert_int_eq(settings->settle_ns, 150 * NSEC_PER_MSEC);
    ck_assert_int_eq(settings->budget_ns, 60 * NSEC_PER_SEC);
    ck_assert_uint_eq(settings->sample_hz, 100);
    ck_assert(!settings->has_expectation);
    ck_assert_uint_eq(scenario->n_variants, 0);
}
END_TEST

START_TEST(what_is_said_holds)
{
    CLEANUP(scenario_freep)
    struct scenario *scenario = load(
        "{\"$schema\": \"schema.json\", \"name\": \"n\", \"about\": \"x\","
        "\"service\": {\"command\": [\"{services}/x\"], \"args\": [\"--p={port}\", \"{{x}}\"],"
        "  \"env\": {\"A\": \"{up.port}\", \"B\": \"\"}, \"cwd\": \"{dir}/w\", \"port\": 8080,"
        "  \"ready\": \"/healthz\", \"ready_timeout\": \"10s\", \"trim\": \"/freememory\","
        "  \"heap\": \"/debug/heap\"},"
        "\"dependencies\": {\"up\": {\"command\": [\"u\"], \"args\": [\"{service.port}\"]}},"
        "\"limit\": \"50MiB\", \"high\": 47185920, \"pids\": 10, \"cpus\": 1.5,"
        "\"thp\": \"system\", \"sample_hz\": 50,"
        "\"load\": {\"requests\": [{\"path\": \"/a?b=c\", \"weight\": 3},"
        "   {\"path\": \"/p\", \"body\": \"x\", \"headers\": {\"K\": \"v w\"}},"
        "   {\"path\": \"/d\", \"method\": \"DELETE\"}],"
        "  \"timers\": [{\"path\": \"/healthz\", \"every\": \"100ms\"}],"
        "  \"concurrency\": 3, \"rate\": 12.5, \"reuse\": false, \"timeout\": \"1s\"},"
        "\"cycles\": {\"max\": 8, \"min\": 4, \"requests\": 20, \"warmup\": 0, \"settle\": \"0s\","
        "  \"budget\": \"90s\"},"
        "\"expect\": {\"verdict\": \"leak\", \"cause\": \"sockets\"}}");
    const struct settings *settings = &scenario->settings;
    const struct load_profile *profile = &settings->load;
    ck_assert_str_eq(scenario->name, "n");
    ck_assert_str_eq(settings->service.args[1], "{{x}}");
    ck_assert_str_eq(settings->service.env[0], "A={up.port}");
    ck_assert_str_eq(settings->service.env[1], "B=");
    ck_assert_ptr_null(settings->service.env[2]);
    ck_assert_str_eq(settings->service.cwd, "{dir}/w");
    ck_assert_uint_eq(settings->service.port, 8080);
    ck_assert_int_eq(settings->service.ready_timeout_ns, 10 * NSEC_PER_SEC);
    ck_assert_str_eq(settings->trim, "/freememory");
    ck_assert_str_eq(settings->heap_path, "/debug/heap");
    ck_assert_uint_eq(settings->n_dependencies, 1);
    ck_assert_str_eq(settings->dependencies[0].name, "up");
    ck_assert_uint_eq(settings->limit_bytes, UINT64_C(50) << 20);
    ck_assert_uint_eq(settings->high_bytes, UINT64_C(45) << 20);
    ck_assert_double_eq(settings->cpus, 1.5);
    ck_assert_int_eq(settings->thp, THP_SYSTEM);
    ck_assert_uint_eq(profile->n_requests, 3);
    ck_assert_uint_eq(profile->requests[0].weight, 3);
    ck_assert_str_eq(profile->requests[0].method, "GET");
    ck_assert_str_eq(profile->requests[1].method, "POST");
    ck_assert_str_eq(profile->requests[1].headers[0], "K: v w");
    ck_assert_uint_eq(profile->requests[1].n_headers, 1);
    ck_assert_str_eq(profile->requests[2].method, "DELETE");
    ck_assert_uint_eq(profile->n_timers, 1);
    ck_assert_int_eq(profile->timers[0].every_ns, 100 * NSEC_PER_MSEC);
    ck_assert_double_eq(profile->rate_per_s, 12.5);
    ck_assert(!profile->reuse);
    ck_assert_uint_eq(settings->cycles, 8);
    ck_assert_uint_eq(settings->cycles_min, 4);
    ck_assert_uint_eq(settings->warmup_requests, 0);
    ck_assert_int_eq(settings->settle_ns, 0);
    ck_assert(settings->has_expectation && settings->expects_cause);
    ck_assert_int_eq(settings->expect, VERDICT_LEAK);
    ck_assert_int_eq(settings->expect_cause, CAUSE_SOCKETS);
}
END_TEST

START_TEST(a_variant_replaces_just_what_it_names)
{
    CLEANUP(scenario_freep)
    struct scenario *scenario =
        load("{\"about\": \"base\", \"service\": {\"command\": [\"x\", \"y\"], \"args\": [\"--a\"],"
             " \"env\": {\"A\": \"1\", \"B\": \"2\"}, \"trim\": \"/t\", \"heap\": \"/h\"},"
             "\"dependencies\": {\"up\": {\"command\": [\"u\"], \"port\": 99}},"
             "\"limit\": \"64M\", \"load\": {\"path\": \"/a\", \"concurrency\": 3},"
             "\"expect\": {\"verdict\": \"leak\", \"cause\": \"heap\"},"
             "\"variants\": {\"fixed\": {\"about\": \"mended\","
             "  \"service\": {\"args\": [\"--variant\", \"fixed\"], \"env\": {\"B\": \"3\", \"C\": "
             "\"4\"}},"
             "  \"dependencies\": {\"up\": {\"args\": [\"-q\"]}, \"db\": {\"command\": [\"d\"]}},"
             "  \"limit\": \"none\", \"load\": {\"rate\": 7}, \"cycles\": {\"max\": 3},"
             "  \"expect\": \"clean\"}, \"second\": {}}}");
    const struct settings *base = &scenario->settings;
    const struct settings *fixed = &scenario->variants[0].settings;
    const struct settings *second = &scenario->variants[1].settings;
    ck_assert_uint_eq(scenario->n_variants, 2);
    ck_assert_str_eq(scenario->variants[0].name, "fixed");
    ck_assert_str_eq(scenario->variants[0].about, "mended");
    ck_assert_ptr_null(scenario->variants[1].about);
    ck_assert_str_eq(fixed->service.command[1], "y");
    ck_assert_str_eq(fixed->service.args[0], "--variant");
    ck_assert_str_eq(fixed->service.env[0], "A=1");
    ck_assert_str_eq(fixed->service.env[1], "B=3");
    ck_assert_str_eq(fixed->service.env[2], "C=4");
    ck_assert_ptr_null(fixed->service.env[3]);
    ck_assert_str_eq(fixed->trim, "/t");
    ck_assert_str_eq(fixed->heap_path, "/h");
    ck_assert_uint_eq(fixed->n_dependencies, 2);
    ck_assert_uint_eq(fixed->dependencies[0].port, 99);
    ck_assert_str_eq(fixed->dependencies[0].args[0], "-q");
    ck_assert_str_eq(fixed->dependencies[1].name, "db");
    ck_assert(fixed->limit_bytes == SCENARIO_NO_LIMIT);
    ck_assert_str_eq(fixed->load.requests[0].path, "/a");
    ck_assert_uint_eq(fixed->load.concurrency, 3);
    ck_assert_double_eq(fixed->load.rate_per_s, 7);
    ck_assert_uint_eq(fixed->cycles, 3);
    ck_assert_uint_eq(fixed->cycles_min, 3);
    ck_assert_int_eq(fixed->expect, VERDICT_CLEAN);
    ck_assert(!fixed->expects_cause);

    ck_assert_str_eq(base->service.args[0], "--a");
    ck_assert_str_eq(base->service.env[1], "B=2");
    ck_assert_ptr_null(base->service.env[2]);
    ck_assert_uint_eq(base->n_dependencies, 1);
    ck_assert_uint_eq(second->cycles, 30);
    ck_assert_str_eq(second->service.args[0], "--a");
    ck_assert(second->expects_cause);
}
END_TEST

START_TEST(an_empty_array_in_a_variant_removes_words)
{
    CLEANUP(scenario_freep)
    struct scenario *scenario = load(
        "{\"service\": {\"command\": [\"x\"], \"args\": [\"--a\"]}, \"load\": {\"path\": \"/\"},"
        "\"variants\": {\"bare\": {\"service\": {\"args\": []}}}}");
    ck_assert_ptr_null(scenario->variants[0].settings.service.args[0]);
}
END_TEST

START_TEST(braces_that_are_no_placeholder_stand_for_themselves)
{
    CLEANUP(scenario_freep)
    struct scenario *scenario =
        load("{\"service\": {\"command\": [\"awk\", \"{ print $1 }\", \"{\\\"a\\\":1}\", \"{}\", "
             "\"{{.Names}}\", \"{{foo}}\", \"{\"]}, \"load\": {\"path\": \"/\"}}");
    ck_assert_str_eq(scenario->settings.service.command[5], "{{foo}}");
}
END_TEST

START_TEST(a_scenario_is_named_after_its_file)
{
    struct temp_dir folder = temp_dir_make();
    temp_dir_write(&folder, "my-service.json",
                   "{\"service\": {\"command\": [\"x\"]}, \"load\": {\"path\": \"/\"}}");
    temp_dir_write(&folder, "My Service.json",
                   "{\"service\": {\"command\": [\"x\"]}, \"load\": {\"path\": \"/\"}}");
    char path[2][sizeof(folder.path) + 32];
    snprintf(path[0], sizeof(path[0]), "%s/my-service.json", folder.path);
    snprintf(path[1], sizeof(path[1]), "%s/My Service.json", folder.path);

    CLEANUP(scenario_freep) struct scenario *scenario = NULL;
    struct scenario *none = NULL;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(scenario_load(path[0], &scenario, &err) == 0, "%s", err.text);
    ck_assert_str_eq(scenario->name, "my-service");
    ck_assert_str_eq(scenario->dir, folder.path);
    ck_assert_str_eq(scenario->source, path[0]);
    ck_assert_int_eq(scenario_load(path[1], &none, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "found no \"name\" and a file name that cannot be one"));
    temp_dir_done(&folder);
}
END_TEST

static const struct {
    const char *text;
    const char *name;
} made_names[] = {
    {"./my-service", "my-service"},
    {"/opt/My_Service.sh", "my-service-sh"},
    {"...", "command"},
    {"", "command"},
    {"a/", "command"},
    {"__x__", "x"},
    {"0123456789012345678901234567890123456789012345678901234567890",
     "012345678901234567890123456789012345678901234567"},
};

START_TEST(a_command_line_becomes_a_scenario)
{
    char word[] = "./x";
    const char *const command[] = {word, "--flag", NULL};
    CLEANUP(scenario_freep) struct scenario *scenario = NULL;
    ck_assert_int_eq(scenario_from_command(made_names[_i].text, command, &scenario, NULL), 0);
    word[0] = '?';
    ck_assert_str_eq(scenario->name, made_names[_i].name);
    ck_assert(scenario_is_name(scenario->name));
    ck_assert_str_eq(scenario->source, "command line");
    ck_assert_str_eq(scenario->settings.service.command[0], "./x");
    ck_assert_str_eq(scenario->settings.service.command[1], "--flag");
    ck_assert_ptr_null(scenario->settings.service.command[2]);
    ck_assert_str_eq(scenario_keep(scenario, "kept"), "kept");
}
END_TEST

START_TEST(every_word_of_a_judgement_reads_back)
{
    for (enum verdict_kind kind = 0; kind < VERDICT_KIND_MAX_; kind++) {
        enum verdict_kind back = VERDICT_KIND_MAX_;
        ck_assert(verdict_kind_from_name(verdict_kind_name(kind), &back) && back == kind);
    }
    for (enum cause cause = 0; cause < CAUSE_MAX_; cause++) {
        enum cause back = CAUSE_MAX_;
        ck_assert(cause_from_name(cause_name(cause), &back) && back == cause);
    }
    enum cause cause = CAUSE_NONE;
    ck_assert(!cause_from_name("Heap", &cause));
    ck_assert_int_eq(cause_verdict(CAUSE_MAPPINGS), VERDICT_LEAK);
    ck_assert_int_eq(cause_verdict(CAUSE_TRANSIENT), VERDICT_PRESSURE);
    ck_assert_int_eq(cause_verdict(CAUSE_PAGE_CACHE), VERDICT_LAZY_RELEASE);
}
END_TEST

static Suite *scenario_suite(void)
{
    Suite *suite = suite_create("scenario");
    TCase *good = tcase_create("a scenario");
    tcase_add_test(good, what_is_not_said_is_default);
    tcase_add_test(good, what_is_said_holds);
    tcase_add_test(good, a_variant_replaces_just_what_it_names);
    tcase_add_test(good, an_empty_array_in_a_variant_removes_words);
    tcase_add_test(good, braces_that_are_no_placeholder_stand_for_themselves);
    tcase_add_test(good, a_scenario_is_named_after_its_file);
    tcase_add_loop_test(good, a_command_line_becomes_a_scenario, 0, LENGTH(made_names));
    tcase_add_test(good, every_word_of_a_judgement_reads_back);
    suite_add_tcase(suite, good);
    return suite;
}

CHECK_MAIN(scenario_suite);
