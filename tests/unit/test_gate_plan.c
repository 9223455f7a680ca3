/* gate_plan: the command line as cases. The programs are files in a folder of the test's. */
#include "gate/gate_plan.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/temp_dir.h"

static struct temp_dir dir;
static struct gate gate;
static const char *operands[3];

static void add_program(const char *name)
{
    char path[PATH_MAX + 32];
    temp_dir_write(&dir, name, "#!/bin/sh\n");
    snprintf(path, sizeof(path), "%s/%s", dir.path, name);
    ck_assert_int_eq(chmod(path, 0755), 0);
}

static void setup(void)
{
    dir = temp_dir_make();
    add_program("svc");
    add_program("svc-race");
    add_program("old");
    temp_dir_write(&dir, "svc.json",
                   "{\"name\": \"svc\", \"service\": {\"command\": [\"./svc\", \"-x\"]}, "
                   "\"load\": {\"path\": \"/\"}, \"limit\": \"64MiB\",\n"
                   "\"gate\": {\"floor\": \"+5%\"},\n"
                   "\"variants\": {\"fixed\": {\"service\": {\"args\": [\"-f\"]}, "
                   "\"gate\": {\"peak\": \"+1MiB\"}}}}");
    ck_assert_int_eq(fchdir(dir.fd), 0);
    setenv("GIT_CEILING_DIRECTORIES", "/", 1);
    operands[0] = "svc.json";
    operands[1] = operands[2] = NULL;
}

static void teardown(void)
{
    gate_done(&gate);
    ck_assert_int_eq(chdir("/"), 0);
    temp_dir_done(&dir);
}

static int make(const struct options *given, struct error *err)
{
    static struct options options;
    options = *given;
    options.operands = operands;
    options.driver = "vm";
    options.output_dir = "results";
    if (options.against == NULL)
        options.baseline = "baseline.json";
    ck_assert_int_eq(gate_init(&gate, &options, NULL), 0);
    return gate_plan_make(&gate, err);
}

static void make_well(const struct options *options)
{
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(make(options, &err) == 0, "%s", err.text);
}

static void expect_error(const struct options *options, const char *words)
{
    struct error err = {.kind = ERROR_NONE};
    ck_assert_int_eq(make(options, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_msg(strstr(err.text, words) != NULL, "found \"%s\", expected \"%s\"", err.text,
                  words);
}

static const struct run_spec *template_of(size_t index, enum gate_side_of side)
{
    return &gate.templates->runs[gate.cases[index].template[side]];
}

START_TEST(a_scenario_is_a_case)
{
    const struct options options = {.n_env = 1, .env = {"A=1"}};
    make_well(&options);
    ck_assert_uint_eq(gate.n_cases, 1);
    const struct gate_case *of = &gate.cases[0];
    ck_assert_str_eq(of->id, "svc");
    ck_assert_str_eq(of->file, "svc.json");
    ck_assert_uint_eq(of->budgets.line, 2);
    ck_assert(of->budgets.figure[GATE_FLOOR].given);
    ck_assert(!of->settled);
    const struct run_spec *run = template_of(0, GATE_CANDIDATE);
    ck_assert_ptr_null(run->variant);
    ck_assert_ptr_null(run->label);
    ck_assert_ptr_null(run->tag);
    ck_assert_uint_eq(run->group, 0);
    ck_assert_uint_eq(run->position, 0);
    /* It is no variant, but the same for all. */
    ck_assert_str_eq(run->settings.service.env[0], "A=1");
}
END_TEST

START_TEST(variants_and_builds_multiply)
{
    const struct options options = {.variant = "all", .builds = "plain,race"};
    static const char *const ids[] = {"svc [plain]", "svc [race]", "svc.fixed [plain]",
                                      "svc.fixed [race]"};
    make_well(&options);
    ck_assert_uint_eq(gate.n_cases, ARRAY_LENGTH(ids));
    for (size_t i = 0; i < ARRAY_LENGTH(ids); i++)
        ck_assert_str_eq(gate.cases[i].id, ids[i]);
    const struct run_spec *run = template_of(3, GATE_CANDIDATE);
    ck_assert_str_eq(run->variant, "fixed");
    ck_assert_str_eq(run->build, "race");
    ck_assert_str_eq(run->tag, "race");
    ck_assert_ptr_nonnull(strstr(run->settings.service.command[0], "/svc-race"));
    ck_assert_str_eq(run->settings.service.args[0], "-f");
    ck_assert(gate.cases[3].budgets.figure[GATE_PEAK].given);
}
END_TEST

START_TEST(what_cannot_be_run_here_is_a_case_that_failed)
{
    const struct options options = {.builds = "plain,static"};
    temp_dir_write(&dir, "unbuilt.txt", "static: no libc.a (apt install libc6-dev)\n");
    make_well(&options);
    ck_assert_uint_eq(gate.n_cases, 2);
    ck_assert(!gate.cases[0].settled);
    ck_assert(gate.cases[1].settled);
    ck_assert_int_eq(gate.cases[1].status, GATE_CASE_FAILED);
    ck_assert_int_eq(gate.cases[1].exit, EXIT_ENVIRONMENT);
    ck_assert_msg(strstr(gate.cases[1].message, "no libc.a") != NULL, "%s", gate.cases[1].message);
    ck_assert_uint_eq(gate.templates->n_runs, 1);
}
END_TEST

START_TEST(one_case_is_there_once)
{
    operands[1] = "svc.json";
    expect_error(&(const struct options){.n_env = 0},
                 "found the case svc twice (svc.json, svc.json)");
}
END_TEST

START_TEST(against_a_command_both_sides_differ_in_the_program_alone)
{
    const struct options options = {.against = "./old -y", .variant = "fixed"};
    make_well(&options);
    ck_assert_uint_eq(gate.n_cases, 1);
    const struct run_spec *now = template_of(0, GATE_CANDIDATE);
    const struct run_spec *base = template_of(0, GATE_BASE);
    ck_assert_ptr_nonnull(strstr(now->settings.service.command[0], "/svc"));
    ck_assert_ptr_nonnull(strstr(base->settings.service.command[0], "/old"));
    ck_assert_str_eq(base->settings.service.command[1], "-y");
    ck_assert_ptr_null(base->settings.service.args[0]);
    ck_assert_str_eq(now->variant, base->variant);
    ck_assert_str_eq(now->tag, "candidate");
    ck_assert_str_eq(base->tag, "baseline");
    ck_assert_uint_eq(base->position, 1);
    ck_assert_uint_eq(now->position, 2);
    ck_assert_uint_eq(now->settings.limit_bytes, base->settings.limit_bytes);
}
END_TEST

static const struct {
    const char *against, *build, *error;
} faults[] = {
    {"./none", NULL, "its first word is no program"},
    {"no-such-program-anywhere", NULL, "neither a git revision (found no git repository"},
    {"'x", NULL, "nor a command (found a ' that"},
    {"./svc.json", NULL, "its first word is no program"},
    {"worktree", NULL, "which is what is gated"},
    {"./old", "make", "--build: found beside the command"},
};

START_TEST(what_against_cannot_be_is_said_with_both_reasons)
{
    const struct options options = {.against = faults[_i].against,
                                    .build_command = faults[_i].build};
    expect_error(&options, faults[_i].error);
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("gate_plan");
    TCase *tests = tcase_create("gate_plan");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_scenario_is_a_case);
    tcase_add_test(tests, variants_and_builds_multiply);
    tcase_add_test(tests, what_cannot_be_run_here_is_a_case_that_failed);
    tcase_add_test(tests, one_case_is_there_once);
    tcase_add_test(tests, against_a_command_both_sides_differ_in_the_program_alone);
    tcase_add_loop_test(tests, what_against_cannot_be_is_said_with_both_reasons, 0,
                        (int)ARRAY_LENGTH(faults));
    suite_add_tcase(suite, tests);
    return suite;
}

CHECK_MAIN(suite);
