/* floor_fit: the line through the floors that were judged, and its band. */
#include "verdict/floor_fit.h"

#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/story.h"

#define STORY CLEANUP(story_done) struct story story = story_new()

START_TEST(an_even_rise_is_its_line)
{
    STORY;
    struct floor_fit fit;
    story_cycles(&story, 5, 8 * STORY_MIB, STORY_MIB);
    floor_fit(story.timeline, &story.question, &fit);
    ck_assert(fit.has_line);
    ck_assert_uint_eq(fit.n, 6); /* the floor before the first cycle is one of them */
    ck_assert_double_eq_tol(fit.slope, (double)STORY_MIB / STORY_REQUESTS, 1e-6);
    for (size_t i = 0; i < fit.n; i++) {
        double expected = (double)((8 + i) * STORY_MIB);
        ck_assert_double_eq_tol(fit.points[i].requests, (double)(i * STORY_REQUESTS), 1e-9);
        ck_assert_double_eq_tol(fit.points[i].fit_bytes, expected, 1e-3);
        ck_assert_double_eq_tol(fit.points[i].low_bytes, expected, 1e-3);
        ck_assert_double_eq_tol(fit.points[i].high_bytes, expected, 1e-3);
        ck_assert_ptr_eq(floor_fit_find(&fit, fit.points[i].cycle), &fit.points[i]);
    }
    ck_assert_ptr_null(floor_fit_find(&fit, &story.timeline->cycles[0])); /* when ready */
}
END_TEST

START_TEST(the_band_is_narrow_in_the_middle)
{
    static const uint64_t uneven[] = {0, 3, 1, 5, 4, 9, 6, 8};
    STORY;
    struct floor_fit fit;
    story_cycle(&story, CYCLE_READY, 8 * STORY_MIB);
    story_cycle(&story, CYCLE_WARMUP, 8 * STORY_MIB);
    for (size_t i = 0; i < ARRAY_LENGTH(uneven); i++)
        story_cycle(&story, CYCLE_MEASURE, (8 + uneven[i]) * STORY_MIB);
    floor_fit(story.timeline, &story.question, &fit);
    ck_assert(fit.has_line);
    const struct floor_fit_point *first = &fit.points[0];
    const struct floor_fit_point *middle = &fit.points[fit.n / 2];
    const struct floor_fit_point *last = &fit.points[fit.n - 1];
    for (size_t i = 0; i < fit.n; i++) {
        ck_assert(fit.points[i].low_bytes <= fit.points[i].fit_bytes);
        ck_assert(fit.points[i].high_bytes >= fit.points[i].fit_bytes);
    }
    ck_assert(first->high_bytes - first->low_bytes > middle->high_bytes - middle->low_bytes);
    ck_assert(last->high_bytes - last->low_bytes > middle->high_bytes - middle->low_bytes);
    ck_assert(last->fit_bytes > first->fit_bytes);
}
END_TEST

START_TEST(too_few_floors_have_no_line)
{
    STORY;
    struct floor_fit fit;
    floor_fit(story.timeline, &story.question, &fit);
    ck_assert_uint_eq(fit.n, 0);
    ck_assert(!fit.has_line);
    story_cycles(&story, 1, 8 * STORY_MIB, STORY_MIB);
    floor_fit(story.timeline, &story.question, &fit);
    ck_assert_uint_lt(fit.n, FLOOR_FIT_MIN);
    ck_assert(!fit.has_line);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("floor_fit");
    TCase *c = tcase_create("floor_fit");
    tcase_add_test(c, an_even_rise_is_its_line);
    tcase_add_test(c, the_band_is_narrow_in_the_middle);
    tcase_add_test(c, too_few_floors_have_no_line);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);
