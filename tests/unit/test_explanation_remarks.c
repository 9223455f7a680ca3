/* What an explanation says beside its places: what is missing, what is held where nothing grows,
 * rates by the clock, and whether both runs say the same. */
#include "explain/explanation.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "scenario/record_instruments.h"
#include "tests/support/check_main.h"
#include "tests/support/told.h"

#define KIB 1024.0

START_TEST(what_is_missing_is_said_below_80_percent)
{
    CLEANUP(told_done) struct told told = told_new(4 * KIB, 0, 20 * KIB);
    told_add(&told, "heap", "malloc@;leak leak.c:41;main main.c:9", told_steady(0, 3.9 * KIB),
             told_steady(0, 1));
    told_records(&told);
    record_add_instrument(told.instrumented,
                          &(struct record_instrument){.name = "descriptors",
                                                      .state = RECORD_INSTRUMENT_IMPOSSIBLE,
                                                      .why = "perf_event_open: not allowed"});
    told.missing_floor = 3;
    CLEANUP(explanation_freep) struct explanation *explanation = told_explain(&told);
    ck_assert_double_lt(explanation->share, 0.2);
    story_expect_text(explanation->missing, "the kernel counted 20.0 KiB per request more");
    story_expect_text(explanation->missing, "most of it slab");
    story_expect_text(explanation->missing, "descriptors was impossible: perf_event_open");
    story_expect_text(explanation->missing, "heap is missing at 1 of 6 floors");
    ck_assert_ptr_null(strstr(explanation->missing, "private"));
}
END_TEST

START_TEST(where_nothing_grows_it_says_what_is_held)
{
    CLEANUP(told_done) struct told told = told_new(0, 0, 0);
    told_add(&told, "heap", "malloc@;table_new table.c:5;main main.c:9", told_steady(7e6, 0),
             told_steady(3, 0));
    told_add(&told, "heap", "malloc@;crumb table.c:9;main main.c:9", told_steady(0, 8),
             told_steady(0, 1));
    CLEANUP(explanation_freep) struct explanation *explanation = told_explain(&told);
    ck_assert(!explanation->grows);
    ck_assert_uint_eq(explanation->n_entries, 0);
    ck_assert_uint_eq(explanation->n_nodes, 0);
    ck_assert_double_eq(explanation->share, 0);
    ck_assert_str_eq(explanation_place(&explanation->held[0])->function, "table_new");
    ck_assert_double_eq(explanation->held[0].held_bytes, 7e6);
    story_expect_text(explanation->holding, "the floor stands at 8.1 MiB");
}
END_TEST

START_TEST(memory_that_the_allocator_keeps_is_told_by_who_touched_it)
{
    CLEANUP(told_done) struct told told = told_new(0, 0, 0);
    told_add(&told, "heap", "malloc@;table_new table.c:5;main main.c:9", told_steady(1e5, 0),
             told_steady(3, 0));
    told_add(&told, "pages", "memset@;burst lazy.c:33;main main.c:9", told_steady(7e6, 0),
             told_steady(1700, 0));
    CLEANUP(explanation_freep) struct explanation *explanation = told_explain(&told);
    ck_assert_str_eq(explanation_place(&explanation->held[0])->function, "burst");
    for (unsigned i = 0; i < explanation->n_held; i++)
        ck_assert_str_ne(explanation->held[i].parts[0].instrument, "heap");
}
END_TEST

START_TEST(by_the_clock_rates_are_per_second)
{
    CLEANUP(told_done) struct told told = told_new(1000, 0, 0);
    told_add(&told, "heap", "malloc@;tick timer.c:4;main main.c:9", told_steady(0, 1000),
             told_steady(0, 1));
    told_records(&told);
    told.instrumented->verdict.has_time_rate = true;
    told.instrumented->verdict.bytes_per_s = 250000;
    told.plain->verdict.has_time_rate = true;
    told.plain->verdict.bytes_per_s = 260000;
    CLEANUP(explanation_freep) struct explanation *explanation = told_explain(&told);
    ck_assert(explanation->by_time && explanation->agrees);
    ck_assert_double_eq_tol(explanation->measured_rate, 250000, 10); /* a cycle takes a second */
    ck_assert_double_eq_tol(explanation->entries[0].share, 1, 1e-3);
    ck_assert_double_eq_tol(explanation->entries[0].parts[0].objects_per_request, 250, 1e-3);
}
END_TEST

START_TEST(one_run_that_says_by_the_clock_is_enough)
{
    CLEANUP(told_done) struct told told = told_new(1000, 0, 0);
    told_records(&told);
    told.plain->verdict.has_time_rate = true;
    told.plain->verdict.bytes_per_s = 1e7; /* of the one unit, and not to be compared */
    CLEANUP(explanation_freep) struct explanation *explanation = told_explain(&told);
    ck_assert(explanation->by_time && explanation->agrees);
    ck_assert_double_eq_tol(explanation->measured_rate, 250000, 10);
}
END_TEST

START_TEST(a_verdict_that_the_instruments_changed_is_said)
{
    CLEANUP(told_done) struct told told = told_new(1000, 0, 0);
    told_add(&told, "heap", "malloc@;leak leak.c:41;main main.c:9", told_steady(0, 1000),
             told_steady(0, 1));
    told_records(&told);
    record_add_instrument(
        told.instrumented,
        &(struct record_instrument){.name = "threads", .effect = "stopped 6 times by ptrace"});
    told.instrumented->verdict.kind = VERDICT_CLEAN;
    told.instrumented->verdict.cause = CAUSE_NONE;
    CLEANUP(explanation_freep) struct explanation *explanation = told_explain(&told);
    ck_assert(!explanation->agrees);
    ck_assert(explanation->grows); /* it is explained all the same */
    ck_assert_str_eq(explanation->disagreement,
                     "leak (heap) without instruments, clean with them; whose effect it may be: "
                     "threads: stopped 6 times by ptrace");
}
END_TEST

START_TEST(growth_that_differs_by_more_than_a_quarter_is_said)
{
    CLEANUP(told_done) struct told told = told_new(1000, 0, 0);
    told_records(&told);
    told.instrumented->verdict.growth.estimate = 1240;
    CLEANUP(explanation_freep) struct explanation *near = told_explain(&told);
    ck_assert(near->agrees);
    told.instrumented->verdict.growth.estimate = 2048;
    CLEANUP(explanation_freep) struct explanation *far = told_explain(&told);
    ck_assert(!far->agrees);
    told.plain->verdict.kind = told.instrumented->verdict.kind = VERDICT_LAZY_RELEASE;
    CLEANUP(explanation_freep) struct explanation *other = told_explain(&told);
    ck_assert(other->agrees); /* what is no leak has no rate to be compared */
    story_expect_text(far->disagreement, "and by 2.0 KiB per request with them");
}
END_TEST

START_TEST(a_leak_without_profiles_is_not_explained)
{
    CLEANUP(told_done) struct told told = told_new(1000, 0, 0);
    CLEANUP(explanation_freep) struct explanation *explanation = told_explain(&told);
    ck_assert(explanation->grows);
    ck_assert_uint_eq(explanation->n_entries, 0);
    story_expect_text(explanation->missing, "no profile of the heap was kept");
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("explanation_remarks");
    TCase *tcase = tcase_create("explanation_remarks");
    tcase_add_test(tcase, what_is_missing_is_said_below_80_percent);
    tcase_add_test(tcase, where_nothing_grows_it_says_what_is_held);
    tcase_add_test(tcase, memory_that_the_allocator_keeps_is_told_by_who_touched_it);
    tcase_add_test(tcase, by_the_clock_rates_are_per_second);
    tcase_add_test(tcase, one_run_that_says_by_the_clock_is_enough);
    tcase_add_test(tcase, a_verdict_that_the_instruments_changed_is_said);
    tcase_add_test(tcase, growth_that_differs_by_more_than_a_quarter_is_said);
    tcase_add_test(tcase, a_leak_without_profiles_is_not_explained);
    suite_add_tcase(suite, tcase);
    return suite;
}

CHECK_MAIN(suite);
