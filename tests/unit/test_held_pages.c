/* held_pages: who touched a page, over what is given back, moved, forked. */
#include "instrument/held_pages.h"

#include "base/cleanup.h"
#include "tests/support/check_main.h"

#define PAGE    4096
#define UNKNOWN 9999

static struct held_pages *held_new(void)
{
    struct held_pages *held;
    ck_assert_int_eq(held_pages_new(PAGE, &held, NULL), 0);
    return held;
}

/* Addresses are in pages. */
static void touches(struct held_pages *held, pid_t pid, uint64_t page, uint32_t stack)
{
    ck_assert_int_eq(held_pages_touch(held, pid, page * PAGE + 123, stack, NULL), 0);
}

static uint32_t owner(struct held_pages *held, pid_t pid, uint64_t page)
{
    uint32_t stack;
    return held_pages_get(held, pid, page * PAGE, &stack) ? stack : UNKNOWN;
}

static uint32_t inherited(struct held_pages *held, pid_t pid, uint64_t page)
{
    uint32_t stack;
    return held_pages_get_inherited(held, pid, page * PAGE, &stack) ? stack : UNKNOWN;
}

START_TEST(a_page_is_whose_who_touched_it_last)
{
    struct held_pages *held = held_new();
    ck_assert_uint_eq(owner(held, 1, 5), UNKNOWN);
    touches(held, 1, 5, 1); /* read: the page of zeroes */
    touches(held, 1, 5, 2); /* written to */
    ck_assert_uint_eq(owner(held, 1, 5), 2);
    ck_assert_uint_eq(owner(held, 1, 6), UNKNOWN);
    ck_assert_uint_eq(owner(held, 2, 5), UNKNOWN);
    held_pages_free(held);
}
END_TEST

START_TEST(what_was_given_back_is_nobodys)
{
    struct held_pages *held = held_new();
    for (uint64_t page = 0; page < 100; page++)
        touches(held, 1, page, 1);
    held_pages_forget(held, 1, 10 * PAGE, 5 * PAGE);
    held_pages_forget(held, 1, 20 * PAGE + 1, 2 * PAGE); /* of which one is whole */
    held_pages_forget(held, 1, 30 * PAGE, 0);
    held_pages_forget(held, 1, 31 * PAGE, PAGE - 1);
    for (uint64_t page = 0; page < 100; page++)
        ck_assert_uint_eq(owner(held, 1, page),
                          (page >= 10 && page < 15) || page == 21 ? UNKNOWN : 1);
    held_pages_forget(held, 1, 0, UINT64_MAX);
    for (uint64_t page = 0; page < 100; page++)
        ck_assert_uint_eq(owner(held, 1, page), UNKNOWN);
    held_pages_forget(held, 2, 0, UINT64_MAX);
    held_pages_free(held);
}
END_TEST

START_TEST(the_heap_ends_where_brk_says)
{
    struct held_pages *held = held_new();
    for (uint64_t page = 0; page < 10; page++)
        touches(held, 1, page, 1);
    held_pages_break(held, 1, 8 * PAGE);
    ck_assert_uint_eq(owner(held, 1, 9), 1); /* where it ended before was not known */
    held_pages_break(held, 1, 4 * PAGE);
    ck_assert_uint_eq(owner(held, 1, 3), 1);
    ck_assert_uint_eq(owner(held, 1, 4), UNKNOWN);
    ck_assert_uint_eq(owner(held, 1, 7), UNKNOWN);
    ck_assert_uint_eq(owner(held, 1, 8), 1);
    held_pages_free(held);
}
END_TEST

START_TEST(pages_move_with_their_owners)
{
    struct held_pages *held = held_new();
    for (uint64_t page = 10; page < 20; page++)
        touches(held, 1, page, (uint32_t)page);
    touches(held, 1, 1003, 1);
    ck_assert_int_eq(held_pages_move(held, 1, 10 * PAGE, 5 * PAGE, 1000 * PAGE, NULL), 0);
    ck_assert_uint_eq(owner(held, 1, 10), UNKNOWN);
    ck_assert_uint_eq(owner(held, 1, 15), 15);
    ck_assert_uint_eq(owner(held, 1, 1000), 10);
    ck_assert_uint_eq(owner(held, 1, 1004), 14);
    ck_assert_uint_eq(owner(held, 1, 1003), 13);
    ck_assert_int_eq(held_pages_move(held, 1, 1000 * PAGE, 5 * PAGE, 1000 * PAGE, NULL), 0);
    ck_assert_uint_eq(owner(held, 1, 1000), 10);
    held_pages_free(held);
}
END_TEST

START_TEST(after_a_fork_a_page_stays_whose_it_was)
{
    struct held_pages *held = held_new();
    touches(held, 1, 5, 1);
    touches(held, 1, 6, 2);
    ck_assert(!held_pages_may_share(held, 1));
    ck_assert_int_eq(held_pages_fork(held, 2, 1, NULL), 0);
    ck_assert(held_pages_may_share(held, 1));
    ck_assert(held_pages_may_share(held, 2));
    ck_assert(held_pages_has_parent(held, 2));
    ck_assert(!held_pages_has_parent(held, 1));
    touches(held, 1, 5, 3); /* it is copied for who writes to it */
    ck_assert_uint_eq(owner(held, 1, 5), 1);
    touches(held, 1, 5, 4); /* …once */
    ck_assert_uint_eq(owner(held, 1, 5), 4);
    held_pages_forget(held, 1, 6 * PAGE, PAGE);
    touches(held, 1, 6, 5);
    ck_assert_uint_eq(owner(held, 1, 6), 5);
    /* What the child writes to is its own. */
    ck_assert_uint_eq(owner(held, 2, 5), UNKNOWN);
    ck_assert_uint_eq(inherited(held, 2, 5), 4);
    touches(held, 2, 5, 6);
    ck_assert_uint_eq(owner(held, 2, 5), 6);
    held_pages_free(held);
}
END_TEST

START_TEST(who_is_left_behind_has_what_was_shared)
{
    struct held_pages *held = held_new();
    touches(held, 1, 5, 1);
    touches(held, 1, 6, 2);
    ck_assert_int_eq(held_pages_fork(held, 2, 1, NULL), 0);
    touches(held, 1, 7, 3); /* since the fork: the parent's alone */
    touches(held, 2, 6, 4);
    ck_assert_int_eq(held_pages_fork(held, 3, 2, NULL), 0);
    ck_assert_int_eq(held_pages_leave(held, 1, NULL), 0);
    ck_assert_uint_eq(owner(held, 1, 5), UNKNOWN);
    ck_assert_uint_eq(owner(held, 2, 5), 1);
    ck_assert_uint_eq(owner(held, 2, 6), 4);
    ck_assert_uint_eq(owner(held, 2, 7), UNKNOWN);
    ck_assert(!held_pages_has_parent(held, 2));
    ck_assert(held_pages_has_parent(held, 3));
    ck_assert_int_eq(held_pages_leave(held, 2, NULL), 0);
    ck_assert_uint_eq(owner(held, 3, 5), 1);
    ck_assert_uint_eq(owner(held, 3, 6), 4);
    ck_assert_int_eq(held_pages_leave(held, 3, NULL), 0);
    ck_assert_int_eq(held_pages_leave(held, 3, NULL), 0);
    held_pages_free(held);
}
END_TEST

START_TEST(two_children_are_left_with_one_share)
{
    struct held_pages *held = held_new();
    touches(held, 1, 5, 1);
    ck_assert_int_eq(held_pages_fork(held, 2, 1, NULL), 0);
    ck_assert_int_eq(held_pages_fork(held, 3, 1, NULL), 0);
    ck_assert_int_eq(held_pages_leave(held, 1, NULL), 0);
    bool second = held_pages_has_parent(held, 2);
    bool third = held_pages_has_parent(held, 3);
    ck_assert_int_ne(second, third);
    ck_assert_uint_eq(owner(held, second ? 3 : 2, 5), 1);
    ck_assert_uint_eq(owner(held, second ? 2 : 3, 5), UNKNOWN);
    ck_assert_uint_eq(inherited(held, second ? 2 : 3, 5), 1);
    held_pages_free(held);
}
END_TEST

START_TEST(a_sweep_takes_what_nobody_asked_for)
{
    struct held_pages *held = held_new();
    for (uint64_t page = 0; page < 5000; page++)
        touches(held, 1, page, 1);
    for (uint64_t page = 0; page < 5000; page += 2)
        ck_assert_uint_eq(owner(held, 1, page), 1);
    held_pages_sweep(held, 1);
    const uint64_t range[2] = {100 * PAGE, 200 * PAGE};
    CLEANUP(freep) uint64_t *addresses = NULL;
    size_t n;
    ck_assert_int_eq(held_pages_list(held, 1, range, &addresses, &n, NULL), 0);
    ck_assert_uint_eq(n, 50);
    ck_assert_uint_eq(addresses[0], 100 * PAGE);
    ck_assert_uint_eq(addresses[49], 198 * PAGE);
    held_pages_sweep(held, 1);
    ck_assert_uint_eq(owner(held, 1, 0), UNKNOWN);
    held_pages_free(held);
}
END_TEST

static Suite *suite(void)
{
    Suite *all = suite_create("held_pages");
    TCase *tcase = tcase_create("pages");
    tcase_add_test(tcase, a_page_is_whose_who_touched_it_last);
    tcase_add_test(tcase, what_was_given_back_is_nobodys);
    tcase_add_test(tcase, the_heap_ends_where_brk_says);
    tcase_add_test(tcase, pages_move_with_their_owners);
    tcase_add_test(tcase, after_a_fork_a_page_stays_whose_it_was);
    tcase_add_test(tcase, who_is_left_behind_has_what_was_shared);
    tcase_add_test(tcase, two_children_are_left_with_one_share);
    tcase_add_test(tcase, a_sweep_takes_what_nobody_asked_for);
    suite_add_tcase(all, tcase);
    return all;
}

CHECK_MAIN(suite);
