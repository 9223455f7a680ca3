#include <stdio.h>
#include <string.h>

#include "load/arrival.h"
#include "tests/support/check_main.h"

static const struct {
    unsigned weights[LOAD_KINDS_MAX];
    unsigned n_kinds;
    const char *order;
} orders[] = {
    {{1}, 1, "aaaa"},
    {{1, 1}, 2, "abababab"},
    {{5, 1, 1}, 3, "aabacaaaabacaa"},
    {{1, 2, 3}, 3, "cbacbccbacbc"},
};

START_TEST(kinds_are_spread_by_their_weights)
{
    struct request_kind kinds[LOAD_KINDS_MAX] = {0};
    for (unsigned i = 0; i < orders[_i].n_kinds; i++)
        kinds[i].weight = orders[_i].weights[i];
    struct arrival arrival;
    arrival_begin(&arrival, kinds, orders[_i].n_kinds);

    char order[32] = "";
    for (size_t i = 0; i < strlen(orders[_i].order); i++)
        order[i] = (char)('a' + arrival_next_kind(&arrival));
    ck_assert_str_eq(order, orders[_i].order);
}
END_TEST

START_TEST(every_round_holds_each_kind_exactly_its_weight_times)
{
    struct request_kind kinds[4] = {{.weight = 7}, {.weight = 1000}, {.weight = 1}, {.weight = 92}};
    struct arrival arrival;
    arrival_begin(&arrival, kinds, 4);
    for (unsigned round = 0; round < 3; round++) {
        unsigned count[4] = {0};
        for (unsigned i = 0; i < 1100; i++)
            count[arrival_next_kind(&arrival)]++;
        for (unsigned i = 0; i < 4; i++)
            ck_assert_uint_eq(count[i], kinds[i].weight);
    }
}
END_TEST

START_TEST(beginning_anew_repeats_the_order)
{
    struct request_kind kinds[2] = {{.weight = 3}, {.weight = 2}};
    struct arrival arrival;
    unsigned first[4];
    arrival_begin(&arrival, kinds, 2);
    for (unsigned i = 0; i < 4; i++)
        first[i] = arrival_next_kind(&arrival);
    arrival_begin(&arrival, kinds, 2);
    for (unsigned i = 0; i < 4; i++)
        ck_assert_uint_eq(arrival_next_kind(&arrival), first[i]);
}
END_TEST

static const struct {
    double rate_per_s;
    uint64_t n;
    nsec_t due_ns;
} dues[] = {
    {0, 1000, 0},
    {1000, 0, 0},
    {1000, 1, 1000000},
    {1000, 3600000, 3600 * NSEC_PER_SEC},
    {3, 1, 333333333},
    {3, 3000000, 1000000 * NSEC_PER_SEC},
    {0.5, 2, 4 * NSEC_PER_SEC},
    {1e-9, UINT64_MAX, NSEC_NEVER},
};

START_TEST(request_n_is_due_at_n_divided_by_the_rate)
{
    ck_assert_int_eq(arrival_due_ns(dues[_i].rate_per_s, dues[_i].n), dues[_i].due_ns);
}
END_TEST

static const struct {
    nsec_t due_ns, now_ns, next_ns;
} firings[] = {
    {100, 100, 110}, {100, 109, 110}, {100, 110, 120}, {100, 155, 160}, {100, 90, 110},
};

START_TEST(a_timer_skips_the_firings_it_missed)
{
    ck_assert_int_eq(arrival_timer_next_ns(firings[_i].due_ns, 10, firings[_i].now_ns),
                     firings[_i].next_ns);
}
END_TEST

static Suite *arrival_suite(void)
{
    Suite *suite = suite_create("arrival");
    TCase *tests = tcase_create("arrival");
    tcase_add_loop_test(tests, kinds_are_spread_by_their_weights, 0,
                        sizeof(orders) / sizeof(orders[0]));
    tcase_add_test(tests, every_round_holds_each_kind_exactly_its_weight_times);
    tcase_add_test(tests, beginning_anew_repeats_the_order);
    tcase_add_loop_test(tests, request_n_is_due_at_n_divided_by_the_rate, 0,
                        sizeof(dues) / sizeof(dues[0]));
    tcase_add_loop_test(tests, a_timer_skips_the_firings_it_missed, 0,
                        sizeof(firings) / sizeof(firings[0]));
    suite_add_tcase(suite, tests);
    return suite;
}

CHECK_MAIN(arrival_suite);
