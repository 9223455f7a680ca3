/* gate_budget: what may be added to a figure, as people write it. */
#include "verdict/gate_budget.h"

#include "base/units.h"
#include "tests/support/check_main.h"

static struct gate_budget parse(enum gate_figure figure, const char *text)
{
    struct gate_budget budget;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(gate_budget_parse(figure, text, &budget, &err) == 0, "%s", err.text);
    ck_assert(budget.given);
    return budget;
}

START_TEST(shares_and_amounts_are_read)
{
    struct gate_budget budget = parse(GATE_FLOOR, "+5%");
    ck_assert(budget.has_share);
    ck_assert_double_eq(budget.share, 0.05);
    ck_assert_double_eq(parse(GATE_FLOOR, "+0.5%").share, 0.005);
    ck_assert_double_eq(parse(GATE_PEAK, "+64KiB").amount, 65536);
    ck_assert_double_eq(parse(GATE_RETAINED, "+1M").amount, 1048576);
    ck_assert_double_eq(parse(GATE_GROWTH, "+16B/request").amount, 16);
    ck_assert_double_eq(parse(GATE_GROWTH, "+1.5KiB/request").amount, 1536);
    ck_assert_double_eq(parse(GATE_THREADS, "+2").amount, 2);
    ck_assert_double_eq(parse(GATE_DESCRIPTORS, "+0").amount, 0);
    ck_assert_double_eq(parse(GATE_THREADS, "+10%").share, 0.1);
}
END_TEST

static const struct {
    enum gate_figure figure;
    const char *text, *expected;
} wrong[] = {
    {GATE_FLOOR, "", "\"+64KiB\""},
    {GATE_FLOOR, "+", "\"+64KiB\""},
    {GATE_FLOOR, "5%", "\"+64KiB\""},
    {GATE_FLOOR, "-5%", "\"+64KiB\""},
    {GATE_FLOOR, "+-5%", "\"+64KiB\""},
    {GATE_FLOOR, "+%", "\"+64KiB\""},
    {GATE_FLOOR, "+5 %", "\"+64KiB\""},
    {GATE_FLOOR, "+nan%", "\"+64KiB\""},
    {GATE_FLOOR, "+1e9%", "\"+64KiB\""},
    {GATE_FLOOR, "+100001%", "\"+64KiB\""},
    {GATE_FLOOR, "+16B/request", "\"+64KiB\""},
    {GATE_FLOOR, "+64Q", "\"+64KiB\""},
    {GATE_FLOOR, "+99999999999999999999999999999999999999999999999999T", "\"+64KiB\""},
    {GATE_PEAK, "+0.3B", "\"+64KiB\""},
    {GATE_GROWTH, "+16B", "\"+16B/request\""},
    {GATE_GROWTH, "+/request", "\"+16B/request\""},
    {GATE_GROWTH, "+16B/requests", "\"+16B/request\""},
    {GATE_THREADS, "+2B", "\"+2\""},
    {GATE_THREADS, "+1.5", "\"+2\""},
    {GATE_DESCRIPTORS, "+1000000001", "\"+2\""},
};

START_TEST(what_is_no_budget_is_refused_with_one_that_is)
{
    struct gate_budget budget = {.amount = 7};
    struct error err = {.kind = ERROR_NONE};
    ck_assert_int_eq(gate_budget_parse(wrong[_i].figure, wrong[_i].text, &budget, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "expected what may be added: \"+5%\" or "));
    ck_assert_msg(strstr(err.text, wrong[_i].expected) != NULL, "%s", err.text);
    ck_assert_double_eq(budget.amount, 7);
}
END_TEST

START_TEST(a_budget_is_written_as_it_reads_back)
{
    static const struct {
        enum gate_figure figure;
        const char *text, *written;
    } budgets[] = {
        {GATE_FLOOR, "+5%", "+5%"},        {GATE_PEAK, "+0.125%", "+0.125%"},
        {GATE_PEAK, "+1MiB", "+1048576B"}, {GATE_GROWTH, "+16B/request", "+16B/request"},
        {GATE_THREADS, "+2", "+2"},
    };
    for (size_t i = 0; i < sizeof(budgets) / sizeof(budgets[0]); i++) {
        char text[UNITS_TEXT_MAX];
        struct gate_budget budget = parse(budgets[i].figure, budgets[i].text);
        ck_assert_str_eq(gate_budget_text(budgets[i].figure, &budget, text), budgets[i].written);
        struct gate_budget back = parse(budgets[i].figure, text);
        ck_assert(back.has_share == budget.has_share);
        ck_assert_double_eq(back.share, budget.share);
        ck_assert_double_eq(back.amount, budget.amount);
    }
}
END_TEST

START_TEST(the_greater_of_share_and_amount_is_allowed)
{
    const struct gate_budget none = {.given = false};
    const struct gate_figure_info *floor = &gate_figure_info[GATE_FLOOR];
    ck_assert_double_eq(gate_allowed(GATE_FLOOR, &none, 1e9), floor->share * 1e9);
    ck_assert_double_eq(gate_allowed(GATE_FLOOR, &none, 1), floor->amount);

    struct gate_budget share = parse(GATE_FLOOR, "+50%");
    ck_assert_double_eq(gate_allowed(GATE_FLOOR, &share, 8e6), 4e6);
    ck_assert_double_eq(gate_allowed(GATE_FLOOR, &share, 1), floor->amount);
    ck_assert_double_eq(gate_allowed(GATE_FLOOR, &share, -8e6), 4e6);

    struct gate_budget amount = parse(GATE_FLOOR, "+1B");
    ck_assert_double_eq(gate_allowed(GATE_FLOOR, &amount, 8e6), 1);
}
END_TEST

START_TEST(somebody_has_said_something_or_not)
{
    struct gate_budgets budgets = {.line = 3};
    ck_assert(!gate_budgets_given(&budgets));
    budgets.figure[GATE_DESCRIPTORS].given = true;
    ck_assert(gate_budgets_given(&budgets));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("gate_budget");
    TCase *tcase = tcase_create("gate_budget");
    tcase_add_test(tcase, shares_and_amounts_are_read);
    tcase_add_loop_test(tcase, what_is_no_budget_is_refused_with_one_that_is, 0,
                        (int)(sizeof(wrong) / sizeof(wrong[0])));
    tcase_add_test(tcase, a_budget_is_written_as_it_reads_back);
    tcase_add_test(tcase, the_greater_of_share_and_amount_is_allowed);
    tcase_add_test(tcase, somebody_has_said_something_or_not);
    suite_add_tcase(s, tcase);
    return s;
}

CHECK_MAIN(suite);
