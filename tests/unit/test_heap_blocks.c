/* heap_blocks: as many as were taken and not given back, whatever the order; memory has a bound. */
#include "instrument/heap_blocks.h"

#include <string.h>

#include "tests/support/check_main.h"

static void take(struct heap_blocks *blocks, uint32_t space, uint64_t address, uint64_t bytes,
                 uint32_t owner)
{
    const struct heap_block block = {.address = address, .bytes = bytes, .owner = owner};
    ck_assert_int_eq(heap_blocks_take(blocks, space, &block, NULL), 0);
}

START_TEST(what_is_given_back_is_held_no_more)
{
    struct heap_blocks blocks;
    heap_blocks_init(&blocks);
    ck_assert(!heap_blocks_release(&blocks, 0, 0x1000));
    take(&blocks, 0, 0x1000, 32, 7);
    take(&blocks, 0, 0x2000, 48, 7);
    ck_assert_int_eq(blocks.held[7].objects, 2);
    ck_assert_int_eq(blocks.held[7].bytes, 80);
    ck_assert(heap_blocks_release(&blocks, 0, 0x1000));
    ck_assert(!heap_blocks_release(&blocks, 0, 0x1000));
    ck_assert_int_eq(blocks.held[7].bytes, 48);
    ck_assert_uint_eq(blocks.n, 1);
    heap_blocks_done(&blocks);
}
END_TEST

START_TEST(a_block_that_is_taken_again_was_given_back)
{
    struct heap_blocks blocks;
    heap_blocks_init(&blocks);
    take(&blocks, 0, 0x1000, 32, 1);
    take(&blocks, 0, 0x1000, 64, 2);
    ck_assert_int_eq(blocks.held[1].bytes, 0);
    ck_assert_int_eq(blocks.held[2].bytes, 64);
    ck_assert_uint_eq(blocks.n, 1);
    heap_blocks_done(&blocks);
}
END_TEST

START_TEST(processes_have_addresses_of_their_own)
{
    struct heap_blocks blocks;
    heap_blocks_init(&blocks);
    for (uint32_t space = 0; space < 8; space++)
        for (uint64_t i = 0; i < 1000; i++)
            take(&blocks, space, 0x1000 + i * 16, 16, space);
    ck_assert_uint_eq(blocks.n, 8000);
    heap_blocks_release_space(&blocks, 3);
    ck_assert_uint_eq(blocks.n, 7000);
    ck_assert_int_eq(blocks.held[3].objects, 0);
    ck_assert_int_eq(blocks.held[4].objects, 1000);
    for (uint64_t i = 0; i < 1000; i++)
        ck_assert(heap_blocks_release(&blocks, 4, 0x1000 + i * 16));
    ck_assert_uint_eq(blocks.n, 6000);
    heap_blocks_done(&blocks);
}
END_TEST

/* 200,000 takes and releases, at random, against a plain array. */
START_TEST(it_agrees_with_a_plain_array)
{
    enum { ADDRESSES = 5000 };
    static uint64_t there[ADDRESSES];
    struct heap_blocks blocks;
    uint64_t state = 42;
    uint64_t bytes = 0;
    size_t n = 0;
    heap_blocks_init(&blocks);
    for (unsigned i = 0; i < 200000; i++) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        size_t at = (size_t)(state >> 33) % ADDRESSES;
        uint64_t size = 16 + (state >> 20) % 4096;
        bytes -= there[at];
        n -= there[at] != 0;
        if ((state >> 63) != 0) {
            take(&blocks, 0, 0x7f0000000000 + at * 16, size, (uint32_t)(at % 3));
            there[at] = size;
            bytes += size;
            n++;
        } else {
            ck_assert(heap_blocks_release(&blocks, 0, 0x7f0000000000 + at * 16) ==
                      (there[at] != 0));
            there[at] = 0;
        }
        ck_assert_uint_eq(blocks.n, n);
    }
    ck_assert_int_eq(blocks.held[0].bytes + blocks.held[1].bytes + blocks.held[2].bytes,
                     (int64_t)bytes);
    heap_blocks_done(&blocks);
}
END_TEST

START_TEST(there_are_bounds)
{
    struct heap_blocks blocks;
    heap_blocks_init(&blocks);
    take(&blocks, 0, 0x1000, UINT64_MAX, 1);
    take(&blocks, 0, 0x1000, 16, UINT32_MAX);
    take(&blocks, 0, 0x1000, 16, HEAP_OWNERS_MAX);
    ck_assert_uint_eq(blocks.dropped, 3);
    ck_assert_uint_eq(blocks.n, 0);
    for (uint64_t i = 0; i < HEAP_BLOCKS_MAX + 10; i++)
        take(&blocks, 0, i, UINT32_MAX, 1);
    ck_assert_uint_eq(blocks.n, HEAP_BLOCKS_MAX);
    ck_assert_uint_eq(blocks.dropped, 13);
    ck_assert_uint_le(blocks.n_slots * sizeof(*blocks.slots), (size_t)128 << 20);
    heap_blocks_done(&blocks);
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("heap_blocks");
    TCase *tcase = tcase_create("heap_blocks");
    tcase_add_test(tcase, what_is_given_back_is_held_no_more);
    tcase_add_test(tcase, a_block_that_is_taken_again_was_given_back);
    tcase_add_test(tcase, processes_have_addresses_of_their_own);
    tcase_add_test(tcase, it_agrees_with_a_plain_array);
    tcase_add_test(tcase, there_are_bounds);
    suite_add_tcase(suite, tcase);
    return suite;
}

CHECK_MAIN(suite);
