/* watch_chart: axes end at round numbers, and everything is where it belongs. */
#include "view/watch_chart.h"

#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/watched.h"

#define MIB 1048576.0

static struct watch_state state;
static struct watch_grid grid;
static char sheet[65536];

static void setup(void)
{
    state = (struct watch_state){.n_runs = 0};
    grid = (struct watch_grid){.cells = NULL};
}

static void teardown(void)
{
    watch_state_done(&state);
    watch_grid_done(&grid);
}

/* The chart alone in a sheet of this size. */
static const char *draw(const struct watch_run *run, unsigned columns, unsigned rows, bool utf8)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(sizeof(sheet));
    const struct watch_area area = {.columns = columns, .rows = rows};
    ck_assert_int_eq(watch_grid_reset(&grid, columns, rows, utf8, NULL), 0);
    watch_chart_draw(run, &area, &grid);
    ck_assert_int_eq(watch_grid_text(&grid, &text, NULL), 0);
    snprintf(sheet, sizeof(sheet), "%s", buffer_text(&text));
    return sheet;
}

/* The tone of a cell of what was drawn last. */
static unsigned tone_at(unsigned row, unsigned column)
{
    return grid.cells[row * grid.columns + column].tone;
}

/* Cells of that tone which hold something. */
static unsigned count_tone(unsigned tone)
{
    unsigned n = 0;
    for (unsigned row = 0; row < grid.rows; row++)
        for (unsigned column = 0; column < grid.columns; column++)
            n += tone_at(row, column) == tone && !watch_grid_is_blank(&grid, row, column);
    return n;
}

START_TEST(times_end_at_the_next_round_number)
{
    static const double ends[][2] = {{0, 5},         {4.99, 5},       {5, 10},
                                     {61, 90},       {599, 600},      {600, 900},
                                     {86399, 86400}, {86400, 172800}, {1e6, 1036800}};
    for (size_t i = 0; i < ARRAY_LENGTH(ends); i++)
        ck_assert_double_eq(watch_chart_seconds(ends[i][0]), ends[i][1]);
}
END_TEST

START_TEST(amounts_end_at_the_limit_or_at_a_round_number)
{
    static const struct {
        double highest_mib, limit_mib, end_mib;
    } ends[] = {
        {NAN, 50, 53}, /* nothing is known yet: the limit is where it will be */
        {25, 50, 53},    {6.25, 50, 53}, {6.2, 50, 10}, /* the limit is far up */
        {55, 50, 58.3}, /* beyond it, as stocks of the processors are */
        {100, NAN, 200}, {0.5, NAN, 1},  {NAN, NAN, 1},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(ends); i++)
        ck_assert_double_eq_tol(
            watch_chart_bytes(ends[i].highest_mib * MIB, ends[i].limit_mib * MIB),
            ends[i].end_mib * MIB, 1);
}
END_TEST

static void tell_flat(double seconds, double mib, double limit_mib)
{
    for (nsec_t t_ns = 0; t_ns <= (nsec_t)(seconds * 1e9); t_ns += 100 * NSEC_PER_MSEC) {
        struct run_progress word = watched_word("flat", "cycle 1", t_ns);
        word.memory_bytes = (uint64_t)(mib * MIB);
        if (!isnan(limit_mib))
            word.limit_bytes = (uint64_t)(limit_mib * MIB);
        ck_assert_int_eq(watch_state_progress(&state, &word, NULL), 0);
    }
}

START_TEST(a_flat_line_under_its_limit)
{
    tell_flat(4.9, 20, 40);
    ck_assert_str_eq(draw(state.runs[0], 60, 9, true),
                     "   40 MiB┤╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌\n"
                     "         │\n"
                     "         │\n"
                     "         │\n"
                     "         │⠈⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉\n"
                     "         │\n"
                     "         │\n"
                     "         │\n"
                     "         └──────── 1 s ───── 2 s ───── 3 s ───── 4 s ─── 5 s\n");
}
END_TEST

START_TEST(a_peak_reaches_its_height_and_the_limit_stays_in_sight)
{
    tell_flat(2, 10, 40);
    struct run_progress word = watched_word("flat", "cycle 1", 2100 * NSEC_PER_MSEC);
    word.limit_bytes = (uint64_t)(40 * MIB);
    word.memory_bytes = (uint64_t)(10 * MIB);
    word.highest_bytes = (uint64_t)(40 * MIB);
    ck_assert_int_eq(watch_state_progress(&state, &word, NULL), 0);
    draw(state.runs[0], 60, 9, true);
    unsigned high = 0;
    for (unsigned column = 10; column < 60; column++)
        high += tone_at(0, column) == WATCH_MEMORY;
    ck_assert_uint_eq(high, 1);
    ck_assert_uint_gt(count_tone(WATCH_LIMIT), 45);
}
END_TEST

START_TEST(a_limit_that_is_far_up_is_named)
{
    tell_flat(3, 2, 512);
    const char *text = draw(state.runs[0], 60, 9, true);
    ck_assert_ptr_nonnull(strstr(text, "↑ limit 512.0 MiB, far up\n"));
    ck_assert_uint_eq(count_tone(WATCH_LIMIT), strlen("^ limit 512.0 MiB, far up"));
}
END_TEST

START_TEST(without_a_limit_there_is_no_line)
{
    tell_flat(3, 2, NAN);
    draw(state.runs[0], 60, 9, true);
    ck_assert_uint_eq(count_tone(WATCH_LIMIT), 0);
    ck_assert_uint_gt(count_tone(WATCH_MEMORY), 25);
}
END_TEST

START_TEST(floors_are_steps)
{
    const struct watched leak = {
        .id = "leak", .limit_bytes = (uint64_t)(20 * MIB), .cycles = 4.5, .leak_bytes = 30000};
    watched_tell(&leak, &state);
    draw(state.runs[0], 90, 13, true);
    unsigned row = grid.rows;
    for (unsigned column = 12; column < 60; column++) {
        unsigned highest = 0;
        while (highest < grid.rows && tone_at(highest, column) != WATCH_FLOOR)
            highest++;
        if (highest == grid.rows)
            continue;
        ck_assert_uint_le(highest, row); /* from left to right, never down */
        row = highest;
    }
    ck_assert_uint_lt(row, 7);
}
END_TEST

START_TEST(a_kill_is_a_cross_and_a_hole)
{
    const struct watched killed = {.id = "killed",
                                   .limit_bytes = (uint64_t)(12 * MIB),
                                   .cycles = 3.5,
                                   .leak_bytes = 30000,
                                   .killed_in = 2};
    watched_tell(&killed, &state);
    const char *text = draw(state.runs[0], 90, 13, true);
    ck_assert_ptr_nonnull(strstr(text, "✗"));
    ck_assert_uint_eq(count_tone(WATCH_KILL), 1);
    /* Nothing of memory stands where nothing ran: from 3.1 to 3.6 s of 10. */
    for (unsigned row = 0; row + 1 < grid.rows; row++)
        ck_assert_uint_ne(tone_at(row, 10 + 80 * 34 / 100), WATCH_MEMORY);
    ck_assert_ptr_nonnull(strstr(draw(state.runs[0], 90, 13, false), "x"));
}
END_TEST

START_TEST(in_ascii_all_of_it_is_ascii)
{
    const struct watched leak = {
        .id = "leak", .limit_bytes = (uint64_t)(20 * MIB), .cycles = 4.5, .leak_bytes = 30000};
    watched_tell(&leak, &state);
    const char *text = draw(state.runs[0], 90, 13, false);
    for (const char *at = text; *at != '\0'; at++)
        ck_assert_int_lt((unsigned char)*at, 0x80);
    ck_assert_ptr_nonnull(strstr(text, "=="));
    ck_assert_ptr_nonnull(strstr(text, "::"));
    ck_assert_ptr_nonnull(strchr(text, '*'));
    ck_assert_ptr_nonnull(strstr(text, "---"));
}
END_TEST

/* Sizes: none may write beyond the sheet, or into a row of another. */
START_TEST(any_size_does)
{
    const struct watched leak = {
        .id = "leak", .limit_bytes = (uint64_t)(20 * MIB), .cycles = 4.5, .leak_bytes = 30000};
    watched_tell(&leak, &state);
    for (unsigned columns = 1; columns < 130; columns += 3)
        for (unsigned rows = 1; rows < 40; rows++) {
            const char *text = draw(state.runs[0], columns, rows, true);
            bool fits = columns >= WATCH_CHART_COLUMNS_MIN && rows >= WATCH_CHART_ROWS_MIN;
            ck_assert_int_eq(strstr(text, "└") != NULL, fits);
        }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("watch_chart");
    TCase *c = tcase_create("drawing");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, times_end_at_the_next_round_number);
    tcase_add_test(c, amounts_end_at_the_limit_or_at_a_round_number);
    tcase_add_test(c, a_flat_line_under_its_limit);
    tcase_add_test(c, a_peak_reaches_its_height_and_the_limit_stays_in_sight);
    tcase_add_test(c, a_limit_that_is_far_up_is_named);
    tcase_add_test(c, without_a_limit_there_is_no_line);
    tcase_add_test(c, floors_are_steps);
    tcase_add_test(c, a_kill_is_a_cross_and_a_hole);
    tcase_add_test(c, in_ascii_all_of_it_is_ascii);
    tcase_add_test(c, any_size_does);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);
