/* preload: which file an allocator is, and what a service is told about it. */
#include "compare/preload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/temp_dir.h"

#define SERVICE "{\"service\": {\"command\": [\"x\"]%s}, \"load\": {\"path\": \"/\"}}"

START_TEST(glibc_is_what_a_program_has_by_itself)
{
    struct preload preload;
    ck_assert_int_eq(preload_find("glibc", NULL, &preload, NULL), 0);
    ck_assert_str_eq(preload.name, "glibc");
    ck_assert_str_eq(preload.path, "");
    ck_assert_str_eq(preload.missing, "");
}
END_TEST

START_TEST(the_first_folder_that_has_one_of_its_names_counts)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    temp_dir_write(&dir, "a/libjemalloc.so.1", "");
    temp_dir_write(&dir, "b/libtcmalloc.so.4", "");
    temp_dir_write(&dir, "c/libtcmalloc_minimal.so.4", "");
    temp_dir_write(&dir, "c/libjemalloc.so.2", "");
    char folders[3][PATH_MAX + 8];
    const char *list[4] = {folders[0], folders[1], folders[2], NULL};
    for (int i = 0; i < 3; i++)
        snprintf(folders[i], sizeof(folders[i]), "%s/%c", dir.path, 'a' + i);
    struct preload preload;
    ck_assert_int_eq(preload_find("jemalloc", list, &preload, NULL), 0);
    ck_assert_int_eq(strncmp(preload.path, folders[2], strlen(folders[2])), 0);
    ck_assert_int_eq(preload_find("tcmalloc", list, &preload, NULL), 0);
    ck_assert_ptr_nonnull(strstr(preload.path, "/b/libtcmalloc.so.4"));
    ck_assert_str_eq(preload.missing, "");
}
END_TEST

START_TEST(what_is_known_and_not_here_says_how_to_get_it)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    const char *list[] = {dir.path, NULL};
    static const char *const names[][2] = {
        {"jemalloc", "libjemalloc.so.2 is not installed: apt install libjemalloc2"},
        {"tcmalloc", "libtcmalloc_minimal.so.4 is not installed: apt install libtcmalloc-minimal4"},
        {"mimalloc", "libmimalloc.so.2 is not installed: apt install libmimalloc2.0"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        struct preload preload;
        ck_assert_int_eq(preload_find(names[i][0], list, &preload, NULL), 0);
        ck_assert_str_eq(preload.path, "");
        ck_assert_str_eq(preload.missing, names[i][1]);
    }
}
END_TEST

START_TEST(a_path_is_named_by_its_file)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    static const char *const files[][2] = {
        {"libfoo.so.2", "foo"}, {"Guard Malloc", NULL}, {"lib.so", "lib"}, {"hook", "hook"}};
    for (size_t i = 0; i < ARRAY_LENGTH(files); i++) {
        char path[PATH_MAX + 32];
        struct preload preload;
        struct error err = {.kind = ERROR_NONE};
        temp_dir_write(&dir, files[i][0], "");
        snprintf(path, sizeof(path), "%s/%s", dir.path, files[i][0]);
        ck_assert_int_eq(preload_find(path, NULL, &preload, &err), files[i][1] != NULL ? 0 : -1);
        if (files[i][1] != NULL)
            ck_assert_str_eq(preload.name, files[i][1]);
        else
            ck_assert_ptr_nonnull(strstr(err.text, "no path with a blank"));
    }
}
END_TEST

START_TEST(an_unknown_word_is_refused_with_those_there_are)
{
    struct preload preload;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_int_eq(preload_find("jemaloc", NULL, &preload, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "expected glibc, jemalloc, tcmalloc, mimalloc"));
    ck_assert_ptr_nonnull(strstr(err.text, "did you mean \"jemalloc\"?"));
    ck_assert_int_eq(preload_find("/nonexistent/x.so", NULL, &preload, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
}
END_TEST

static void check_env(const char *env, const char *expected)
{
    char text[256];
    struct scenario *scenario = NULL;
    struct error err = {.kind = ERROR_NONE};
    const struct preload preload = {.name = "x", .path = "/lib/x.so"};
    snprintf(text, sizeof(text), SERVICE, env);
    ck_assert_msg(scenario_load_text("a.json", ".", text, &scenario, &err) == 0, "%s", err.text);
    ck_assert_int_eq(preload_set(&preload, scenario, &scenario->settings, NULL), 0);
    size_t found = 0;
    for (const char *const *word = scenario->settings.service.env; *word != NULL; word++)
        found += strcmp(*word, expected) == 0;
    ck_assert_uint_eq(found, 1);
    scenario_free(scenario);
}

START_TEST(it_stands_behind_what_is_preloaded_already)
{
    check_env("", "LD_PRELOAD=/lib/x.so");
    check_env(", \"env\": {\"A\": \"1\"}", "LD_PRELOAD=/lib/x.so");
    check_env(", \"env\": {\"LD_PRELOAD\": \"/a.so\", \"B\": \"2\"}", "LD_PRELOAD=/a.so /lib/x.so");
}
END_TEST

START_TEST(a_program_that_is_set_user_id_takes_nothing)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    CLEANUP(freep) char *why = NULL;
    char path[PATH_MAX + 32];
    temp_dir_write(&dir, "program", "");
    snprintf(path, sizeof(path), "%s/program", dir.path);
    ck_assert_int_eq(chmod(path, 0755), 0);
    ck_assert(!preload_is_ignored(path, &why));
    ck_assert_int_eq(chmod(path, 04755), 0);
    ck_assert(preload_is_ignored(path, &why));
    ck_assert_str_eq(why, "program is set-user-ID or set-group-ID: nothing can be preloaded");
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("preload");
    TCase *tests = tcase_create("preload");
    tcase_add_test(tests, glibc_is_what_a_program_has_by_itself);
    tcase_add_test(tests, the_first_folder_that_has_one_of_its_names_counts);
    tcase_add_test(tests, what_is_known_and_not_here_says_how_to_get_it);
    tcase_add_test(tests, a_path_is_named_by_its_file);
    tcase_add_test(tests, an_unknown_word_is_refused_with_those_there_are);
    tcase_add_test(tests, it_stands_behind_what_is_preloaded_already);
    tcase_add_test(tests, a_program_that_is_set_user_id_takes_nothing);
    suite_add_tcase(suite, tests);
    return suite;
}

CHECK_MAIN(suite);
