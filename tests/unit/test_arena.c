#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "tests/support/check_main.h"

START_TEST(blocks_are_zeroed_aligned_and_apart)
{
    struct arena *arena = arena_new();
    static const size_t sizes[] = {0, 1, 7, 8, 100, 4000, 8192, 3, 100000, 1};
    unsigned char *blocks[10];
    for (size_t i = 0; i < 10; i++) {
        blocks[i] = arena_alloc(arena, sizes[i]);
        ck_assert_ptr_nonnull(blocks[i]);
        ck_assert_uint_eq((uintptr_t)blocks[i] % alignof(max_align_t), 0);
        for (size_t j = 0; j < sizes[i]; j++)
            ck_assert_uint_eq(blocks[i][j], 0);
        memset(blocks[i], (int)i + 1, sizes[i]);
    }
    for (size_t i = 0; i < 10; i++)
        for (size_t j = 0; j < sizes[i]; j++)
            ck_assert_uint_eq(blocks[i][j], i + 1);
    arena_free(arena);
}
END_TEST

START_TEST(many_small_blocks_keep_their_content)
{
    struct arena *arena = arena_new();
    const char *texts[5000];
    for (int i = 0; i < 5000; i++)
        texts[i] = arena_printf(arena, "text %d", i);
    for (int i = 0; i < 5000; i++) {
        char expected[32];
        snprintf(expected, sizeof(expected), "text %d", i);
        ck_assert_str_eq(texts[i], expected);
    }
    arena_free(arena);
}
END_TEST

START_TEST(text_is_copied)
{
    struct arena *arena = arena_new();
    char text[] = "abcdef";
    const char *whole = arena_strdup(arena, text);
    const char *part = arena_strndup(arena, text, 3);
    const char *more = arena_strndup(arena, text, 300);
    memset(text, 'x', 6);
    ck_assert_str_eq(whole, "abcdef");
    ck_assert_str_eq(part, "abc");
    ck_assert_str_eq(more, "abcdef");
    arena_free(arena);
}
END_TEST

START_TEST(no_text_gives_no_text)
{
    struct arena *arena = arena_new();
    ck_assert_ptr_null(arena_strdup(arena, NULL));
    ck_assert_ptr_null(arena_strndup(arena, NULL, 3));
    arena_free(arena);
    arena_free(NULL);
}
END_TEST

START_TEST(a_size_beyond_all_memory_is_refused)
{
    struct arena *arena = arena_new();
    ck_assert_ptr_null(arena_alloc(arena, SIZE_MAX));
    ck_assert_ptr_null(arena_alloc(arena, SIZE_MAX - 8));
    ck_assert_ptr_nonnull(arena_alloc(arena, 8));
    arena_free(arena);
}
END_TEST

static Suite *arena_suite(void)
{
    Suite *suite = suite_create("arena");
    TCase *tcase = tcase_create("an arena");
    tcase_add_test(tcase, blocks_are_zeroed_aligned_and_apart);
    tcase_add_test(tcase, many_small_blocks_keep_their_content);
    tcase_add_test(tcase, text_is_copied);
    tcase_add_test(tcase, no_text_gives_no_text);
    tcase_add_test(tcase, a_size_beyond_all_memory_is_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}

CHECK_MAIN(arena_suite);
