/* profile: what is equal is one, sums never overflow, memory has a bound. */
#include "profile/profile.h"

#include <string.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/profiles.h"

static uint32_t frame_of(struct profile *profile, const char *function, const char *file,
                         int64_t line)
{
    struct profile_frame frame = {.function = function, .file = file, .line = line};
    uint32_t number = 0;
    ck_assert_int_eq(profile_add_frame(profile, &frame, &number, NULL), 0);
    return number;
}

static struct profile *profile_of_types(const char *const *types)
{
    struct profile *profile = NULL;
    ck_assert_int_eq(profile_new(&profile, NULL), 0);
    for (; *types != NULL; types++)
        ck_assert_int_eq(profile_add_type(profile, *types, "bytes", NULL), 0);
    return profile;
}

START_TEST(equal_frames_are_one_and_equal_stacks_add_up)
{
    CLEANUP(profile_freep)
    struct profile *profile = profile_of_types((const char *const[]){"a", "b", NULL});
    uint32_t leaf = frame_of(profile, "leaf", "x.c", 3);
    uint32_t other = frame_of(profile, "leaf", "x.c", 4);
    uint32_t root = frame_of(profile, "main", "", 0);
    ck_assert_uint_eq(frame_of(profile, "leaf", "x.c", 3), leaf);
    ck_assert_uint_eq(profile->n_frames, 3);
    ck_assert_uint_eq(profile->frames[leaf].function_id, profile->frames[other].function_id);
    ck_assert_uint_ne(profile->frames[leaf].function_id, profile->frames[root].function_id);
    ck_assert_ptr_eq(profile->frames[leaf].function, profile->frames[other].function);

    const uint32_t stack[] = {leaf, root};
    const uint32_t short_stack[] = {leaf};
    ck_assert_int_eq(profile_add_sample(profile, stack, 2, (int64_t[]){1, 10}, NULL), 0);
    ck_assert_int_eq(profile_add_sample(profile, short_stack, 1, (int64_t[]){5, 50}, NULL), 0);
    ck_assert_int_eq(profile_add_sample(profile, stack, 2, (int64_t[]){2, -20}, NULL), 0);
    ck_assert_int_eq(profile_add_sample(profile, NULL, 0, (int64_t[]){7, 70}, NULL), 0);
    CLEANUP(freep) char *text = profiles_text(profile);
    ck_assert_str_eq(text, "a/bytes b/bytes / 0 0 0\n"
                           "leaf (x.c:3) < main: 3 -10\n"
                           "leaf (x.c:3): 5 50\n"
                           ": 7 70\n");
    ck_assert_int_eq(profile_total(profile, 0), 15);
    ck_assert_int_eq(profile_total(profile, 1), 110);
    ck_assert_ptr_eq(profile_find_sample(profile, stack, 2), &profile->samples[0]);
    ck_assert_ptr_null(profile_find_sample(profile, stack + 1, 1));
}
END_TEST

START_TEST(a_name_is_never_empty_and_ends_at_its_length)
{
    CLEANUP(profile_freep) struct profile *profile = profile_of_types((const char *const[]){NULL});
    uint32_t nameless = frame_of(profile, "", "", 0);
    ck_assert_str_eq(profile->frames[nameless].function, "(unknown)");
    const char *name = NULL;
    ck_assert_int_eq(profile_add_name(profile, "abcdef", 3, &name, NULL), 0);
    ck_assert_str_eq(name, "abc");
    ck_assert_int_eq(profile_add_name(profile, "ab\0cd", 5, &name, NULL), 0);
    ck_assert_str_eq(name, "ab");
}
END_TEST

START_TEST(no_sum_can_overflow)
{
    struct error err = {0};
    CLEANUP(profile_freep)
    struct profile *profile = profile_of_types((const char *const[]){"a", NULL});
    uint32_t frame = frame_of(profile, "f", "", 0);
    ck_assert_int_eq(profile_add_sample(profile, &frame, 1, (int64_t[]){INT64_MAX - 1}, &err), 0);
    ck_assert_int_eq(profile_add_sample(profile, NULL, 0, (int64_t[]){-1}, &err), 0);
    ck_assert_int_eq(profile_add_sample(profile, NULL, 0, (int64_t[]){1}, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_str_eq(err.text, "the values of a are beyond 64 bits");
    ck_assert_int_eq(profile_total(profile, 0), INT64_MAX - 2);

    CLEANUP(profile_freep)
    struct profile *least = profile_of_types((const char *const[]){"a", NULL});
    ck_assert_int_eq(profile_add_sample(least, NULL, 0, (int64_t[]){INT64_MIN}, &err), -1);
}
END_TEST

START_TEST(memory_has_a_bound)
{
    struct error err = {0};
    CLEANUP(profile_freep)
    struct profile *profile = profile_of_types((const char *const[]){"a", NULL});
    profile->store.max_bytes = (size_t)1 << 20;
    int status = 0;
    uint32_t stack[64];
    for (unsigned i = 0; i < 64; i++)
        stack[i] = frame_of(profile, "f", "", i);
    for (uint32_t n = 0; status == 0 && n < 100000; n++) {
        stack[0] = n;
        status = profile_add_sample(profile, stack, 64, (int64_t[]){1}, &err);
    }
    ck_assert_int_eq(status, -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_str_eq(err.text, "it takes more than 1 MiB of memory");
    ck_assert_uint_gt(profile->n_samples, 1000);
    ck_assert_uint_le(profile->store.used_bytes, (size_t)1 << 20);
}
END_TEST

START_TEST(what_is_in_use_is_shown_first)
{
    CLEANUP(profile_freep)
    struct profile *heap = profile_of_types((const char *const[]){
        "alloc_objects", "alloc_space", "inuse_objects", "inuse_space", NULL});
    heap->default_type = 1;
    ck_assert_uint_eq(profile_first_type(heap), 3);
    CLEANUP(profile_freep)
    struct profile *cpu = profile_of_types((const char *const[]){"samples", "cpu", NULL});
    ck_assert_uint_eq(profile_first_type(cpu), 1);
    cpu->default_type = 0;
    ck_assert_uint_eq(profile_first_type(cpu), 0);
    CLEANUP(profile_freep) struct profile *none = profile_of_types((const char *const[]){NULL});
    ck_assert_uint_eq(profile_first_type(none), 0);
}
END_TEST

START_TEST(types_have_a_bound)
{
    struct error err = {0};
    CLEANUP(profile_freep) struct profile *profile = profile_of_types((const char *const[]){NULL});
    for (unsigned i = 0; i < PROFILE_TYPES_MAX; i++)
        ck_assert_int_eq(profile_add_type(profile, "t", "u", &err), 0);
    ck_assert_int_eq(profile_add_type(profile, "t", "u", &err), -1);
    ck_assert_str_eq(err.text, "more than 16 types of values");
}
END_TEST

START_TEST(a_hundred_thousand_keys_each_keep_their_number)
{
    struct store store;
    struct intern intern;
    ck_assert_int_eq(store_init(&store, (size_t)64 << 20, NULL), 0);
    ck_assert_int_eq(intern_init(&intern, &store, NULL), 0);
    unsigned wrong = 0; /* counted, as an assertion takes longer than what it is about */
    for (uint32_t i = 0; i < 200000; i++) {
        uint64_t key = (uint64_t)(i % 100000) << 20;
        uint32_t number = 0;
        wrong += intern_add(&intern, &key, sizeof(key), &number, NULL) != 0;
        wrong += number != i % 100000;
        wrong += intern_find(&intern, &key, sizeof(key)) != number;
    }
    ck_assert_uint_eq(wrong, 0);
    ck_assert_uint_eq(intern.n, 100000);
    ck_assert_uint_eq(intern_find(&intern, "?", 1), UINT32_MAX);
    /* Keys of all lengths, of nothing but zeroes. */
    unsigned char zeroes[64] = {0};
    for (size_t length = 0; length < sizeof(zeroes); length++) {
        uint32_t number = 0;
        ck_assert_int_eq(intern_add(&intern, zeroes, length, &number, NULL), 0);
        ck_assert_uint_eq(number, length == 8 ? 0 : 100000 + length - (length > 8));
    }
    intern_done(&intern);
    store_done(&store);
}
END_TEST

static Suite *profile_suite(void)
{
    Suite *suite = suite_create("profile");
    TCase *tests = tcase_create("profile");
    tcase_add_test(tests, equal_frames_are_one_and_equal_stacks_add_up);
    tcase_add_test(tests, a_name_is_never_empty_and_ends_at_its_length);
    tcase_add_test(tests, no_sum_can_overflow);
    tcase_add_test(tests, memory_has_a_bound);
    tcase_add_test(tests, what_is_in_use_is_shown_first);
    tcase_add_test(tests, types_have_a_bound);
    tcase_add_test(tests, a_hundred_thousand_keys_each_keep_their_number);
    suite_add_tcase(suite, tests);
    return suite;
}

CHECK_MAIN(profile_suite);
