/* malloc_size: what glibc's malloc really takes. */
#include "instrument/malloc_size.h"

#include <string.h>

#include "tests/support/check_main.h"

/* glibc's own, also where a sanitizer has put another in its place. */
void *__libc_malloc(size_t size);
void __libc_free(void *block);

/* The word before a block is its size, with three flags. */
static uint64_t size_in_memory(const char *block)
{
    uint64_t word = 0;
    memcpy(&word, block - sizeof(word), sizeof(word));
    return word & ~(uint64_t)7;
}

START_TEST(it_is_what_stands_before_the_block)
{
    unsigned mapped = 0;
    for (size_t size = 0; size < 4000000; size = size < 3000 ? size + 1 : size * 9 / 8 + 1) {
        char *block = __libc_malloc(size);
        ck_assert_ptr_nonnull(block);
        uint64_t there = size_in_memory(block);
        uint64_t reckoned = malloc_size(MALLOC_GLIBC, (uint64_t)(uintptr_t)block, size);
        /* A rest too small to be a block of its own goes with it. */
        ck_assert_msg(reckoned == there || reckoned + 16 == there, "%zu: %llu, expected %llu", size,
                      (unsigned long long)reckoned, (unsigned long long)there);
        mapped += size >= 128 * 1024 && there % 4096 == 0;
        __libc_free(block);
    }
    ck_assert_uint_gt(mapped, 0);
}
END_TEST

START_TEST(of_others_it_is_what_was_asked_for)
{
    ck_assert_uint_eq(malloc_size(MALLOC_OTHER, 0x1010, 200000), 200000);
    ck_assert_uint_eq(malloc_size(MALLOC_GLIBC, 0x1010, 200000), 200704);
    ck_assert_uint_eq(malloc_size(MALLOC_GLIBC, 0x1030, 200000), 200016);
    ck_assert_uint_eq(malloc_size(MALLOC_GLIBC, 0x1010, UINT64_MAX), UINT64_MAX);
}
END_TEST

START_TEST(others_are_known_by_name)
{
    ck_assert(malloc_is_other("/usr/lib/x86_64-linux-gnu/libjemalloc.so.2"));
    ck_assert(malloc_is_other("/usr/lib/x86_64-linux-gnu/libtcmalloc_minimal.so.4"));
    ck_assert(malloc_is_other("libmimalloc.so.2"));
    ck_assert(malloc_is_other("/lib/ld-musl-x86_64.so.1"));
    ck_assert(!malloc_is_other("/lib/x86_64-linux-gnu/libc.so.6"));
    ck_assert(!malloc_is_other("/opt/libjemalloc/server"));
    ck_assert(!malloc_is_other(""));
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("malloc_size");
    TCase *tcase = tcase_create("malloc_size");
    tcase_add_test(tcase, it_is_what_stands_before_the_block);
    tcase_add_test(tcase, of_others_it_is_what_was_asked_for);
    tcase_add_test(tcase, others_are_known_by_name);
    suite_add_tcase(suite, tcase);
    return suite;
}

CHECK_MAIN(suite);
