/* Explanations whose cause weighs less than what goes with it. */
#include <string.h>

#include "base/cleanup.h"
#include "explain/explanation.h"
#include "tests/support/check_main.h"
#include "tests/support/told.h"

/* A stream that is never closed: 5 KiB of buffers, and a descriptor; and one descriptor more with
 * every hundred requests, of somebody else. */
static struct explanation *explain_stream(enum cause cause)
{
    CLEANUP(told_done) struct told told = told_new(5000, 0, 500);
    told_add(&told, "heap", "malloc@;fgets@;settings s.c:28;main m.c:9", told_steady(0, 4500),
             told_steady(0, 1));
    told_add(&told, "heap", "malloc@;fopen@;settings s.c:26;main m.c:9", told_steady(0, 500),
             told_steady(0, 1));
    told_add(&told, "descriptors", "[file /etc/passwd];fopen@;settings s.c:26;main m.c:9",
             (struct told_values){0}, told_steady(0, 1));
    told_add(&told, "descriptors", "[pipe];pipe@;other o.c:7;main m.c:9", (struct told_values){0},
             told_steady(0, 0.01));
    told_records(&told);
    told.plain->verdict.cause = cause;
    told.instrumented->verdict.cause = cause;
    return told_explain(&told);
}

START_TEST(the_descriptor_goes_before_its_buffers_where_it_is_the_cause)
{
    static const enum cause causes[] = {CAUSE_FILES, CAUSE_SOCKETS};
    CLEANUP(explanation_freep) struct explanation *explanation = explain_stream(causes[_i]);
    ck_assert_uint_ge(explanation->n_entries, 2);
    ck_assert_int_eq(explanation_place(&explanation->entries[0])->line, 26);
    ck_assert_int_eq(explanation_place(&explanation->entries[1])->line, 28);
    ck_assert_double_lt(explanation->entries[0].share, explanation->entries[1].share);
}
END_TEST

START_TEST(where_it_is_not_the_cause_the_largest_is_first)
{
    CLEANUP(explanation_freep) struct explanation *explanation = explain_stream(CAUSE_HEAP);
    ck_assert_int_eq(explanation_place(&explanation->entries[0])->line, 28);
    for (unsigned i = 1; i < explanation->n_entries; i++)
        ck_assert_double_ge(explanation->entries[i - 1].share, explanation->entries[i].share);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("explanation_cause");
    TCase *tests = tcase_create("cause");
    tcase_add_loop_test(tests, the_descriptor_goes_before_its_buffers_where_it_is_the_cause, 0, 2);
    tcase_add_test(tests, where_it_is_not_the_cause_the_largest_is_first);
    suite_add_tcase(s, tests);
    return s;
}

CHECK_MAIN(suite);
