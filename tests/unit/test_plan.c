#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "scenario/plan.h"
#include "tests/support/check_main.h"
#include "tests/support/temp_dir.h"

#define LENGTH(array) (int)(sizeof(array) / sizeof((array)[0]))

/* A folder with programs, which is the working directory:
 *   services/clean, scenarios/local  programs        scenarios/plain   not executable */
static struct temp_dir folder;
static struct plan_paths paths = {.services_dir = "services"};

static void set_up(void)
{
    folder = temp_dir_make();
    temp_dir_write(&folder, "services/clean", "#!/bin/sh\n");
    temp_dir_write(&folder, "scenarios/local", "#!/bin/sh\n");
    temp_dir_write(&folder, "scenarios/plain", "text\n");
    temp_dir_write(&folder, "here", "#!/bin/sh\n");
    ck_assert_int_eq(chdir(folder.path), 0);
    chmod("services/clean", 0755);
    chmod("scenarios/local", 0755);
    chmod("scenarios/plain", 0644);
    chmod("here", 0755);
}

static void tear_down(void)
{
    ck_assert_int_eq(chdir("/"), 0);
    temp_dir_done(&folder);
}

static struct scenario *load(const char *text)
{
    struct scenario *scenario = NULL;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(scenario_load_text("scenarios/a.json", "scenarios", text, &scenario, &err) == 0,
                  "%s", err.text);
    return scenario;
}

static struct plan *make_plan(const char *text)
{
    CLEANUP(scenario_freep) struct scenario *scenario = load(text);
    struct plan *plan = NULL;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_int_eq(plan_new(&plan, &err), 0);
    ck_assert_msg(plan_add_all(plan, scenario, &paths, &err) == 0, "%s", err.text);
    return plan; /* the scenario is gone: the plan has copies of its own */
}

/* `path` is below the folder. */
static void expect_path(const char *found, const char *path)
{
    size_t length = strlen(folder.path);
    ck_assert_msg(strncmp(found, folder.path, length) == 0 && found[length] == '/' &&
                      strcmp(found + length + 1, path) == 0,
                  "found %s, expected …/%s", found, path);
}

static const char rich_text[] =
    "{\"name\": \"rich\", \"about\": \"says \\\"all\\\"\","
    "\"service\": {\"command\": [\"{services}/clean\", \"{dir}/data\", \"{port}\", \"{{foo}}\","
    "   \"{ x }\"], \"args\": [\"--up={up.port}\"], \"env\": {\"A\": \"{dir}\", \"B\": \"\","
    "   \"C\": \"a=b\"}, \"cwd\": \"{dir}\", \"port\": 8080, \"ready\": \"/healthz\","
    "   \"ready_timeout\": \"1500ms\", \"trim\": \"/freememory\", \"heap\": \"/h\"},"
    "\"dependencies\": {\"up\": {\"command\": [\"./local\"], \"args\": [\"{port}\","
    "   \"{service.port}\"]}, \"sh\": {\"command\": [\"sh\"], \"ready\": \"/x\","
    "   \"cwd\": \"{data}/a b\"}},"
    "\"limit\": \"50MiB\", \"high\": \"45MiB\", \"pids\": 99, \"cpus\": 0.1, \"thp\": \"system\","
    "\"sample_hz\": 7,"
    "\"load\": {\"requests\": [{\"path\": \"/a\", \"weight\": 2}, {\"path\": \"/b\","
    "   \"body\": \"\\u0001\\u00e9\\n\", \"headers\": {\"K\": \"v: w\", \"L\": \"x\"}}],"
    "   \"timers\": [{\"path\": \"/t\", \"every\": \"33333us\", \"method\": \"PUT\"}],"
    "   \"concurrency\": 3, \"rate\": 0.30000000000000004, \"reuse\": false,"
    "   \"timeout\": \"1234567ns\"},"
    "\"cycles\": {\"max\": 8, \"min\": 4, \"requests\": 20, \"warmup\": 0, \"settle\": \"0s\","
    "   \"budget\": \"90s\"},"
    "\"expect\": {\"verdict\": \"leak\", \"cause\": \"sockets\"},"
    "\"limit_for\": {\"race\": \"512MiB\", \"O3\": \"none\"},"
    "\"expect_for\": {\"race\": {\"verdict\": \"leak\", \"cause\": \"heap\"}, \"asan\": \"clean\"},"
    "\"variants\": {\"fixed\": {\"about\": \"mended\", \"limit\": \"none\", \"high\": \"none\","
    "   \"service\": {\"args\": []}, \"expect\": \"clean\"}, \"bare\": {\"load\": {\"timers\": "
    "[]}}}}";

static const char small_text[] =
    "{\"service\": {\"command\": [\"{services}/clean\"]}, \"load\": {\"path\": \"/\"},"
    "\"variants\": {\"fixed\": {}, \"other\": {\"about\": \"o\"}}}";

START_TEST(a_scenario_and_its_variants_become_runs_in_order)
{
    CLEANUP(plan_freep) struct plan *plan = make_plan(rich_text);
    ck_assert_uint_eq(plan->n_runs, 3);
    ck_assert_str_eq(plan->runs[0].id, "rich");
    ck_assert_str_eq(plan->runs[1].id, "rich.fixed");
    ck_assert_str_eq(plan->runs[2].id, "rich.bare");
    ck_assert_str_eq(plan->runs[1].scenario, "rich");
    ck_assert_ptr_null(plan->runs[0].variant);
    ck_assert_str_eq(plan->runs[1].variant, "fixed");
    ck_assert_str_eq(plan->runs[0].about, "says \"all\"");
    ck_assert_str_eq(plan->runs[1].about, "mended");
    ck_assert_str_eq(plan->runs[2].about, "says \"all\"");
    ck_assert_str_eq(plan->runs[0].source, "scenarios/a.json");
}
END_TEST

START_TEST(paths_are_resolved_and_ports_are_left)
{
    CLEANUP(plan_freep) struct plan *plan = make_plan(rich_text);
    const struct program *service = &plan->runs[0].settings.service;
    const struct program *up = &plan->runs[0].settings.dependencies[0];
    const struct program *sh = &plan->runs[0].settings.dependencies[1];
    expect_path(service->command[0], "services/clean");
    expect_path(service->command[1], "scenarios/data");
    ck_assert_str_eq(service->command[2], "{port}");
    ck_assert_str_eq(service->command[3], "{{foo}}");
    ck_assert_str_eq(service->command[4], "{ x }");
    ck_assert_str_eq(service->args[0], "--up={up.port}");
    expect_path(service->env[0] + 2, "scenarios");
    expect_path(service->cwd, "scenarios");
    expect_path(up->command[0], "scenarios/local");
    ck_assert_str_eq(up->cwd, folder.path);
    ck_assert_str_eq(sh->cwd, "{data}/a b");
    ck_assert(sh->command[0][0] == '/' && strstr(sh->command[0], "/sh") != NULL);
}
END_TEST

START_TEST(a_second_run_of_a_kind_has_an_id_of_its_own)
{
    CLEANUP(scenario_freep) struct scenario *scenario = load(small_text);
    CLEANUP(plan_freep) struct plan *plan = NULL;
    ck_assert_int_eq(plan_new(&plan, NULL), 0);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(plan_add(plan, scenario, "fixed", &paths, NULL), 0);
    ck_assert_str_eq(plan->runs[0].id, "a.fixed");
    ck_assert_str_eq(plan->runs[1].id, "a.fixed.2");
    ck_assert_str_eq(plan->runs[2].id, "a.fixed.3");
}
END_TEST

START_TEST(an_unknown_variant_is_refused_with_those_there_are)
{
    CLEANUP(scenario_freep) struct scenario *scenario = load(small_text);
    CLEANUP(plan_freep) struct plan *plan = NULL;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_int_eq(plan_new(&plan, NULL), 0);
    ck_assert_int_eq(plan_add(plan, scenario, "fixd", &paths, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_str_eq(err.text, "scenarios/a.json: found no variant \"fixd\", expected one of: "
                               "\"fixed\", \"other\"; did you mean \"fixed\"?");
    ck_assert_uint_eq(plan->n_runs, 0);
}
END_TEST

/* %s in the message: the folder. */
static const struct {
    const char *service;
    const char *message;
} bad_services[] = {
    {"{\"command\": [\"{services}/none\"]}",
     "scenarios/a.json: $.service.command: found \"%s/services/none\", expected a program: No such "
     "file or directory; build the sample services with `make`"},
    {"{\"command\": [\"./none\"]}",
     "scenarios/a.json: $.service.command: found \"%s/scenarios/none\", expected a program: No "
     "such file or directory"},
    {"{\"command\": [\"no-such-program-anywhere\"]}",
     "scenarios/a.json: $.service.command: found \"no-such-program-anywhere\", expected a program "
     "in PATH, or a path such as \"./no-such-program-anywhere\""},
    {"{\"command\": [\"./plain\"]}",
     "scenarios/a.json: $.service.command: found \"%s/scenarios/plain\", which is not executable, "
     "expected a program (chmod +x?)"},
    {"{\"command\": [\"../scenarios\"]}",
     "scenarios/a.json: $.service.command: found \"%s/scenarios/../scenarios\", which is a folder, "
     "expected a program"},
    {"{\"command\": [\"/dev/null\"]}",
     "scenarios/a.json: $.service.command: found \"/dev/null\", which is no regular file, expected "
     "a program"},
    {"{\"command\": [\"./x-{port}\"]}",
     "scenarios/a.json: $.service.command: found {port}, expected a program that is there before "
     "the run starts"},
    {"{\"command\": [\"./local\"], \"cwd\": \"none\"}",
     "scenarios/a.json: $.service.cwd: found \"%s/scenarios/none\", expected a folder: No such "
     "file or directory"},
    {"{\"command\": [\"./local\"], \"cwd\": \"x/{data}\"}",
     "scenarios/a.json: $.service.cwd: found \"x/{data}\", expected {data} alone, or a path that "
     "begins with {data}/"},
    {"{\"command\": [\"./local\"], \"cwd\": \"{data}x\"}",
     "scenarios/a.json: $.service.cwd: found \"{data}x\", expected {data} alone, or a path that "
     "begins with {data}/"},
    {"{\"command\": [\"{data}/x\"]}",
     "scenarios/a.json: $.service.command: found {data}, expected a program that is there before "
     "the run starts"},
    {"{\"command\": [\"./local\"], \"user\": \"no-such-user\"}",
     "scenarios/a.json: $.service.user: found \"no-such-user\", expected a user of this machine "
     "(NAME, UID or UID:GID)"},
    {"{\"command\": [\"./local\"], \"cwd\": \"local\"}",
     "scenarios/a.json: $.service.cwd: found \"%s/scenarios/local\", which is no folder, expected "
     "one"},
};

START_TEST(a_program_or_folder_that_is_not_there_is_refused)
{
    char text[1024];
    char message[8192];
    struct error err = {.kind = ERROR_NONE};
    CLEANUP(plan_freep) struct plan *plan = NULL;
    snprintf(text, sizeof(text), "{\"service\": %s, \"load\": {\"path\": \"/\"}}",
             bad_services[_i].service);
    CLEANUP(scenario_freep) struct scenario *scenario = load(text);
    ck_assert_int_eq(plan_new(&plan, NULL), 0);
    ck_assert_int_eq(plan_add(plan, scenario, NULL, &paths, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_uint_eq(plan->n_runs, 0);

    const char *place = strstr(bad_services[_i].message, "%s");
    size_t before = place != NULL ? (size_t)(place - bad_services[_i].message) : 0;
    snprintf(message, sizeof(message), "%.*s%s%s", (int)before, bad_services[_i].message,
             place != NULL ? folder.path : "",
             place != NULL ? place + 2 : bad_services[_i].message);
    ck_assert_str_eq(err.text, message);
}
END_TEST

START_TEST(a_bad_variant_is_named_and_leaves_the_plan_as_it_was)
{
    CLEANUP(scenario_freep)
    struct scenario *scenario =
        load("{\"service\": {\"command\": [\"./local\"]}, \"load\": {\"path\": \"/\"},"
             "\"dependencies\": {\"up\": {\"command\": [\"./local\"]}},"
             "\"variants\": {\"v\": {\"dependencies\": {\"up\": {\"command\": [\"./gone\"]}}}}}");
    CLEANUP(plan_freep) struct plan *plan = NULL;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_int_eq(plan_new(&plan, NULL), 0);
    ck_assert_int_eq(plan_add_all(plan, scenario, &paths, &err), -1);
    ck_assert_uint_eq(plan->n_runs, 0);
    ck_assert_ptr_nonnull(
        strstr(err.text, "scenarios/a.json: variant \"v\": $.dependencies.up.command: found"));
}
END_TEST

START_TEST(services_without_a_folder_are_an_error)
{
    const struct plan_paths nowhere = {.services_dir = NULL};
    CLEANUP(scenario_freep) struct scenario *scenario = load(small_text);
    CLEANUP(plan_freep) struct plan *plan = NULL;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_int_eq(plan_new(&plan, NULL), 0);
    ck_assert_int_eq(plan_add(plan, scenario, NULL, &nowhere, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "$.service.command: found {services}, expected a path"));
}
END_TEST

START_TEST(the_command_of_a_load_is_found_and_its_cwd_absolute)
{
    CLEANUP(plan_freep)
    struct plan *plan = make_plan(
        "{\"service\": {\"command\": [\"./local\"], \"ready\": \"log:^up\","
        "\"user\": \"0\"}, \"load\": {\"command\": [\"./local\", \"{port}\", \"{dir}\"],"
        "\"cwd\": \"{dir}\"}, \"variants\": {\"v\": {\"load\": {\"cwd\": \"{data}/x\"}}}}");
    const struct load_profile *load = &plan->runs[0].settings.load;
    expect_path(load->command[0], "scenarios/local");
    ck_assert_str_eq(load->command[1], "{port}");
    expect_path(load->command[2], "scenarios");
    expect_path(load->command_cwd, "scenarios");
    ck_assert_str_eq(plan->runs[1].settings.load.command_cwd, "{data}/x");
    ck_assert_uint_eq(plan->runs[0].settings.cycle_requests, 40);
}
END_TEST

static struct scenario *from_command(const char *program, const char *argument)
{
    const char *const command[] = {program, argument, NULL};
    struct scenario *scenario = NULL;
    ck_assert_int_eq(scenario_from_command("x", command, &scenario, NULL), 0);
    scenario->settings.load.requests[0] =
        (struct request_kind){.method = "GET", .path = "/", .weight = 1};
    scenario->settings.load.n_requests = 1;
    return scenario;
}

START_TEST(a_command_line_starts_from_the_working_directory)
{
    CLEANUP(scenario_freep) struct scenario *scenario = from_command("./here", "{port}");
    CLEANUP(plan_freep) struct plan *plan = NULL;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_int_eq(plan_new(&plan, NULL), 0);
    ck_assert_msg(plan_add(plan, scenario, NULL, NULL, &err) == 0, "%s", err.text);
    expect_path(plan->runs[0].settings.service.command[0], "here");
}
END_TEST

/* What options can set, and no reader has seen. */
START_TEST(a_bad_option_is_refused)
{
    static const char *const messages[] = {
        "command line: $.limit: found 512.0 KiB, expected a size from 1.0 MiB",
        "command line: $.high: found 2.0 GiB, expected at most the limit of 1.0 GiB",
        "command line: $.load.concurrency: found 0, expected a number from 1 to 4096",
        "command line: $.load.rate: found -1, expected a number from 0.001 to 1000000",
        "command line: $.load.requests.path: found \"x\", expected a path that starts with '/'",
        "command line: $.load: found no requests, timers or command",
        "command line: $.cycles.min: found 5, expected at most the maximum of 3",
        "command line: $.cycles.requests: found 0, expected a number from 1",
        "command line: $.cycles.budget: found 0 us, expected a time from 1.0 s",
        "command line: $.service.command: found the unknown placeholder {print} in \"{print}\"",
    };
    CLEANUP(scenario_freep)
    struct scenario *scenario = from_command("./here", _i == 9 ? "{print}" : "x");
    struct settings *settings = &scenario->settings;
    settings->limit_bytes = _i == 0 ? 512 * 1024 : 1024 * 1024 * 1024;
    settings->high_bytes = _i == 1 ? UINT64_C(2) << 30 : SCENARIO_NO_LIMIT;
    settings->load.concurrency = _i == 2 ? 0 : 8;
    settings->load.rate_per_s = _i == 3 ? -1 : 0;
    settings->load.requests[0].path = _i == 4 ? "x" : "/";
    settings->load.n_requests = _i == 5 ? 0 : 1;
    settings->cycles = _i == 6 ? 3 : 10;
    settings->cycle_requests = _i == 7 ? 0 : 10;
    settings->budget_ns = _i == 8 ? 0 : NSEC_PER_SEC;

    CLEANUP(plan_freep) struct plan *plan = NULL;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_int_eq(plan_new(&plan, NULL), 0);
    ck_assert_int_eq(plan_add(plan, scenario, NULL, NULL, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_msg(strstr(err.text, messages[_i]) == err.text, "%s", err.text);
}
END_TEST

START_TEST(a_written_plan_reads_back_the_same)
{
    CLEANUP(plan_freep) struct plan *plan = make_plan(_i == 0 ? rich_text : small_text);
    CLEANUP(plan_freep) struct plan *back = NULL;
    CLEANUP(buffer_done) struct buffer first = BUFFER_INIT((size_t)1 << 20);
    CLEANUP(buffer_done) struct buffer second = BUFFER_INIT((size_t)1 << 20);
    struct error err = {.kind = ERROR_NONE};
    plan->runs[0].label = "race+jemalloc";
    plan->runs[0].build = "race";
    plan->runs[0].allocator = "jemalloc";
    plan->runs[0].sanitizer_options = "ASAN_OPTIONS=quarantine_size_mb=0";
    plan->runs[0].group = 3;
    ck_assert_msg(plan_write(plan, &first, &err) == 0, "%s", err.text);
    ck_assert_msg(plan_read("plan", first.data, first.length, &back, &err) == 0, "%s", err.text);
    ck_assert_msg(plan_write(back, &second, &err) == 0, "%s", err.text);
    ck_assert_str_eq(buffer_text(&first), buffer_text(&second));
    ck_assert_uint_eq(back->n_runs, plan->n_runs);
    ck_assert_str_eq(back->runs[0].label, "race+jemalloc");
    ck_assert_str_eq(back->runs[0].build, "race");
    ck_assert_str_eq(back->runs[0].sanitizer_options, "ASAN_OPTIONS=quarantine_size_mb=0");
    for (size_t i = 0; i < plan->n_runs; i++) {
        const struct settings *a = &plan->runs[i].settings;
        const struct settings *b = &back->runs[i].settings;
        ck_assert_str_eq(plan->runs[i].id, back->runs[i].id);
        ck_assert_str_eq(a->service.cwd, b->service.cwd);
        ck_assert(a->limit_bytes == b->limit_bytes && a->high_bytes == b->high_bytes);
        ck_assert(a->load.timeout_ns == b->load.timeout_ns);
        ck_assert_double_eq(a->load.rate_per_s, b->load.rate_per_s);
        ck_assert_uint_eq(a->n_dependencies, b->n_dependencies);
        ck_assert_int_eq(a->expects_cause, b->expects_cause);
    }
}
END_TEST

START_TEST(a_plan_with_odd_folder_names_reads_back_the_same)
{
    ck_assert_int_eq(mkdir("{port}", 0755), 0);
    ck_assert_int_eq(mkdir("{{foo}}", 0755), 0);
    ck_assert_int_eq(rename("services/clean", "{port}/clean"), 0);
    const struct plan_paths odd = {.services_dir = "{port}"};
    const char *text = "{\"service\": {\"command\": [\"{services}/clean\"], \"cwd\": \"{dir}\"},"
                       "\"load\": {\"path\": \"/\"}}";
    CLEANUP(scenario_freep) struct scenario *scenario = NULL;
    CLEANUP(plan_freep) struct plan *plan = NULL;
    CLEANUP(plan_freep) struct plan *back = NULL;
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT((size_t)1 << 20);
    struct error err = {.kind = ERROR_NONE};
    ck_assert_int_eq(scenario_load_text("a.json", "{{foo}}", text, &scenario, NULL), 0);
    ck_assert_int_eq(plan_new(&plan, NULL), 0);
    ck_assert_msg(plan_add(plan, scenario, NULL, &odd, &err) == 0, "%s", err.text);
    ck_assert_int_eq(plan_write(plan, &out, NULL), 0);
    ck_assert_msg(plan_read("plan", out.data, out.length, &back, &err) == 0, "%s", err.text);

    const uint16_t ports[] = {80};
    const struct settings *settings = &back->runs[0].settings;
    const struct plan_values values = {.ports = ports, .data_dir = "/d"};
    CLEANUP(freep)
    char *program = plan_fill_values(settings, 0, settings->service.command[0], &values);
    CLEANUP(freep) char *cwd = plan_fill_values(settings, 0, settings->service.cwd, &values);
    expect_path(program, "{port}/clean");
    expect_path(cwd, "{{foo}}");
}
END_TEST

START_TEST(a_plan_that_is_none_is_refused)
{
    static const char *const texts[] = {
        "",
        "[]",
        "{}",
        "{\"runs\": 1}",
        "{\"runs\": [{}]}",
        "{\"runs\": [], \"x\": 1}",
        "{\"runs\": [{\"service\": {\"command\": [\"x\"]}, \"load\": {\"path\": \"/\"}}]}",
        "{\"runs\": [{\"name\": \"../x\", \"service\": {\"command\": [\"x\"]}, \"load\": {}}]}",
        "{\"runs\": [{\"name\": \"../x\", \"source\": \"s\", \"load\": {\"path\": \"/\"}}]}",
    };
    for (int i = 0; i < LENGTH(texts); i++) {
        struct plan *plan = NULL;
        struct error err = {.kind = ERROR_NONE};
        ck_assert_msg(plan_read("plan", texts[i], strlen(texts[i]), &plan, &err) == -1, "%s",
                      texts[i]);
        ck_assert_int_eq(err.kind, ERROR_USAGE);
        ck_assert_ptr_null(plan);
    }
}
END_TEST

static const struct {
    unsigned self;
    const char *text;
    const char *filled; /* NULL: refused */
} filled[] = {
    {0, "", ""},
    {0, "plain", "plain"},
    {0, "{port}", "1000"},
    {1, "{port}", "1001"},
    {1, "http://127.0.0.1:{service.port}/", "http://127.0.0.1:1000/"},
    {0, "{up.port}{sh.port}", "10011002"},
    {0, "{{port}}", "{port}"},
    {0, "{{{port}}}", "{{port}}"},
    {0, "{ x } {} {", "{ x } {} {"},
    {0, "{data}", "/run {data}/1"},
    {1, "--log={data}/{port}.log", "--log=/run {data}/1/1001.log"},
    {0, "{{data}}", "{data}"},
    {0, "{other.port}", NULL},
    {0, "{dir}", NULL},
    {0, "a{foo}", NULL},
};

START_TEST(what_is_known_at_the_start_is_filled_in)
{
    CLEANUP(plan_freep) struct plan *plan = make_plan(rich_text);
    const uint16_t ports[] = {1000, 1001, 1002};
    const struct plan_values values = {.ports = ports, .data_dir = "/run {data}/1"};
    CLEANUP(freep)
    char *text =
        plan_fill_values(&plan->runs[0].settings, filled[_i].self, filled[_i].text, &values);
    if (filled[_i].filled == NULL)
        ck_assert_ptr_null(text);
    else
        ck_assert_str_eq(text, filled[_i].filled);
}
END_TEST

START_TEST(a_plan_of_too_many_runs_is_refused)
{
    CLEANUP(scenario_freep) struct scenario *scenario = from_command("./here", "x");
    CLEANUP(plan_freep) struct plan *plan = NULL;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_int_eq(plan_new(&plan, NULL), 0);
    ck_assert_int_eq(plan_add(plan, scenario, NULL, NULL, NULL), 0);
    plan->n_runs = PLAN_RUNS_MAX; /* none of them is looked at */
    ck_assert_int_eq(plan_add(plan, scenario, NULL, NULL, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    plan->n_runs = 1;
}
END_TEST

static Suite *plan_suite(void)
{
    Suite *suite = suite_create("plan");
    TCase *tcase = tcase_create("a plan");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_scenario_and_its_variants_become_runs_in_order);
    tcase_add_test(tcase, paths_are_resolved_and_ports_are_left);
    tcase_add_test(tcase, a_second_run_of_a_kind_has_an_id_of_its_own);
    tcase_add_test(tcase, an_unknown_variant_is_refused_with_those_there_are);
    tcase_add_loop_test(tcase, a_program_or_folder_that_is_not_there_is_refused, 0,
                        LENGTH(bad_services));
    tcase_add_test(tcase, a_bad_variant_is_named_and_leaves_the_plan_as_it_was);
    tcase_add_test(tcase, services_without_a_folder_are_an_error);
    tcase_add_test(tcase, the_command_of_a_load_is_found_and_its_cwd_absolute);
    tcase_add_test(tcase, a_command_line_starts_from_the_working_directory);
    tcase_add_loop_test(tcase, a_bad_option_is_refused, 0, 10);
    tcase_add_loop_test(tcase, a_written_plan_reads_back_the_same, 0, 2);
    tcase_add_test(tcase, a_plan_with_odd_folder_names_reads_back_the_same);
    tcase_add_test(tcase, a_plan_that_is_none_is_refused);
    tcase_add_loop_test(tcase, what_is_known_at_the_start_is_filled_in, 0, LENGTH(filled));
    tcase_add_test(tcase, a_plan_of_too_many_runs_is_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}

CHECK_MAIN(plan_suite);
