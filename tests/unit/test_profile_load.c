/* profile_load: a file is known by its content, and what is no profile is told why. */
#include "profile/profile_load.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "profile/gzip.h"
#include "profile/pprof_write.h"
#include "tests/support/check_main.h"
#include "tests/support/profiles.h"
#include "tests/support/temp_dir.h"

static void expect_loaded(const void *data, size_t length, const char *expected)
{
    CLEANUP(profile_freep) struct profile *profile = NULL;
    struct error err = {0};
    ck_assert_msg(profile_load_text(data, length, &profile, &err) == 0, "%s", err.text);
    CLEANUP(freep) char *text = profiles_text(profile);
    ck_assert_str_eq(text, expected);
}

static void expect_why(const char *data, size_t length, const char *expected)
{
    struct profile *profile = NULL;
    struct error err = {0};
    ck_assert_int_eq(profile_load_text(data, length, &profile, &err), 1);
    ck_assert_str_eq(err.text, expected);
}

START_TEST(each_form_is_known_by_its_content)
{
    static const char goroutines[] = "goroutine profile: total 1\n1 @ 0x1\n#\t0x1\tf+0x1\ta.go:3\n";
    static const char goroutines_text[] = "goroutine/count / 0 0 0\nf (a.go:3): 1\n";
    CLEANUP(buffer_done) struct buffer packed = BUFFER_INIT(10000);
    CLEANUP(buffer_done) struct buffer plain = BUFFER_INIT(10000);
    CLEANUP(profile_freep) struct profile *heap = profiles_make("main;f 12\n");
    expect_loaded("a;b 1\n", 6, "samples/count / 0 0 0\nb < a: 1\n");
    expect_loaded(goroutines, strlen(goroutines), goroutines_text);
    ck_assert_int_eq(gzip_pack(goroutines, strlen(goroutines), &packed, NULL), 0);
    expect_loaded(packed.data, packed.length, goroutines_text);
    buffer_clear(&packed);
    ck_assert_int_eq(pprof_write(heap, &packed, NULL), 0);
    ck_assert_int_eq(pprof_encode(heap, &plain, NULL), 0);
    expect_loaded(packed.data, packed.length, "inuse_space/bytes / 0 0 0\nf < main: 12\n");
    expect_loaded(plain.data, plain.length, "inuse_space/bytes / 0 0 0\nf < main: 12\n");
}
END_TEST

START_TEST(what_is_no_profile_is_told_why)
{
    static const struct {
        const char *data;
        const char *why;
    } cases[] = {
        {"", "it is empty"},
        {"hello\n", "text, which is no form of profile that is read"},
        {" {\"rss\": 1}", "JSON, which is no form of profile that is read"},
        {"<html>", "a page, not a profile: is the URL right?"},
        {"heap profile: 1: 2 [3: 4] @ heap/524288\n",
         "a heap profile in text form, which is not scaled to what it stands for: collect it "
         "without ?debug=1"},
        {"goroutine 1 [running]:\nmain.main()\n",
         "the stacks of goroutines one by one: collect them with ?debug=1, or without"},
        {"--- mutex:\ncycles/second=1\n",
         "a profile of contention in text form: collect it without ?debug=1"},
        {"goroutine profile: total 1\nx\n", "line 2: found no \"COUNT @ ADDRESSES\""},
        {"\x01\x02", "pprof: byte 0: no such field number"},
        {"\x1f\x8b", "gzip: it is cut short"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        expect_why(cases[i].data, strlen(cases[i].data), cases[i].why);
    expect_why("PNG\0\0\0", 6, "pprof: byte 2: no such type of a field");
}
END_TEST

START_TEST(what_is_packed_twice_is_not_unpacked_on_and_on)
{
    CLEANUP(buffer_done) struct buffer once = BUFFER_INIT(10000);
    CLEANUP(buffer_done) struct buffer twice = BUFFER_INIT(10000);
    CLEANUP(buffer_done) struct buffer thrice = BUFFER_INIT(10000);
    ck_assert_int_eq(gzip_pack("a;b 1\n", 6, &once, NULL), 0);
    ck_assert_int_eq(gzip_pack(once.data, once.length, &twice, NULL), 0);
    ck_assert_int_eq(gzip_pack(twice.data, twice.length, &thrice, NULL), 0);
    struct profile *profile = NULL;
    struct error err = {0};
    ck_assert_int_eq(profile_load_text(thrice.data, thrice.length, &profile, &err), 1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
}
END_TEST

START_TEST(a_file_is_loaded_if_it_is_one)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    struct error err = {0};
    CLEANUP(profile_freep) struct profile *profile = NULL;
    struct profile *none = NULL;
    temp_dir_write(&dir, "stacks.000.txt", "a;b 1\n");
    ck_assert_int_eq(profile_load(dir.fd, "stacks.000.txt", &profile, &err), 0);
    ck_assert_uint_eq(profile->n_samples, 1);
    ck_assert_int_eq(profile_load(dir.fd, "none", &none, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "cannot open none"));
    ck_assert_int_eq(mkdirat(dir.fd, "folder", 0755), 0);
    ck_assert_int_eq(profile_load(dir.fd, "folder", &none, &err), 1);
    ck_assert_str_eq(err.text, "it is no file");
    /* Nobody writes to it: it must not be waited for. */
    ck_assert_int_eq(mkfifoat(dir.fd, "pipe", 0644), 0);
    ck_assert_int_eq(profile_load(dir.fd, "pipe", &none, &err), 1);
    temp_dir_write(&dir, "large", "");
    CLEANUP(freep) char *large = file_join(dir.path, "large");
    ck_assert_int_eq(truncate(large, (off_t)PROFILE_FILE_MAX_BYTES + 1), 0);
    ck_assert_int_eq(profile_load(dir.fd, "large", &none, &err), 1);
    ck_assert_str_eq(err.text, "it is longer than 64 MiB");
}
END_TEST

static Suite *profile_load_suite(void)
{
    Suite *suite = suite_create("profile_load");
    TCase *tests = tcase_create("profile_load");
    tcase_add_test(tests, each_form_is_known_by_its_content);
    tcase_add_test(tests, what_is_no_profile_is_told_why);
    tcase_add_test(tests, what_is_packed_twice_is_not_unpacked_on_and_on);
    tcase_add_test(tests, a_file_is_loaded_if_it_is_one);
    suite_add_tcase(suite, tests);
    return suite;
}

CHECK_MAIN(profile_load_suite);
