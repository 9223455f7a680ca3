/* word_list: new lists of old words. */
#include "base/word_list.h"

#include "base/cleanup.h"
#include "tests/support/check_main.h"

static const char *const none[] = {NULL};
static const char *const env[] = {"HOME=/", "PATH=/bin", "PATHS=x", NULL};

static void expect(const char *const *words, const char *const *expected)
{
    ck_assert_ptr_nonnull(words);
    ck_assert_uint_eq(words_count(words), words_count(expected));
    for (size_t i = 0; expected[i] != NULL; i++)
        ck_assert_str_eq(words[i], expected[i]);
}

START_TEST(words_come_behind_others)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    static const char *const more[] = {"--port", "80", NULL};
    expect(words_append(arena, none, none), none);
    expect(words_append(arena, more, none), more);
    expect(words_append(arena, none, more), more);
    expect(words_append(arena, env, more),
           (const char *const[]){"HOME=/", "PATH=/bin", "PATHS=x", "--port", "80", NULL});
}
END_TEST

START_TEST(another_program_has_the_same_arguments)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    static const char *const command[] = {"plain", "-v", NULL};
    expect(words_with_first(arena, command, "race"), (const char *const[]){"race", "-v", NULL});
    ck_assert_str_eq(command[0], "plain");
}
END_TEST

START_TEST(a_variable_is_found_by_its_whole_name)
{
    ck_assert_uint_eq(words_find_variable(env, "PATH=/usr/bin"), 1);
    ck_assert_uint_eq(words_find_variable(env, "PATHS="), 2);
    ck_assert_uint_eq(words_find_variable(env, "PAT=h"), 3);
    ck_assert_uint_eq(words_find_variable(none, "PATH="), 0);
}
END_TEST

START_TEST(a_variable_is_replaced_or_added)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    expect(words_set_variable(arena, env, "PATH=/sbin"),
           (const char *const[]){"HOME=/", "PATH=/sbin", "PATHS=x", NULL});
    expect(words_set_variable(arena, env, "LANG=C"),
           (const char *const[]){"HOME=/", "PATH=/bin", "PATHS=x", "LANG=C", NULL});
    expect(words_set_variable(arena, none, "LANG=C"), (const char *const[]){"LANG=C", NULL});
    ck_assert_str_eq(env[1], "PATH=/bin");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("word_list");
    TCase *lists = tcase_create("lists");
    tcase_add_test(lists, words_come_behind_others);
    tcase_add_test(lists, another_program_has_the_same_arguments);
    tcase_add_test(lists, a_variable_is_found_by_its_whole_name);
    tcase_add_test(lists, a_variable_is_replaced_or_added);
    suite_add_tcase(s, lists);
    return s;
}

CHECK_MAIN(suite);
