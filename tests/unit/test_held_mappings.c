/* held_mappings: who mapped what, over munmap, mremap, mappings over others, forks. */
#include "instrument/held_mappings.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/random.h"

#define PAGE 4096

static struct held_mappings *held_new(void)
{
    struct held_mappings *held;
    ck_assert_int_eq(held_mappings_new(PAGE, &held, NULL), 0);
    return held;
}

/* Addresses and lengths are in pages. */
static void maps(struct held_mappings *held, pid_t pid, uint64_t start, uint64_t n, uint32_t stack)
{
    struct held_mapping mapping = {
        .start = start * PAGE, .end = (start + n) * PAGE, .stack = stack};
    ck_assert_int_eq(held_mappings_add(held, pid, &mapping, NULL), 0);
}

static void unmaps(struct held_mappings *held, pid_t pid, uint64_t start, uint64_t n)
{
    ck_assert_int_eq(held_mappings_remove(held, pid, start * PAGE, n * PAGE, NULL), 0);
}

static void remaps(struct held_mappings *held, uint64_t old, uint64_t old_n, uint64_t start,
                   uint64_t n, uint32_t stack)
{
    struct held_mappings_move move = {.old_address = old * PAGE,
                                      .old_length = old_n * PAGE,
                                      .address = start * PAGE,
                                      .length = n * PAGE,
                                      .stack = stack};
    ck_assert_int_eq(held_mappings_remap(held, 1, &move, NULL), 0);
}

/* "10-14=7 5-6=7p": in pages, highest first; p: a part, i: inherited. */
static void holds(const struct held_mappings *held, pid_t pid, const char *expected)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(65536);
    size_t n;
    const struct held_mapping *mappings = held_mappings_get(held, pid, &n);
    for (size_t i = 0; i < n; i++)
        ck_assert_int_eq(buffer_printf(&text, NULL, "%s%llu-%llu=%u%s%s", i > 0 ? " " : "",
                                       (unsigned long long)(mappings[i].start / PAGE),
                                       (unsigned long long)(mappings[i].end / PAGE),
                                       mappings[i].stack, mappings[i].is_part ? "p" : "",
                                       mappings[i].is_inherited ? "i" : ""),
                         0);
    ck_assert_str_eq(buffer_text(&text), expected);
}

START_TEST(a_mapping_is_cut_at_either_end_or_in_two)
{
    struct held_mappings *held = held_new();
    maps(held, 1, 10, 10, 7);
    unmaps(held, 1, 8, 4);
    holds(held, 1, "12-20=7");
    unmaps(held, 1, 18, 4);
    holds(held, 1, "12-18=7");
    unmaps(held, 1, 14, 1);
    holds(held, 1, "15-18=7p 12-14=7");
    unmaps(held, 1, 30, 5);
    unmaps(held, 1, 0, 100);
    holds(held, 1, "");
    unmaps(held, 2, 0, 100);
    held_mappings_free(held);
}
END_TEST

START_TEST(a_mapping_over_others_takes_their_place)
{
    struct held_mappings *held = held_new();
    maps(held, 1, 10, 4, 1);
    maps(held, 1, 20, 4, 2);
    maps(held, 1, 30, 4, 3);
    maps(held, 1, 12, 20, 4);
    holds(held, 1, "32-34=3 12-32=4 10-12=1");
    ck_assert_uint_eq(held_mappings_find(held, 1, 31 * PAGE)->stack, 4);
    ck_assert_uint_eq(held_mappings_find(held, 1, 32 * PAGE)->stack, 3);
    ck_assert_ptr_null(held_mappings_find(held, 1, 34 * PAGE));
    ck_assert_ptr_null(held_mappings_find(held, 1, 9 * PAGE));
    held_mappings_free(held);
}
END_TEST

START_TEST(what_mremap_moves_keeps_its_stack_and_what_it_adds_has_its_own)
{
    struct held_mappings *held = held_new();
    maps(held, 1, 10, 4, 1);
    remaps(held, 10, 4, 10, 6, 2); /* where it is */
    holds(held, 1, "14-16=2p 10-14=1");
    remaps(held, 10, 6, 50, 8, 3); /* elsewhere */
    holds(held, 1, "56-58=3p 54-56=2p 50-54=1");
    remaps(held, 50, 8, 50, 3, 4); /* less */
    holds(held, 1, "50-53=1");
    remaps(held, 80, 2, 90, 3, 5); /* one that was there before */
    holds(held, 1, "90-93=5 50-53=1");
    held_mappings_free(held);
}
END_TEST

START_TEST(a_fork_inherits_all)
{
    struct held_mappings *held = held_new();
    maps(held, 1, 10, 4, 1);
    ck_assert_int_eq(held_mappings_fork(held, 2, 1, NULL), 0);
    maps(held, 2, 20, 1, 2);
    unmaps(held, 1, 10, 4);
    holds(held, 1, "");
    holds(held, 2, "20-21=2 10-14=1i");
    held_mappings_exit(held, 2);
    holds(held, 2, "");
    held_mappings_free(held);
}
END_TEST

START_TEST(shared_memory_is_detached_by_where_it_starts)
{
    struct held_mappings *held = held_new();
    struct held_mapping shared = {
        .start = 10 * PAGE, .end = 14 * PAGE, .stack = 1, .kind = HELD_MAPPING_SYSV};
    maps(held, 1, 20, 1, 2);
    ck_assert_int_eq(held_mappings_add(held, 1, &shared, NULL), 0);
    ck_assert_int_eq(held_mappings_detach(held, 1, 11 * PAGE, NULL), 0);
    ck_assert_int_eq(held_mappings_detach(held, 1, 20 * PAGE, NULL), 0);
    holds(held, 1, "20-21=2 10-14=1");
    ck_assert_int_eq(held_mappings_detach(held, 1, 10 * PAGE, NULL), 0);
    holds(held, 1, "20-21=2");
    held_mappings_free(held);
}
END_TEST

START_TEST(lengths_are_taken_to_whole_pages_and_never_beyond_the_last_address)
{
    struct held_mappings *held = held_new();
    struct held_mapping odd = {.start = 10 * PAGE, .end = 10 * PAGE + 1, .stack = 1};
    ck_assert_int_eq(held_mappings_add(held, 1, &odd, NULL), 0);
    holds(held, 1, "10-11=1");
    ck_assert_int_eq(held_mappings_remove(held, 1, 10 * PAGE, UINT64_MAX, NULL), 0);
    holds(held, 1, "");
    held_mappings_free(held);
}
END_TEST

/* The same by pages, without any structure. */
START_TEST(thousands_of_calls_end_as_page_by_page)
{
    enum { SPACE = 300 };
    uint32_t pages[SPACE] = {0};
    struct held_mappings *held = held_new();
    struct random random = random_from(9);
    for (uint32_t call = 1; call <= 5000; call++) {
        size_t start = random_below(&random, SPACE);
        size_t n = 1 + random_below(&random, 20);
        n = n > SPACE - start ? SPACE - start : n;
        bool adds = random_below(&random, 3) > 0;
        if (adds)
            maps(held, 1, start, n, call);
        else
            unmaps(held, 1, start, n);
        for (size_t i = start; i < start + n; i++)
            pages[i] = adds ? call : 0;
        size_t wrong = 0;
        for (size_t i = 0; i < SPACE; i++) {
            const struct held_mapping *mapping = held_mappings_find(held, 1, i * PAGE);
            wrong += (mapping == NULL ? 0 : mapping->stack) != pages[i];
        }
        ck_assert_uint_eq(wrong, 0);
    }
    held_mappings_free(held);
}
END_TEST

static Suite *suite(void)
{
    Suite *all = suite_create("held_mappings");
    TCase *tcase = tcase_create("mappings");
    tcase_add_test(tcase, a_mapping_is_cut_at_either_end_or_in_two);
    tcase_add_test(tcase, a_mapping_over_others_takes_their_place);
    tcase_add_test(tcase, what_mremap_moves_keeps_its_stack_and_what_it_adds_has_its_own);
    tcase_add_test(tcase, a_fork_inherits_all);
    tcase_add_test(tcase, shared_memory_is_detached_by_where_it_starts);
    tcase_add_test(tcase, lengths_are_taken_to_whole_pages_and_never_beyond_the_last_address);
    tcase_add_test(tcase, thousands_of_calls_end_as_page_by_page);
    suite_add_tcase(all, tcase);
    return all;
}

CHECK_MAIN(suite);
