/* utf8: what is a character, which is harmful, and what is put in its place. */
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/check_main.h"
#include "tests/support/hostile_texts.h"

/* The ends of every length, and what RFC 3629 forbids next to them. */
static const struct {
    const char *text;
    size_t length; /* 0: it is none */
    uint32_t point;
} sequences[] = {
    {"a", 1, 'a'},
    {"\x7f", 1, 0x7f},
    {"\xc2\x80", 2, 0x80},
    {"\xdf\xbf", 2, 0x7ff},
    {"\xe0\xa0\x80", 3, 0x800},
    {"\xef\xbf\xbf", 3, 0xffff},
    {"\xf0\x90\x80\x80", 4, 0x10000},
    {"\xf4\x8f\xbf\xbf", 4, 0x10ffff},
    {"\x80", 0, 0},             /* a byte that only follows */
    {"\xc1\xbf", 0, 0},         /* overlong */
    {"\xe0\x9f\xbf", 0, 0},     /* overlong */
    {"\xf0\x8f\xbf\xbf", 0, 0}, /* overlong */
    {"\xed\xa0\x80", 0, 0},     /* a surrogate */
    {"\xf4\x90\x80\x80", 0, 0}, /* behind the last */
    {"\xf5\x80\x80\x80", 0, 0},
    {"\xe2\x80", 0, 0}, /* cut */
};

START_TEST(sequences_are_measured_and_read)
{
    size_t length = utf8_length(sequences[_i].text);
    ck_assert_uint_eq(length, sequences[_i].length);
    if (length > 0)
        ck_assert_uint_eq(utf8_point(sequences[_i].text, length), sequences[_i].point);
}
END_TEST

START_TEST(what_steers_a_terminal_or_turns_text_is_harmful)
{
    static const uint32_t harmful[] = {0,      0x1f,   0x7f,   0x80,   0x9f,  0x2028,
                                       0x2029, 0x202a, 0x202e, 0x2066, 0x2069};
    static const uint32_t harmless[] = {' ', '~', 0xa0, 0xe4, 0x2027, 0x202f, 0x2065, 0x206a};
    for (size_t i = 0; i < sizeof(harmful) / sizeof(*harmful); i++)
        ck_assert_msg(utf8_is_harmful(harmful[i]), "U+%04X", (unsigned)harmful[i]);
    for (size_t i = 0; i < sizeof(harmless) / sizeof(*harmless); i++)
        ck_assert_msg(!utf8_is_harmful(harmless[i]), "U+%04X", (unsigned)harmless[i]);
}
END_TEST

START_TEST(what_is_harmless_stays_as_it_is)
{
    char text[] = "plain, \xc3\xa4, \xe2\x82\xac, \xf0\x9f\x90\x9b";
    char lines[] = "one\ntwo";
    char same[] = "one\ntwo";
    utf8_tame(text, false);
    ck_assert_str_eq(text, "plain, \xc3\xa4, \xe2\x82\xac, \xf0\x9f\x90\x9b");
    utf8_tame(lines, true);
    ck_assert_str_eq(lines, "one\ntwo");
    utf8_tame(same, false);
    ck_assert_str_eq(same, "one?two");
}
END_TEST

START_TEST(what_was_cut_is_no_character)
{
    char text[] = "\xe2\x82\xac\xe2\x82";
    utf8_tame(text, false);
    ck_assert_str_eq(text, "\xe2\x82\xac??");
}
END_TEST

START_TEST(whatever_is_tamed_is_harmless)
{
    const char *hostile = hostile_texts[_i].text;
    char *text = strdup(hostile);
    ck_assert_ptr_nonnull(text);
    utf8_tame(text, true);
    hostile_expect_harmless(hostile_texts[_i].name, text, strlen(text));
    utf8_tame(text, false);
    hostile_expect_line(hostile_texts[_i].name, text, strlen(text));
    ck_assert_uint_le(strlen(text), strlen(hostile));
    free(text);
}
END_TEST

static Suite *utf8_suite(void)
{
    Suite *suite = suite_create("utf8");
    TCase *tcase = tcase_create("utf8");
    tcase_add_loop_test(tcase, sequences_are_measured_and_read, 0,
                        (int)(sizeof(sequences) / sizeof(*sequences)));
    tcase_add_test(tcase, what_steers_a_terminal_or_turns_text_is_harmful);
    tcase_add_test(tcase, what_is_harmless_stays_as_it_is);
    tcase_add_test(tcase, what_was_cut_is_no_character);
    tcase_add_loop_test(tcase, whatever_is_tamed_is_harmless, 0, (int)n_hostile_texts);
    suite_add_tcase(suite, tcase);
    return suite;
}

CHECK_MAIN(utf8_suite);
