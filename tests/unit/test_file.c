/* file: read whole and bounded, written whole or not at all. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/temp_dir.h"

static struct temp_dir dir;

static void setup(void)
{
    dir = temp_dir_make();
}

static void teardown(void)
{
    temp_dir_done(&dir);
}

START_TEST(a_file_is_read_whole_behind_what_is_there)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(100000);
    char large[50001];
    memset(large, 'x', 50000);
    large[50000] = '\0';
    temp_dir_write(&dir, "large", large);
    buffer_append_text(&text, "before ", NULL);
    ck_assert_int_eq(file_read(dir.fd, "large", &text, NULL), 0);
    ck_assert_uint_eq(text.length, 50007);
    ck_assert_int_eq(strncmp(buffer_text(&text), "before xxx", 10), 0);
}
END_TEST

START_TEST(a_missing_or_too_large_file_is_an_error_that_names_it)
{
    struct error err = {0};
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(3);
    ck_assert_int_eq(file_read(dir.fd, "none", &text, &err), -1);
    ck_assert_int_eq(err.errno_value, ENOENT);
    ck_assert_ptr_nonnull(strstr(err.text, "none"));
    temp_dir_write(&dir, "four", "1234");
    ck_assert_int_eq(file_read(dir.fd, "four", &text, &err), -1);
    ck_assert_str_eq(err.text, "four: more than 3 bytes");
}
END_TEST

START_TEST(rereading_sees_what_changed_and_cuts_what_does_not_fit)
{
    char text[5];
    temp_dir_write(&dir, "counter", "12\n");
    CLEANUP(closep) int fd = openat(dir.fd, "counter", O_RDONLY | O_CLOEXEC);
    ck_assert_int_eq(file_reread(fd, text, sizeof(text)), 3);
    ck_assert_str_eq(text, "12\n");
    temp_dir_write(&dir, "counter", "1234567");
    ck_assert_int_eq(file_reread(fd, text, sizeof(text)), 4);
    ck_assert_str_eq(text, "1234");
    ck_assert_int_eq(file_reread(-1, text, sizeof(text)), -1);
}
END_TEST

START_TEST(a_number_is_read_and_max_is_no_limit)
{
    static const struct {
        const char *text;
        int status;
        uint64_t value;
    } cases[] = {{"42\n", 0, 42},
                 {"max\n", 0, UINT64_MAX},
                 {"18446744073709551615", 0, UINT64_MAX},
                 {"", -1, 0},
                 {"-1\n", -1, 0},
                 {"x\n", -1, 0},
                 {"18446744073709551616", -1, 0}};
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        uint64_t value = 0;
        struct error err = {0};
        temp_dir_write(&dir, "number", cases[i].text);
        ck_assert_int_eq(file_read_u64(dir.fd, "number", &value, &err), cases[i].status);
        ck_assert_uint_eq(value, cases[i].value);
        ck_assert_int_eq(err.kind == ERROR_NONE, cases[i].status == 0);
    }
}
END_TEST

START_TEST(writing_needs_a_file_that_is_there)
{
    struct error err = {0};
    ck_assert_int_eq(file_write(dir.fd, "none", "1", &err), -1);
    ck_assert(!file_exists(dir.fd, "none"));
    temp_dir_write(&dir, "there", "");
    ck_assert_int_eq(file_write(dir.fd, "there", "1", &err), 0);
}
END_TEST

START_TEST(replacing_is_atomic_and_leaves_no_temporary_file)
{
    struct error err = {0};
    temp_dir_write(&dir, "sub/result", "old");
    CLEANUP(closep) int old = openat(dir.fd, "sub/result", O_RDONLY | O_CLOEXEC);
    ck_assert_int_eq(file_write_atomic(dir.fd, "sub/result", "new", 3, &err), 0);
    char text[8];
    file_reread(old, text, sizeof(text)); /* who has it open still sees the old one */
    ck_assert_str_eq(text, "old");
    CLEANUP(buffer_done) struct buffer now = BUFFER_INIT(10);
    file_read(dir.fd, "sub/result", &now, NULL);
    ck_assert_str_eq(buffer_text(&now), "new");

    temp_dir_write(&dir, "folder/file", ""); /* a folder that is not empty cannot be replaced */
    ck_assert_int_eq(file_write_atomic(dir.fd, "folder", "new", 3, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_ENVIRONMENT);
    ck_assert_int_eq(file_write_atomic(dir.fd, "nowhere/file", "new", 3, &err), -1);
    ck_assert_int_eq(unlinkat(dir.fd, "sub/result", 0), 0);
    ck_assert_int_eq(unlinkat(dir.fd, "sub", AT_REMOVEDIR), 0); /* empty, then */
}
END_TEST

START_TEST(folders_are_made_on_the_way)
{
    struct error err = {0};
    CLEANUP(freep) char *path = file_join(dir.path, "a/b/c");
    ck_assert_int_eq(file_make_directories(path, &err), 0);
    ck_assert_int_eq(file_make_directories(path, &err), 0);
    ck_assert(file_exists(dir.fd, "a/b/c"));
    temp_dir_write(&dir, "file", "");
    CLEANUP(freep) char *below = file_join(dir.path, "file/x");
    CLEANUP(freep) char *file = file_join(dir.path, "file");
    ck_assert_int_eq(file_make_directories(below, &err), -1);
    ck_assert_int_eq(file_make_directories(file, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "is not a folder"));
}
END_TEST

static void expect_removed(const char *name)
{
    struct error err = {0};
    CLEANUP(freep) char *path = file_join(dir.path, name);
    ck_assert_msg(file_remove_tree(path, &err) == 0, "%s", err.text);
    ck_assert(!file_exists(dir.fd, name));
}

START_TEST(removing_a_tree_does_not_follow_links)
{
    temp_dir_write(&dir, "kept/file", "x");
    temp_dir_write(&dir, "gone/a/b", "x");
    CLEANUP(freep) char *kept = file_join(dir.path, "kept");
    CLEANUP(freep) char *gone = file_join(dir.path, "gone");
    temp_dir_link(&dir, "gone/link", kept);
    ck_assert_int_eq(file_remove_tree(gone, NULL), 0);
    ck_assert_int_eq(file_remove_tree(gone, NULL), 0); /* not there: fine */
    ck_assert(!file_exists(dir.fd, "gone"));
    ck_assert(file_exists(dir.fd, "kept/file"));
}
END_TEST

START_TEST(removing_a_tree_opens_up_what_keeps_us_out)
{
    static const mode_t modes[] = {0000, 0100, 0400, 0500, 0600, 0700};
    for (size_t i = 0; i < ARRAY_LENGTH(modes); i++) {
        temp_dir_write(&dir, "gone/shut/deeper/file", "x");
        temp_dir_write(&dir, "gone/other", "x");
        ck_assert_int_eq(fchmodat(dir.fd, "gone/shut/deeper", modes[i], 0), 0);
        ck_assert_int_eq(fchmodat(dir.fd, "gone/shut", modes[i], 0), 0);
        ck_assert_int_eq(fchmodat(dir.fd, "gone", modes[i], 0), 0);
        expect_removed("gone");
    }
}
END_TEST

START_TEST(no_tree_is_too_deep_and_none_too_wide_to_remove)
{
    enum { DEPTH = 3000, WIDTH = 300 };
    ck_assert_int_eq(mkdirat(dir.fd, "gone", 0700), 0);
    int fd = openat(dir.fd, "gone", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int depth = 0; depth < DEPTH; depth++) {
        ck_assert_int_eq(mkdirat(fd, "a-folder-within-a-folder", 0700), 0);
        int below = openat(fd, "a-folder-within-a-folder", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        ck_assert_int_ge(below, 0);
        close(fd);
        fd = below;
    }
    close(fd);
    for (int i = 0; i < WIDTH; i++) {
        char name[32];
        snprintf(name, sizeof(name), "gone/%d/file", i);
        temp_dir_write(&dir, name, "x");
    }
    expect_removed("gone");
}
END_TEST

START_TEST(a_tree_that_is_no_folder_is_removed_as_well)
{
    temp_dir_write(&dir, "kept", "x");
    temp_dir_link(&dir, "gone", "kept");
    expect_removed("gone");
    ck_assert(file_exists(dir.fd, "kept"));
    expect_removed("kept");
}
END_TEST

START_TEST(what_may_not_be_removed_is_an_error_that_names_it)
{
    struct error err = {0};
    ck_assert_int_eq(file_remove_tree("/proc/self", &err), -1);
    ck_assert_int_eq(err.kind, ERROR_ENVIRONMENT);
    ck_assert_ptr_nonnull(strstr(err.text, "/proc/self"));
}
END_TEST

static const struct {
    const char *text;
    unsigned lines;
    const char *tail;
} tails[] = {
    {"", 3, ""},
    {"one\n", 3, "one\n"},
    {"one\ntwo\nthree\n", 2, "two\nthree\n"},
    {"one\ntwo\nthree", 2, "two\nthree"},
    {"\n\n\n", 2, "\n\n"},
    {"a\033[31mb\r\n", 1, "a?[31mb?\n"},
    {"gr\303\274n\n", 1, "gr\303\274n\n"},
};

START_TEST(the_tail_of_a_log_is_made_visible)
{
    char text[64];
    temp_dir_write(&dir, "log", tails[_i].text);
    ck_assert_uint_eq(file_tail(dir.fd, "log", tails[_i].lines, text, sizeof(text)),
                      strlen(tails[_i].tail));
    ck_assert_str_eq(text, tails[_i].tail);
}
END_TEST

START_TEST(the_tail_of_a_large_log_is_its_end)
{
    char text[64];
    CLEANUP(buffer_done) struct buffer log = BUFFER_INIT(1000000);
    for (int i = 0; i < 50000; i++)
        buffer_printf(&log, NULL, "line %d\n", i);
    temp_dir_write(&dir, "log", buffer_text(&log));
    file_tail(dir.fd, "log", 2, text, sizeof(text));
    ck_assert_str_eq(text, "line 49998\nline 49999\n");
    file_tail(dir.fd, "none", 2, text, sizeof(text));
    ck_assert_str_eq(text, "");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("file");
    TCase *c = tcase_create("files");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, a_file_is_read_whole_behind_what_is_there);
    tcase_add_test(c, a_missing_or_too_large_file_is_an_error_that_names_it);
    tcase_add_test(c, rereading_sees_what_changed_and_cuts_what_does_not_fit);
    tcase_add_test(c, a_number_is_read_and_max_is_no_limit);
    tcase_add_test(c, writing_needs_a_file_that_is_there);
    tcase_add_test(c, replacing_is_atomic_and_leaves_no_temporary_file);
    tcase_add_test(c, folders_are_made_on_the_way);
    tcase_add_test(c, removing_a_tree_does_not_follow_links);
    tcase_add_test(c, removing_a_tree_opens_up_what_keeps_us_out);
    tcase_add_test(c, no_tree_is_too_deep_and_none_too_wide_to_remove);
    tcase_set_timeout(c, 30);
    tcase_add_test(c, a_tree_that_is_no_folder_is_removed_as_well);
    tcase_add_test(c, what_may_not_be_removed_is_an_error_that_names_it);
    tcase_add_loop_test(c, the_tail_of_a_log_is_made_visible, 0, (int)ARRAY_LENGTH(tails));
    tcase_add_test(c, the_tail_of_a_large_log_is_its_end);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);
