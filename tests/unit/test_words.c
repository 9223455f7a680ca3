/* words: a line taken apart as a shell would, without what else a shell does. */
#include "base/words.h"

#include <string.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"

/* `words` separated by '|'. */
static const struct {
    const char *text, *words;
} good[] = {
    {"client", "client"},
    {"python3 client.py {port}", "python3|client.py|{port}"},
    {"  \t a \n b  ", "a|b"},
    {"a 'b c' \"d e\"", "a|b c|d e"},
    {"a'b'\"c\"d", "abcd"},
    {"'' \"\" x", "||x"},
    {"a\\ b \\'c \\\"d \\\\e", "a b|'c|\"d|\\e"},
    {"'a\\b \"c'", "a\\b \"c"},
    {"\"a\\\"b \\\\ \\n 'c'\"", "a\"b \\ \\n 'c'"},
    {"sh -c 'a | b > c && d'", "sh|-c|a | b > c && d"},
    {"find . -name '*' -exec true \\;", "find|.|-name|*|-exec|true|;"},
    {"$HOME * ~ a=b http://h/?a=1&b=2", "$HOME|*|~|a=b|http://h/?a=1&b=2"},
    {"x '&&' 'it''s'", "x|&&|its"},
    {"\xc3\xa4 \xff", "\xc3\xa4|\xff"},
};

START_TEST(a_line_is_taken_apart)
{
    CLEANUP(freep) char **words = NULL;
    struct error err = {0};
    char text[200] = "";
    ck_assert_msg(words_split(good[_i].text, &words, &err) == 0, "%s", err.text);
    for (size_t i = 0; words[i] != NULL; i++) {
        strcat(text, i > 0 ? "|" : "");
        strcat(text, words[i]);
    }
    ck_assert_str_eq(text, good[_i].words);
}
END_TEST

static const struct {
    const char *text, *part;
} bad[] = {
    {"", "found no word"},
    {" \t ", "found no word"},
    {"a 'b", "a ' that is not closed at column 3"},
    {"ab \"c 'd'", "a \" that is not closed at column 4"},
    {"\"a\\\"", "a \" that is not closed at column 1"},
    {"don't", "a ' that is not closed at column 4"},
    {"a \\", "nothing behind the backslash at column 3"},
    {"a | b", "column 3"},
    {"a > /dev/null", "sh -c"},
    {"a && b", "no shell reads this"},
    {"a 2>&1", "column 3"},
};

START_TEST(what_cannot_be_taken_apart_is_said_with_its_position)
{
    CLEANUP(freep) char **words = NULL;
    struct error err = {0};
    ck_assert_int_eq(words_split(bad[_i].text, &words, &err), -1);
    ck_assert_ptr_null(words);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_msg(strstr(err.text, bad[_i].part) != NULL, "%s", err.text);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("words");
    TCase *split = tcase_create("split");
    tcase_add_loop_test(split, a_line_is_taken_apart, 0, (int)ARRAY_LENGTH(good));
    tcase_add_loop_test(split, what_cannot_be_taken_apart_is_said_with_its_position, 0,
                        (int)ARRAY_LENGTH(bad));
    suite_add_tcase(s, split);
    return s;
}

CHECK_MAIN(suite);
