/* watch_grid: text stays text, dots become characters, and only what differs is written. */
#include "view/watch_grid.h"

#include <string.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"

static struct watch_grid grid;

static void setup(void)
{
    grid = (struct watch_grid){.cells = NULL};
    ck_assert_int_eq(watch_grid_reset(&grid, 10, 2, true, NULL), 0);
}

static void teardown(void)
{
    watch_grid_done(&grid);
}

static void expect_sheet(const char *expected)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(65536);
    ck_assert_int_eq(watch_grid_text(&grid, &text, NULL), 0);
    ck_assert_str_eq(buffer_text(&text), expected);
}

static void put(unsigned row, unsigned column, const char *text)
{
    struct watch_pen pen = watch_pen_at(&grid, row, column);
    watch_pen_text(&pen, WATCH_PLAIN, text);
}

/* What is put, and what stands there. */
static const struct {
    const char *text, *shown;
} texts[] = {
    {"plain", "plain"},
    {"", ""},
    {"0123456789abc", "0123456789"},
    {"a\033[2Jb", "a?[2Jb"},
    {"a\tb\nc\x7f", "a?b?c?"},
    {"a\xc2\x9b"
     "1m",
     "a?1m"}, /* CSI as one character */
    {"\xe2\x80\xae"
     "abc",
     "?abc"}, /* right to left from here on */
    {"a\xff\xc3"
     "b",
     "a??b"},                             /* no UTF-8 */
    {"\xed\xa0\x80", "???"},              /* half of a surrogate pair */
    {"e\xcc\x81t\xc3\xa9", "et\xc3\xa9"}, /* what is put onto another character */
    {"\xe6\xbc\xa2\xe5\xad\x97", "\xe6\xbc\xa2\xe5\xad\x97"},
    {"<script>alert(1)</script>", "<script>al"},
};

START_TEST(text_is_text)
{
    char expected[64];
    put(0, 0, texts[_i].text);
    snprintf(expected, sizeof(expected), "%s\n\n", texts[_i].shown);
    expect_sheet(expected);
}
END_TEST

START_TEST(wide_characters_take_two_columns)
{
    ck_assert_uint_eq(watch_grid_width("\xe6\xbc\xa2x\xcc\x81"), 3);
    put(0, 0, "12345678\xe6\xbc\xa2z");
    put(1, 9, "\xe6\xbc\xa2"); /* half of it would be beyond the edge */
    expect_sheet("12345678\xe6\xbc\xa2\n\n");
}
END_TEST

START_TEST(without_utf8_all_is_ascii)
{
    ck_assert_int_eq(watch_grid_reset(&grid, 10, 2, false, NULL), 0);
    put(0, 0, "na\xc3\xafve \xe6\xbc\xa2");
    watch_grid_dot(&grid, 0, 4, WATCH_INNER);
    watch_grid_dot(&grid, 2, 4, WATCH_MEMORY);
    watch_grid_dot(&grid, 4, 4, WATCH_FLOOR);
    ck_assert_str_eq(watch_grid_sign(&grid, "→", ">"), ">");
    expect_sheet("na?ve ?\n:*=\n");
}
END_TEST

START_TEST(outside_of_the_sheet_nothing_is_done)
{
    put(2, 0, "x");
    put(0, 10, "x");
    put(4000000000U, 4000000000U, "x");
    watch_grid_dot(&grid, 20, 0, WATCH_MEMORY);
    watch_grid_dot(&grid, 0, 8, WATCH_MEMORY);
    ck_assert(!watch_grid_is_blank(&grid, 2, 0));
    expect_sheet("\n\n");
}
END_TEST

START_TEST(dots_are_braille)
{
    for (unsigned y = 0; y < 4; y++)
        watch_grid_dot(&grid, 0, y, WATCH_MEMORY);
    watch_grid_dot(&grid, 3, 7, WATCH_MEMORY);
    expect_sheet("⡇\n ⢀\n");
}
END_TEST

START_TEST(a_floor_stands_alone_and_text_in_front)
{
    put(1, 0, "t");
    for (unsigned y = 0; y < 8; y++)
        watch_grid_dot(&grid, 0, y, WATCH_INNER);
    watch_grid_dot(&grid, 0, 1, WATCH_FLOOR);
    watch_grid_dot(&grid, 1, 3, WATCH_MEMORY);
    watch_grid_dot(&grid, 0, 5, WATCH_FLOOR);
    expect_sheet("⠂\nt\n");
}
END_TEST

static const char *difference(const struct watch_grid *before, bool color)
{
    static char text[4096];
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(4096);
    ck_assert_int_eq(watch_grid_difference(before, &grid, color, &out, NULL), 0);
    snprintf(text, sizeof(text), "%s", buffer_text(&out));
    return text;
}

START_TEST(only_rows_that_differ_are_written)
{
    CLEANUP(watch_grid_done) struct watch_grid before = {.cells = NULL};
    ck_assert_int_eq(watch_grid_reset(&before, 10, 2, true, NULL), 0);
    ck_assert_str_eq(difference(&before, false), "");
    put(1, 2, "new");
    ck_assert_str_eq(difference(&before, false), "\033[2;1H  new\033[K");
    put(1, 0, "0123456789"); /* nothing behind it is to be erased */
    ck_assert_str_eq(difference(&before, false), "\033[2;1H0123456789");
}
END_TEST

START_TEST(another_size_is_drawn_as_a_whole)
{
    CLEANUP(watch_grid_done) struct watch_grid before = {.cells = NULL};
    ck_assert_int_eq(watch_grid_reset(&before, 11, 2, true, NULL), 0);
    put(0, 0, "a");
    ck_assert_str_eq(difference(&before, false), "\033[0m\033[2J\033[1;1Ha\033[K");
    ck_assert_str_eq(difference(NULL, false), "\033[0m\033[2J\033[1;1Ha\033[K");
}
END_TEST

START_TEST(tones_are_colours_where_there_may_be_some)
{
    struct watch_pen pen = watch_pen_at(&grid, 0, 0);
    watch_pen_text(&pen, WATCH_BAD, "a b");
    watch_pen_format(&pen, WATCH_PLAIN, "%d", 7);
    ck_assert_str_eq(difference(NULL, true), "\033[0m\033[2J\033[1;1H\033[1;31ma b\033[0m7\033[K");
    ck_assert_str_eq(difference(NULL, false), "\033[0m\033[2J\033[1;1Ha b7\033[K");
}
END_TEST

START_TEST(a_sheet_has_its_bounds)
{
    ck_assert_int_eq(watch_grid_reset(&grid, 65535, 65535, true, NULL), 0);
    ck_assert_uint_eq(grid.columns, WATCH_COLUMNS_MAX);
    ck_assert_uint_eq(grid.rows, WATCH_ROWS_MAX);
    ck_assert_int_eq(watch_grid_reset(&grid, 0, 0, true, NULL), 0);
    put(0, 0, "x");
    expect_sheet("");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("watch_grid");
    TCase *c = tcase_create("sheet");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_loop_test(c, text_is_text, 0, (int)ARRAY_LENGTH(texts));
    tcase_add_test(c, wide_characters_take_two_columns);
    tcase_add_test(c, without_utf8_all_is_ascii);
    tcase_add_test(c, outside_of_the_sheet_nothing_is_done);
    tcase_add_test(c, dots_are_braille);
    tcase_add_test(c, a_floor_stands_alone_and_text_in_front);
    tcase_add_test(c, only_rows_that_differ_are_written);
    tcase_add_test(c, another_size_is_drawn_as_a_whole);
    tcase_add_test(c, tones_are_colours_where_there_may_be_some);
    tcase_add_test(c, a_sheet_has_its_bounds);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);
