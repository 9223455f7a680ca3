/* turns: who has the turn, in what order, when somebody leaves, and when all is to end. */
#include "run/turns.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/interrupt.h"
#include "tests/support/check_main.h"

enum { SEATS_MAX = 4, STORY_MAX = 64 };

/* One that takes turns: it passes so often, and leaves. */
struct runner {
    struct turns *turns;
    struct turns_seat *seat;
    pthread_t thread;
    nsec_t turn_ns;   /* how long its turns are */
    nsec_t waited_ns; /* in all */
    unsigned passes;
    struct error error;
    char name;
    bool ends_round; /* …in its first turn */
    bool interrupts; /* the same */
};

static struct runner runners[SEATS_MAX];
static char story[STORY_MAX]; /* a letter for each turn; only who has the turn writes */
static atomic_bool busy;      /* somebody has the turn */

static void take_turn(const struct runner *runner)
{
    ck_assert_msg(!atomic_exchange(&busy, true), "two have the turn at once");
    ck_assert_uint_lt(strlen(story), STORY_MAX - 1);
    story[strlen(story)] = runner->name;
    clock_sleep_until(clock_now_ns() + runner->turn_ns);
    atomic_store(&busy, false);
}

static void *run(void *context)
{
    struct runner *runner = context;
    if (turns_enter(runner->seat, &runner->error) == 0) {
        take_turn(runner);
        if (runner->ends_round)
            turns_end(runner->turns);
        if (runner->interrupts)
            raise(SIGINT);
        for (unsigned i = 0; i < runner->passes; i++) {
            nsec_t waited_ns = 0;
            if (turns_pass(runner->seat, &waited_ns, &runner->error) < 0)
                break;
            runner->waited_ns += waited_ns;
            take_turn(runner);
        }
    }
    turns_leave(runner->seat);
    return NULL;
}

static void prepare(unsigned n)
{
    struct turns *turns = NULL;
    ck_assert_int_eq(turns_new(n, &turns, NULL), 0);
    for (unsigned i = 0; i < n; i++)
        runners[i] = (struct runner){.turns = turns,
                                     .seat = turns_seat(turns, i),
                                     .name = (char)('a' + i),
                                     .turn_ns = NSEC_PER_MSEC};
}

/* Their threads begin in this order, last seat first or first seat first. */
static void play(unsigned n, bool backwards)
{
    for (unsigned i = 0; i < n; i++) {
        struct runner *runner = &runners[backwards ? n - 1 - i : i];
        ck_assert_int_eq(pthread_create(&runner->thread, NULL, run, runner), 0);
        clock_sleep_until(clock_now_ns() + 2 * NSEC_PER_MSEC);
    }
    for (unsigned i = 0; i < n; i++)
        pthread_join(runners[i].thread, NULL);
    turns_free(runners[0].turns);
}

START_TEST(turns_go_round_in_the_order_of_the_seats)
{
    prepare(3);
    for (int i = 0; i < 3; i++)
        runners[i].passes = 3;
    play(3, true);
    ck_assert_str_eq(story, "abcabcabcabc");
}
END_TEST

START_TEST(who_leaves_is_passed_over_and_the_last_one_goes_on_alone)
{
    prepare(3);
    runners[0].passes = 5;
    runners[1].passes = 1;
    runners[2].passes = 3;
    play(3, false);
    ck_assert_str_eq(story, "abcabcacacaa");
}
END_TEST

START_TEST(a_seat_that_nobody_took_holds_nobody_up)
{
    prepare(3);
    runners[0].passes = runners[1].passes = 1;
    turns_leave(runners[2].seat);
    play(2, false);
    ck_assert_str_eq(story, "abab");
}
END_TEST

START_TEST(the_first_seat_can_be_one_that_nobody_took)
{
    prepare(2);
    turns_leave(runners[0].seat);
    ck_assert(turns_is_alone(runners[1].seat));
    ck_assert_int_eq(turns_enter(runners[1].seat, NULL), 0);
    turns_leave(runners[1].seat);
    turns_free(runners[0].turns);
}
END_TEST

START_TEST(it_is_told_how_long_the_others_took)
{
    prepare(2);
    runners[0].passes = runners[1].passes = 2;
    runners[1].turn_ns = 200 * NSEC_PER_MSEC;
    play(2, false);
    ck_assert_int_ge(runners[0].waited_ns, (nsec_t)400 * NSEC_PER_MSEC);
    ck_assert_int_lt(runners[1].waited_ns, runners[0].waited_ns);
}
END_TEST

START_TEST(a_round_that_is_over_gives_each_a_turn_to_end_in)
{
    prepare(3);
    for (int i = 0; i < 3; i++)
        runners[i].passes = 3;
    runners[1].ends_round = true;
    play(3, false);
    ck_assert_str_eq(story, "ab");
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(runners[i].error.kind, ERROR_INTERRUPTED);
}
END_TEST

START_TEST(an_interrupt_ends_all_of_them)
{
    interrupt_install();
    prepare(3);
    for (int i = 0; i < 3; i++)
        runners[i].passes = 3;
    runners[2].interrupts = true;
    play(3, false);
    ck_assert_str_eq(story, "abc");
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(runners[i].error.kind, ERROR_INTERRUPTED);
        ck_assert_str_eq(runners[i].error.text, "interrupted");
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("turns");
    TCase *c = tcase_create("turns");
    tcase_set_timeout(c, 20);
    tcase_add_test(c, turns_go_round_in_the_order_of_the_seats);
    tcase_add_test(c, who_leaves_is_passed_over_and_the_last_one_goes_on_alone);
    tcase_add_test(c, a_seat_that_nobody_took_holds_nobody_up);
    tcase_add_test(c, the_first_seat_can_be_one_that_nobody_took);
    tcase_add_test(c, it_is_told_how_long_the_others_took);
    tcase_add_test(c, a_round_that_is_over_gives_each_a_turn_to_end_in);
    tcase_add_test(c, an_interrupt_ends_all_of_them);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);
