/* exit_status: part of the command line's contract. */
#include "cli/exit_status.h"

#include "tests/support/check_main.h"

START_TEST(every_error_has_its_status)
{
    ck_assert_int_eq(exit_status_of_error(ERROR_NONE), 0);
    ck_assert_int_eq(exit_status_of_error(ERROR_USAGE), 2);
    ck_assert_int_eq(exit_status_of_error(ERROR_ENVIRONMENT), 3);
    ck_assert_int_eq(exit_status_of_error(ERROR_INTERNAL), 3);
    ck_assert_int_eq(exit_status_of_error(ERROR_SERVICE), 4);
    ck_assert_int_eq(exit_status_of_error(ERROR_INTERRUPTED), 130);
}
END_TEST

static const struct {
    bool expects, expects_cause;
    enum verdict_kind expect, verdict;
    enum cause expect_cause, cause;
    enum error_kind error;
    int status;
} records[] = {
    {false, false, 0, VERDICT_CLEAN, 0, CAUSE_NONE, ERROR_NONE, 0},
    {false, false, 0, VERDICT_PRESSURE, 0, CAUSE_TRANSIENT, ERROR_NONE, 0},
    {false, false, 0, VERDICT_LEAK, 0, CAUSE_HEAP, ERROR_NONE, 1},
    {false, false, 0, VERDICT_INCONCLUSIVE, 0, CAUSE_NONE, ERROR_NONE, 5},
    {true, false, VERDICT_LEAK, VERDICT_LEAK, 0, CAUSE_HEAP, ERROR_NONE, 0},
    {true, true, VERDICT_LEAK, VERDICT_LEAK, CAUSE_HEAP, CAUSE_HEAP, ERROR_NONE, 0},
    {true, true, VERDICT_LEAK, VERDICT_LEAK, CAUSE_SOCKETS, CAUSE_HEAP, ERROR_NONE, 1},
    {true, false, VERDICT_LEAK, VERDICT_CLEAN, 0, CAUSE_NONE, ERROR_NONE, 1},
    {true, false, VERDICT_LEAK, VERDICT_INCONCLUSIVE, 0, CAUSE_NONE, ERROR_NONE, 5},
    {true, false, VERDICT_INCONCLUSIVE, VERDICT_INCONCLUSIVE, 0, CAUSE_NONE, ERROR_NONE, 0},
    {true, false, VERDICT_LEAK, VERDICT_LEAK, 0, CAUSE_HEAP, ERROR_SERVICE, 4},
    {false, false, 0, VERDICT_CLEAN, 0, CAUSE_NONE, ERROR_ENVIRONMENT, 3},
    {false, false, 0, VERDICT_CLEAN, 0, CAUSE_NONE, ERROR_INTERRUPTED, 130},
};

/* A timeline with nothing in it is inconclusive; so the outcome is worked out from the words. */
static enum outcome outcome_of(int i)
{
    if (records[i].error != ERROR_NONE)
        return OUTCOME_ERROR;
    bool inconclusive = records[i].verdict == VERDICT_INCONCLUSIVE;
    if (!records[i].expects)
        return inconclusive                         ? OUTCOME_UNDECIDED
               : records[i].verdict == VERDICT_LEAK ? OUTCOME_FAIL
                                                    : OUTCOME_PASS;
    bool same = records[i].verdict == records[i].expect &&
                (!records[i].expects_cause || records[i].cause == records[i].expect_cause);
    return same ? OUTCOME_PASS : inconclusive ? OUTCOME_UNDECIDED : OUTCOME_FAIL;
}

START_TEST(a_record_has_the_status_of_its_outcome)
{
    struct record record = {.outcome = outcome_of(_i), .error.kind = records[_i].error};
    ck_assert_int_eq(exit_status_of_record(&record), records[_i].status);
}
END_TEST

START_TEST(what_broke_outweighs_what_was_found)
{
    static const enum exit_status order[] = {
        EXIT_AS_EXPECTED, EXIT_INCONCLUSIVE, EXIT_OTHER_VERDICT, EXIT_SERVICE,
        EXIT_ENVIRONMENT, EXIT_USAGE,        EXIT_INTERRUPTED};
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
        for (size_t k = 0; k < sizeof(order) / sizeof(order[0]); k++)
            ck_assert_int_eq(exit_status_worse(order[i], order[k]), order[i > k ? i : k]);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("exit_status");
    TCase *c = tcase_create("status");
    tcase_add_test(c, every_error_has_its_status);
    tcase_add_loop_test(c, a_record_has_the_status_of_its_outcome, 0,
                        (int)(sizeof(records) / sizeof(records[0])));
    tcase_add_test(c, what_broke_outweighs_what_was_found);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);
