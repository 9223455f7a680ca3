/* malloc_calls: what is held, by how calls began and how they returned. */
#include "instrument/malloc_calls.h"

#include "tests/support/check_main.h"

static struct malloc_calls calls;
static uint64_t word; /* what is read of a process */

static bool peek(pid_t pid, uint64_t address, uint64_t *ret)
{
    (void)pid;
    *ret = word;
    return address == 0x7ff0;
}

static void begin(void)
{
    malloc_calls_init(&calls, peek);
}

static void end(void)
{
    malloc_calls_done(&calls);
}

static void enter(pid_t tid, enum malloc_function function, uint64_t a, uint64_t b, uint32_t stack)
{
    const struct malloc_begin call = {.function = function,
                                      .kind = MALLOC_OTHER,
                                      .pid = 10,
                                      .tid = tid,
                                      .arguments = {a, b, 300},
                                      .stack = stack};
    ck_assert_int_eq(malloc_calls_begin(&calls, &call, NULL), 0);
}

static void leave(pid_t tid, enum malloc_function function, uint64_t value)
{
    const struct malloc_end call = {.function = function, .pid = 10, .tid = tid, .value = value};
    ck_assert_int_eq(malloc_calls_end(&calls, &call, NULL), 0);
}

static int64_t held(uint32_t stack)
{
    return stack < calls.blocks.n_held ? calls.blocks.held[stack].bytes : 0;
}

START_TEST(a_block_is_held_from_its_return_to_its_free)
{
    enter(1, MALLOC_CALL_MALLOC, 100, 0, 5);
    ck_assert_int_eq(held(5), 0);
    leave(1, MALLOC_CALL_MALLOC, 0x1000);
    ck_assert_int_eq(held(5), 100);
    enter(1, MALLOC_CALL_CALLOC, 10, 20, 6);
    leave(1, MALLOC_CALL_CALLOC, 0x2000);
    ck_assert_int_eq(held(6), 200);
    enter(1, MALLOC_CALL_ALIGNED, 64, 77, 7);
    leave(1, MALLOC_CALL_ALIGNED, 0x3000);
    ck_assert_int_eq(held(7), 77);
    enter(2, MALLOC_CALL_FREE, 0x1000, 0, 0);
    enter(2, MALLOC_CALL_FREE, 0, 0, 0);
    enter(2, MALLOC_CALL_FREE, 0x9999, 0, 0);
    ck_assert_int_eq(held(5), 0);
    ck_assert_uint_eq(calls.blocks.n, 2);
}
END_TEST

START_TEST(what_fails_takes_nothing)
{
    enter(1, MALLOC_CALL_MALLOC, 100, 0, 5);
    leave(1, MALLOC_CALL_MALLOC, 0);
    ck_assert_uint_eq(calls.blocks.n, 0);
    enter(1, MALLOC_CALL_CALLOC, UINT64_MAX, 2, 5);
    leave(1, MALLOC_CALL_CALLOC, 0);
    ck_assert_uint_eq(calls.blocks.n, 0);
}
END_TEST

START_TEST(realloc_moves_what_it_is_given)
{
    enter(1, MALLOC_CALL_MALLOC, 100, 0, 5);
    leave(1, MALLOC_CALL_MALLOC, 0x1000);
    enter(1, MALLOC_CALL_REALLOC, 0x1000, 400, 6);
    /* Another thread has the old address before it returns. */
    enter(2, MALLOC_CALL_MALLOC, 50, 0, 7);
    leave(2, MALLOC_CALL_MALLOC, 0x1000);
    leave(1, MALLOC_CALL_REALLOC, 0x2000);
    ck_assert_int_eq(held(5), 0);
    ck_assert_int_eq(held(6), 400);
    ck_assert_int_eq(held(7), 50);
    /* It fails: all is as it was. */
    enter(1, MALLOC_CALL_REALLOC, 0x2000, 1 << 30, 8);
    leave(1, MALLOC_CALL_REALLOC, 0);
    ck_assert_int_eq(held(6), 400);
    /* Of no size: it is a free. */
    enter(1, MALLOC_CALL_REALLOC, 0x2000, 0, 8);
    leave(1, MALLOC_CALL_REALLOC, 0);
    ck_assert_int_eq(held(6), 0);
}
END_TEST

START_TEST(a_call_within_a_call_is_one_block)
{
    enter(1, MALLOC_CALL_REALLOC, 0, 100, 5);
    enter(1, MALLOC_CALL_MALLOC, 100, 0, 6);
    leave(1, MALLOC_CALL_MALLOC, 0x1000);
    leave(1, MALLOC_CALL_REALLOC, 0x1000);
    ck_assert_uint_eq(calls.blocks.n, 1);
    ck_assert_int_eq(held(5), 100);
    ck_assert_int_eq(held(6), 0);
}
END_TEST

START_TEST(posix_memalign_says_it_elsewhere)
{
    word = 0x4000;
    enter(1, MALLOC_CALL_POSIX, 0x7ff0, 64, 5);
    leave(1, MALLOC_CALL_POSIX, 0);
    ck_assert_int_eq(held(5), 300);
    enter(1, MALLOC_CALL_POSIX, 0x7ff0, 64, 6);
    leave(1, MALLOC_CALL_POSIX, 12);
    enter(1, MALLOC_CALL_POSIX, 0x5, 64, 6);
    leave(1, MALLOC_CALL_POSIX, 0);
    ck_assert_int_eq(held(6), 0);
}
END_TEST

START_TEST(begins_without_ends_and_ends_without_begins_do_no_harm)
{
    leave(1, MALLOC_CALL_MALLOC, 0x1000);
    ck_assert_uint_eq(calls.unmatched, 1);
    for (unsigned i = 0; i < 100; i++)
        enter(1, MALLOC_CALL_CALLOC, 1, 1, 5);
    enter(1, MALLOC_CALL_MALLOC, 100, 0, 6);
    enter(1, MALLOC_CALL_REALLOC, 0, 100, 7);
    leave(1, MALLOC_CALL_MALLOC, 0x1000); /* realloc's end was lost */
    ck_assert_int_eq(held(6), 100);
    malloc_calls_forget_thread(&calls, 1);
    leave(1, MALLOC_CALL_CALLOC, 0x2000);
    ck_assert_uint_eq(calls.blocks.n, 1);
    malloc_calls_forget_process(&calls, 11);
    ck_assert_uint_eq(calls.blocks.n, 1);
    malloc_calls_forget_process(&calls, 10);
    ck_assert_uint_eq(calls.blocks.n, 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("malloc_calls");
    TCase *tcase = tcase_create("malloc_calls");
    tcase_add_checked_fixture(tcase, begin, end);
    tcase_add_test(tcase, a_block_is_held_from_its_return_to_its_free);
    tcase_add_test(tcase, what_fails_takes_nothing);
    tcase_add_test(tcase, realloc_moves_what_it_is_given);
    tcase_add_test(tcase, a_call_within_a_call_is_one_block);
    tcase_add_test(tcase, posix_memalign_says_it_elsewhere);
    tcase_add_test(tcase, begins_without_ends_and_ends_without_begins_do_no_harm);
    suite_add_tcase(suite, tcase);
    return suite;
}

CHECK_MAIN(suite);
