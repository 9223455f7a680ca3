/* Builds of a program: files beside it, and what is said of those that are not there. */
#include "scenario/build.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "scenario/scenario.h"
#include "tests/support/check_main.h"
#include "tests/support/temp_dir.h"

#define LENGTH(array) (int)(sizeof(array) / sizeof((array)[0]))

/* A folder with the program "tree" in builds plain, race and O3, and unbuilt.txt where asked. */
static struct temp_dir folder_make(const char *unbuilt)
{
    static const char *const programs[] = {"tree", "tree-race", "tree-O3", "treehouse-asan"};
    struct temp_dir dir = temp_dir_make();
    for (int i = 0; i < LENGTH(programs); i++) {
        temp_dir_write(&dir, programs[i], "x");
        ck_assert_int_eq(fchmodat(dir.fd, programs[i], 0755, 0), 0);
    }
    temp_dir_write(&dir, "tree-notes.txt", "x");
    if (unbuilt != NULL)
        temp_dir_write(&dir, BUILD_UNBUILT_FILE, unbuilt);
    return dir;
}

static int choose(const struct temp_dir *dir, const char *build, char **ret, struct error *err)
{
    char program[PATH_MAX + 8];
    snprintf(program, sizeof(program), "%s/tree", dir->path);
    return build_program(program, build, ret, err);
}

START_TEST(a_build_is_the_program_beside_it)
{
    static const char *const ends[][2] = {
        {"plain", "/tree"}, {"race", "/tree-race"}, {"O3", "/tree-O3"}};
    char expected[PATH_MAX + 16];
    CLEANUP(freep) char *path = NULL;
    CLEANUP(temp_dir_done)
    struct temp_dir dir = folder_make(_i == 1 ? "race: it is there all the same\n" : NULL);
    snprintf(expected, sizeof(expected), "%s%s", dir.path, ends[_i][1]);
    ck_assert_int_eq(choose(&dir, ends[_i][0], &path, NULL), 0);
    ck_assert_str_eq(path, expected);
}
END_TEST

START_TEST(a_build_that_could_not_be_made_says_why)
{
    static const struct {
        const char *build;
        const char *why;
    } cases[] = {
        {"asan", "no runtime (Debian: apt install libasan8)"},
        {"static", "libmicrohttpd.a is not complete"},
    };
    CLEANUP(freep) char *why = NULL;
    CLEANUP(temp_dir_done)
    struct temp_dir dir =
        folder_make("other-static: no\nasanx: no\nasan: no runtime (Debian: apt install "
                    "libasan8)\ntree-static: libmicrohttpd.a is not complete");
    ck_assert_int_eq(choose(&dir, cases[_i].build, &why, NULL), 1);
    ck_assert_str_eq(why, cases[_i].why);
}
END_TEST

START_TEST(what_is_not_there_says_what_is_and_how_to_make_it)
{
    static const struct {
        const char *unbuilt;
        const char *build;
        const char *there;
        const char *how;
    } cases[] = {
        {NULL, "asan", "builds that are there: plain, O3, race;",
         "compile it with -fsanitize=address and name it tree-asan"},
        {"", "asan", "builds that are there: plain, O3, race;", "--target service-tree-asan"},
        {"", "asan", "make compare NAME=tree", "cmake --build /"},
        {"", "asna", "/tree-asna, expected",
         "known builds are plain, O0, O3, race, asan, ubsan, hardened, static"},
        {"mine: no", "mine", "/tree-mine, expected", "known builds are plain"},
    };
    char *path = NULL;
    struct error err = {.kind = ERROR_NONE};
    CLEANUP(temp_dir_done) struct temp_dir dir = folder_make(cases[_i].unbuilt);
    ck_assert_int_eq(choose(&dir, cases[_i].build, &path, &err), -1);
    ck_assert_ptr_null(path);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_msg(strstr(err.text, cases[_i].there) != NULL, "%s", err.text);
    ck_assert_msg(strstr(err.text, cases[_i].how) != NULL, "%s", err.text);
    ck_assert_msg(strstr(err.text, "..") == NULL, "%s", err.text);
    ck_assert_msg(strstr(err.text, "notes") == NULL && strstr(err.text, "house") == NULL, "%s",
                  err.text);
}
END_TEST

START_TEST(a_missing_program_that_is_a_build_is_explained)
{
    static const struct {
        const char *name;
        enum error_kind kind; /* ERROR_NONE: nothing is known of it */
        const char *text;
    } cases[] = {
        {"tree-asan", ERROR_ENVIRONMENT, "/tree-asan: no runtime"},
        {"tree-ubsan", ERROR_USAGE, "--target service-tree-ubsan"},
        {"tree-mine", ERROR_NONE, ""},
        {"-asan", ERROR_NONE, ""},
        {"wood-asan", ERROR_NONE, ""},
    };
    CLEANUP(temp_dir_done) struct temp_dir dir = folder_make("asan: no runtime\n");
    char path[PATH_MAX + 16];
    struct error err = {.kind = ERROR_NONE};
    snprintf(path, sizeof(path), "%s/%s", dir.path, cases[_i].name);
    ck_assert_int_eq(build_explain_missing(path, &err), cases[_i].kind == ERROR_NONE ? 0 : -1);
    ck_assert_int_eq(err.kind, cases[_i].kind);
    ck_assert_msg(strstr(err.text, cases[_i].text) != NULL, "%s", err.text);
}
END_TEST

START_TEST(names_have_a_shape)
{
    static const char *const right[] = {"O3", "race", "my_build-2.1", "0"};
    static const char *const wrong[] = {
        "", "-race", "a b", "a/b", "a+b", "../x", "123456789012345678901234567890123"};
    char *path = NULL;
    struct error err = {.kind = ERROR_NONE};
    for (int i = 0; i < LENGTH(right); i++)
        ck_assert_msg(build_is_name(right[i]), "%s", right[i]);
    for (int i = 0; i < LENGTH(wrong); i++) {
        ck_assert_msg(!build_is_name(wrong[i]), "%s", wrong[i]);
        ck_assert_int_eq(build_program("/bin/true", wrong[i], &path, &err), -1);
        ck_assert_int_eq(err.kind, ERROR_USAGE);
    }
}
END_TEST

static const char scenario_text[] =
    "{\"service\": {\"command\": [\"x\"]}, \"load\": {\"path\": \"/\"}, \"limit\": \"64MiB\","
    " \"expect\": \"clean\", \"limit_for\": {\"race\": \"512MiB\", \"O3\": \"none\"},"
    " \"expect_for\": {\"race\": {\"verdict\": \"leak\", \"cause\": \"heap\"}},"
    " \"variants\": {\"idle\": {\"limit_for\": {\"race\": \"1GiB\"},"
    "   \"expect_for\": {\"race\": \"clean\"}}}}";

static const struct {
    int variant; /* -1: the scenario itself */
    enum verdict_kind expect;
    uint64_t limit_bytes;
    const char *build;
    bool said;
    bool expects_cause;
} chosen[] = {
    {-1, VERDICT_CLEAN, UINT64_C(64) << 20, "plain", false, false},
    {-1, VERDICT_CLEAN, UINT64_C(64) << 20, "asan", false, false},
    {-1, VERDICT_LEAK, UINT64_C(512) << 20, "race", true, true},
    {-1, VERDICT_CLEAN, SCENARIO_NO_LIMIT, "O3", true, false},
    {0, VERDICT_CLEAN, UINT64_C(1) << 30, "race", true, false},
    {0, VERDICT_CLEAN, SCENARIO_NO_LIMIT, "O3", true, false},
};

START_TEST(a_build_has_its_own_limit_and_expectation)
{
    CLEANUP(scenario_freep) struct scenario *scenario = NULL;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(scenario_load_text("a.json", "/d", scenario_text, &scenario, &err) == 0, "%s",
                  err.text);
    struct settings settings = chosen[_i].variant < 0
                                   ? scenario->settings
                                   : scenario->variants[chosen[_i].variant].settings;
    ck_assert_uint_eq(settings.n_limit_for, 2);
    ck_assert_uint_eq(settings.n_expect_for, 1);
    ck_assert(settings_choose_build(&settings, chosen[_i].build) == chosen[_i].said);
    ck_assert(settings.limit_bytes == chosen[_i].limit_bytes);
    ck_assert(settings.has_expectation);
    ck_assert_int_eq(settings.expect, chosen[_i].expect);
    ck_assert(settings.expects_cause == chosen[_i].expects_cause);
    ck_assert_int_eq(settings.expect_cause, chosen[_i].expects_cause ? CAUSE_HEAP : CAUSE_NONE);
    ck_assert_uint_eq(settings.n_limit_for, 0);
    ck_assert_uint_eq(settings.n_expect_for, 0);
}
END_TEST

static Suite *build_suite(void)
{
    Suite *suite = suite_create("build");
    TCase *tests = tcase_create("a build");
    tcase_add_loop_test(tests, a_build_is_the_program_beside_it, 0, 3);
    tcase_add_loop_test(tests, a_build_that_could_not_be_made_says_why, 0, 2);
    tcase_add_loop_test(tests, what_is_not_there_says_what_is_and_how_to_make_it, 0, 5);
    tcase_add_loop_test(tests, a_missing_program_that_is_a_build_is_explained, 0, 5);
    tcase_add_test(tests, names_have_a_shape);
    tcase_add_loop_test(tests, a_build_has_its_own_limit_and_expectation, 0, LENGTH(chosen));
    suite_add_tcase(suite, tests);
    return suite;
}

CHECK_MAIN(build_suite);
