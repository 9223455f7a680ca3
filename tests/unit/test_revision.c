/* revision: commits of a repository, each in a clone of its own, built there. */
#include "compare/revision.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/tool.h"
#include "tests/support/check_main.h"
#include "tests/support/temp_dir.h"

/* Commits v1, broken, v2 of a folder `sub` whose build makes `service` of `source`; the working
 * directory is `sub`. */
static const char repository[] =
    "git init -q -b main . && git config user.name a && git config user.email a@b.example &&"
    "mkdir sub && cd sub &&"
    "printf '#!/bin/sh\\necho building; cp source service && chmod +x service\\n' > build.sh &&"
    "chmod +x build.sh && echo 1 > source && git add . && git commit -qm one && git tag v1 &&"
    "git rm -q source && git commit -qm broken && git branch broken &&"
    "echo 2 > source && git add source && git commit -qm two && git tag v2 &&"
    "echo changed > source";

static struct temp_dir dir;

static void run_script(const char *script)
{
    CLEANUP(buffer_done) struct buffer said = BUFFER_INIT(4096);
    const char *const words[] = {"sh", "-c", script, NULL};
    const struct tool_spec spec = {
        .words = words, .cwd = dir.path, .out = &said, .error_out = &said};
    struct process_end end;
    ck_assert_int_eq(tool_run(&spec, &end, NULL), 0);
    ck_assert_msg(tool_went_well(&end), "%s", buffer_text(&said));
}

static void set_up(void)
{
    setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
    setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
    dir = temp_dir_make();
    run_script(repository);
    ck_assert_int_eq(fchdir(dir.fd), 0);
    ck_assert_int_eq(chdir("sub"), 0);
}

static void tear_down(void)
{
    ck_assert_int_eq(chdir("/"), 0);
    temp_dir_done(&dir);
}

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

static struct revision_request request_of(const char *const *names, const char *build)
{
    struct revision_request request = {
        .option = "--rev", .names = names, .build_command = build, .results_dir = "results"};
    while (names[request.n_names] != NULL)
        request.n_names++;
    return request;
}

static void prepare(const char *const *names, const char *build, struct revisions *ret)
{
    struct error err = {.kind = ERROR_NONE};
    const struct revision_request request = request_of(names, build);
    ck_assert_msg(revisions_prepare(&request, ret, &err) == 0, "%s", err.text);
}

static void expect_error(const char *const *names, const char *build, const char *words)
{
    struct revisions revisions;
    struct error err = {.kind = ERROR_NONE};
    const struct revision_request request = request_of(names, build);
    ck_assert_int_eq(revisions_prepare(&request, &revisions, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_msg(strstr(err.text, words) != NULL, "%s", err.text);
}

static void expect_file(const char *folder, const char *name, const char *content)
{
    CLEANUP(freep) char *path = file_join(folder, name);
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(4096);
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(file_read(AT_FDCWD, path, &text, &err) == 0, "%s", err.text);
    ck_assert_str_eq(buffer_text(&text), content);
}

static void expect_words(const char *text, const char *words)
{
    ck_assert_msg(strstr(text, words) != NULL, "found: %s\nexpected: %s", text, words);
}

START_TEST(each_is_built_in_a_clone_of_its_own_and_the_repository_is_as_it_was)
{
    CLEANUP(revisions_done) struct revisions revisions = {.n = 0};
    run_script("git status --porcelain > before");
    prepare(NAMES("v1", "HEAD"), "./build.sh", &revisions);
    ck_assert_uint_eq(revisions.n, 2);
    for (unsigned i = 0; i < 2; i++)
        ck_assert_msg(revisions.list[i].failed == NULL, "%s", revisions.list[i].failed);
    ck_assert_str_ne(revisions.list[0].dir, revisions.list[1].dir);
    expect_file(revisions.list[0].dir, "service", "1\n");
    expect_file(revisions.list[1].dir, "service", "2\n");
    CLEANUP(freep) char *log = NULL;
    ck_assert_int_gt(asprintf(&log, "build-%s.log", revisions.list[0].short_commit), 0);
    expect_file("results", log, "building\n");
    expect_file(".", "source", "changed\n");
    ck_assert(!file_exists(AT_FDCWD, "service"));

    CLEANUP(freep) char *folder = strdup(revisions.folder);
    revisions_done(&revisions);
    ck_assert(!file_exists(AT_FDCWD, folder));
    run_script("rm -r sub/results && git status --porcelain | diff before -");
}
END_TEST

START_TEST(one_commit_is_built_once)
{
    CLEANUP(revisions_done) struct revisions revisions = {.n = 0};
    prepare(NAMES("v1", "HEAD~2", "v2"), "./build.sh", &revisions);
    ck_assert_str_eq(revisions.list[0].dir, revisions.list[1].dir);
    ck_assert_str_eq(revisions.list[0].commit, revisions.list[1].commit);
    ck_assert_str_eq(revisions.list[1].name, "HEAD~2");
    ck_assert_str_ne(revisions.list[0].dir, revisions.list[2].dir);
}
END_TEST

START_TEST(what_does_not_build_says_why_and_the_others_go_on)
{
    CLEANUP(revisions_done) struct revisions revisions = {.n = 0};
    prepare(NAMES("v1", "broken", "HEAD~1", "v2"), "./build.sh", &revisions);
    for (unsigned i = 1; i <= 2; i++) {
        ck_assert_ptr_nonnull(revisions.list[i].failed);
        expect_words(revisions.list[i].failed, "the build failed: ./build.sh: exit status 1 "
                                               "(results/build-");
        expect_words(revisions.list[i].failed, ".log)\nbuilding\ncp: ");
    }
    ck_assert_ptr_null(revisions.list[0].failed);
    ck_assert_ptr_null(revisions.list[3].failed);
    expect_file(revisions.list[3].dir, "service", "2\n");
}
END_TEST

START_TEST(without_a_build_the_files_are_there_as_they_are)
{
    CLEANUP(revisions_done) struct revisions revisions = {.n = 0};
    prepare(NAMES("v1", "v2"), NULL, &revisions);
    expect_file(revisions.list[0].dir, "source", "1\n");
    expect_file(revisions.list[1].dir, "source", "2\n");
}
END_TEST

START_TEST(the_working_tree_is_built_where_it_lies)
{
    CLEANUP(revisions_done) struct revisions revisions = {.n = 0};
    struct plan_paths paths = {.from = "/a", .to = "/b"};
    prepare(NAMES("HEAD", "worktree"), "./build.sh", &revisions);
    expect_file(revisions.list[0].dir, "service", "2\n");
    expect_file(".", "service", "changed\n");
    ck_assert_str_eq(revisions.list[1].short_commit, "worktree");
    revision_set_paths(&revisions, &revisions.list[1], &paths);
    ck_assert_ptr_null(paths.from);
    ck_assert_ptr_null(paths.to);
}
END_TEST

START_TEST(a_folder_that_a_revision_has_not_is_its_own_failure)
{
    CLEANUP(revisions_done) struct revisions revisions = {.n = 0};
    ck_assert_int_eq(mkdir("later", 0777), 0);
    ck_assert_int_eq(chdir("later"), 0);
    prepare(NAMES("v1", "worktree"), NULL, &revisions);
    ck_assert_ptr_nonnull(revisions.list[0].failed);
    ck_assert_str_eq(revisions.list[0].failed, "this revision has no folder sub/later/");
    ck_assert_ptr_null(revisions.list[1].failed);
}
END_TEST

START_TEST(a_place_that_the_environment_names_does_not_lead_a_clone_elsewhere)
{
    CLEANUP(revisions_done) struct revisions revisions = {.n = 0};
    run_script("git rev-parse HEAD > before && git diff --cached > index-before");
    CLEANUP(freep) char *index = file_join(dir.path, ".git/index");
    setenv("GIT_INDEX_FILE", index, 1);
    prepare(NAMES("v1"), "./build.sh", &revisions);
    unsetenv("GIT_INDEX_FILE");
    expect_file(revisions.list[0].dir, "service", "1\n");
    run_script("git rev-parse HEAD | diff before - && git diff --cached | diff index-before -");
}
END_TEST

START_TEST(what_is_wrong_is_said_before_anything_is_cloned)
{
    expect_error(NAMES("v1", "brokn"), "./build.sh",
                 "--rev: found \"brokn\", expected a revision of the git repository here");
    expect_error(NAMES("brokn"), "./build.sh", "did you mean \"broken\"?");
    expect_error(NAMES("v9999"), NULL, "such as ");
    expect_error(NAMES("--all"), NULL, "found \"--all\"");
    expect_error(NAMES("v1..v2"), NULL, "found \"v1..v2\"");
    expect_error(NAMES("HEAD:sub"), NULL, "found \"HEAD:sub\"");
    expect_error(NAMES(""), NULL, "found \"\"");
    expect_error(NAMES("v1"), "make 'all", "--build: found a ' that is not closed");
    run_script("test -z \"$(ls -A sub/results)\"");
    ck_assert_int_eq(chdir("/"), 0);
    expect_error(NAMES("v1"), NULL, "found no git repository with a working tree here");
}
END_TEST

/* Is this command another one in every revision? "": it is. */
static void expect_check(const struct revisions *revisions, const char *const *command,
                         const char *scenario_dir, const char *words)
{
    CLEANUP(scenario_freep) struct scenario *scenario = NULL;
    struct error err = {.kind = ERROR_NONE, .text = ""};
    ck_assert_int_eq(scenario_from_command("x", command, &scenario, NULL), 0);
    if (scenario_dir != NULL)
        scenario->dir = scenario_dir;
    int status = revisions_check(revisions, scenario, &scenario->settings, &err);
    ck_assert_int_eq(status, *words == '\0' ? 0 : -1);
    ck_assert_msg(strstr(err.text, words) != NULL, "%s", err.text);
}

START_TEST(a_command_that_is_the_same_in_every_revision_is_refused)
{
    CLEANUP(revisions_done) struct revisions revisions = {.n = 0};
    CLEANUP(freep) char *inside = file_join(dir.path, "sub/service");
    prepare(NAMES("v1"), NULL, &revisions);
    expect_check(&revisions, NAMES("./service", "--port", "{port}"), NULL, "");
    expect_check(&revisions, NAMES("./service", inside), NULL, "");
    expect_check(&revisions, NAMES("build/service"), NULL, "");
    expect_check(&revisions, NAMES("python3", "-m", "service"), NULL, "");
    expect_check(&revisions, NAMES("/usr/bin/python3", "service.py"), NULL, "");
    expect_check(&revisions, NAMES("{dir}/service"), ".", "");
    expect_check(&revisions, NAMES("./service"), dir.path, "");
    expect_check(&revisions, NAMES("./service"), "/usr", "the scenario's program in \"/usr\"");
    expect_check(&revisions, NAMES(inside), NULL,
                 "which is the same in every revision, expected "
                 "a program of the revision by its path");
    expect_check(&revisions, NAMES("python3", inside), NULL, "expected a relative one");
    expect_check(&revisions, NAMES("nginx"), NULL, "the program \"nginx\"");
    expect_check(&revisions, NAMES("/usr/sbin/nginx"), NULL, "the program \"/usr/sbin/nginx\"");
    expect_check(&revisions, NAMES("{services}/clean"), NULL, "the sample service");
}
END_TEST

static const struct program *first_service(const struct plan *plan)
{
    return &plan->runs[plan->n_runs - 1].settings.service;
}

START_TEST(a_plan_leads_into_the_clone_but_for_the_load)
{
    static const char text[] =
        "{\"name\": \"x\", \"service\": {\"command\": [\"./service\", \"{dir}/data\"]},"
        "\"load\": {\"command\": [\"./build.sh\"]}}";
    CLEANUP(revisions_done) struct revisions revisions = {.n = 0};
    CLEANUP(scenario_freep) struct scenario *scenario = NULL;
    CLEANUP(plan_freep) struct plan *plan = NULL;
    struct plan_paths paths = {.services_dir = NULL};
    struct error err = {.kind = ERROR_NONE};
    prepare(NAMES("v1"), "./build.sh", &revisions);
    revision_set_paths(&revisions, &revisions.list[0], &paths);
    ck_assert_int_eq(scenario_load_text("x.json", ".", text, &scenario, &err), 0);
    ck_assert_int_eq(plan_new(&plan, &err), 0);
    ck_assert_msg(plan_add(plan, scenario, NULL, &paths, &err) == 0, "%s", err.text);

    CLEANUP(freep) char *program = file_join(revisions.list[0].dir, "service");
    CLEANUP(freep) char *data = file_join(revisions.list[0].dir, "data");
    CLEANUP(freep) char *load = file_join(dir.path, "sub/build.sh");
    ck_assert_str_eq(first_service(plan)->command[0], program);
    ck_assert_str_eq(first_service(plan)->command[1], data);
    ck_assert_str_eq(first_service(plan)->cwd, revisions.list[0].dir);
    ck_assert_str_eq(plan->runs[0].settings.load.command[0], load);
    ck_assert_int_eq(plan_add(plan, scenario, NULL, NULL, &err), -1); /* it is not built here */
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("revision");
    TCase *c = tcase_create("revisions");
    tcase_set_timeout(c, 60);
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_add_test(c, each_is_built_in_a_clone_of_its_own_and_the_repository_is_as_it_was);
    tcase_add_test(c, one_commit_is_built_once);
    tcase_add_test(c, what_does_not_build_says_why_and_the_others_go_on);
    tcase_add_test(c, without_a_build_the_files_are_there_as_they_are);
    tcase_add_test(c, the_working_tree_is_built_where_it_lies);
    tcase_add_test(c, a_folder_that_a_revision_has_not_is_its_own_failure);
    tcase_add_test(c, a_place_that_the_environment_names_does_not_lead_a_clone_elsewhere);
    tcase_add_test(c, what_is_wrong_is_said_before_anything_is_cloned);
    tcase_add_test(c, a_command_that_is_the_same_in_every_revision_is_refused);
    tcase_add_test(c, a_plan_leads_into_the_clone_but_for_the_load);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);
