/* Tests of words.c with libcheck: what it does, and that it does not leak. */
#include <check.h>
#include <leakcage.h>
#include <stdlib.h>

#include "words.h"

START_TEST(words_may_have_spaces)
{
    char **words = words_split("say \"good morning\" twice");
    ck_assert_str_eq(words[1], "good morning");
    words_free(words);
}
END_TEST

static int split_once(void *line)
{
    words_free(words_split(line));
    return 0;
}

START_TEST(what_is_not_closed_does_not_leak)
{
    char line[] = "say \"good morning";
    struct leakcage_result result;
    struct leakcage_options options = {.calls = 10000, .limit_bytes = 32 << 20, .name = "split"};
    options.results_dir = getenv("RESULTS"); /* NULL: nothing is kept */
    ck_assert_msg(leakcage_check(split_once, line, &options, &result) == 0, "%s", result.reason);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("words");
    TCase *cases = tcase_create("words");
    tcase_set_timeout(cases, 90); /* a check takes seconds, within its budget of 60 */
    tcase_add_test(cases, words_may_have_spaces);
    tcase_add_test(cases, what_is_not_closed_does_not_leak);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
