/* wording: what the engine says of requests, said of calls. */
#include "library/wording.h"

#include "tests/support/check_main.h"

static const char *say(const char *text)
{
    static char said[256];
    wording_of_functions(text, said, sizeof(said));
    return said;
}

START_TEST(requests_are_calls_and_the_service_is_the_function)
{
    ck_assert_str_eq(say("the service ended after 3 requests"), "the function ended after 3 calls");
    ck_assert_str_eq(say("what a request needs"), "what a call needs");
    ck_assert_str_eq(say("requests"), "calls");
}
END_TEST

START_TEST(options_are_those_of_the_struct)
{
    ck_assert_str_eq(say("a roomier limit (--limit), or smaller cycles (--requests, --warmup)"),
                     "a roomier limit (.limit_bytes), or smaller cycles (.calls, .warm_up_calls)");
}
END_TEST

START_TEST(parts_of_words_stay)
{
    ck_assert_str_eq(say("my_request requested request_2 --limits"),
                     "my_request requested request_2 --limits");
    ck_assert_str_eq(say(""), "");
}
END_TEST

START_TEST(what_does_not_fit_is_cut)
{
    char said[8];
    wording_of_functions("the service", said, sizeof(said));
    ck_assert_str_eq(said, "");
    wording_of_functions("a request", said, sizeof(said));
    ck_assert_str_eq(said, "a call");
    wording_of_functions("0123456789", said, sizeof(said));
    ck_assert_str_eq(said, "0123456");
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("wording");
    TCase *words = tcase_create("words");
    tcase_add_test(words, requests_are_calls_and_the_service_is_the_function);
    tcase_add_test(words, options_are_those_of_the_struct);
    tcase_add_test(words, parts_of_words_stay);
    tcase_add_test(words, what_does_not_fit_is_cut);
    suite_add_tcase(suite, words);
    return suite;
}

CHECK_MAIN(suite);
