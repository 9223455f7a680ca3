/* file: what is for nobody else, and what others have written. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
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

/* All bits of the mode; what is not there ends the test. */
static unsigned mode_of(const char *name)
{
    struct stat status;
    ck_assert_msg(fstatat(dir.fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0, "%s", name);
    return status.st_mode & 07777U;
}

static bool is_there(const char *name)
{
    struct stat status;
    return fstatat(dir.fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0;
}

START_TEST(a_private_folder_is_closed_to_others_also_when_it_was_open)
{
    CLEANUP(freep) char *inner = file_join(dir.path, "open/private");
    struct error err = {.kind = ERROR_NONE};
    for (int round = 0; round < 2; round++) {
        ck_assert_msg(file_make_private_directory(inner, &err) == 0, "%s", err.text);
        ck_assert_uint_eq(mode_of("open/private"), 0700);
        ck_assert_uint_ne(mode_of("open"), 0700);
        ck_assert_int_eq(fchmodat(dir.fd, "open/private", 0755, 0), 0);
    }
}
END_TEST

START_TEST(a_private_file_is_never_anothers_to_read_and_follows_no_link)
{
    char temporary[64];
    snprintf(temporary, sizeof(temporary), "file.%ld.tmp", (long)getpid());
    temp_dir_write(&dir, "victim", "before");
    temp_dir_link(&dir, temporary, "victim");
    temp_dir_link(&dir, "file", "victim");
    ck_assert_int_eq(file_write_private(dir.fd, "file", "after", 5, NULL), 0);
    ck_assert_uint_eq(mode_of("file"), 0600);
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(64);
    ck_assert_int_eq(file_read(dir.fd, "victim", &text, NULL), 0);
    ck_assert_str_eq(buffer_text(&text), "before");
}
END_TEST

START_TEST(of_what_others_wrote_only_plain_files_are_kept)
{
    CLEANUP(freep) char *tree = file_join(dir.path, "tree");
    struct error err = {.kind = ERROR_NONE};
    temp_dir_write(&dir, "victim", "before");
    ck_assert_int_eq(fchmodat(dir.fd, "victim", 0640, 0), 0);
    ck_assert_int_eq(mkdirat(dir.fd, "tree", 0777), 0);
    ck_assert_int_eq(mkdirat(dir.fd, "tree/folder", 0755), 0);
    ck_assert_int_eq(mkdirat(dir.fd, "tree/closed", 0755), 0);
    temp_dir_write(&dir, "tree/file", "x");
    temp_dir_write(&dir, "tree/folder/tool", "x");
    temp_dir_link(&dir, "tree/link", "../victim");
    temp_dir_link(&dir, "tree/folder/up", "../..");
    temp_dir_link(&dir, "tree/closed/link", "../../victim");
    ck_assert_int_eq(fchmodat(dir.fd, "tree/folder/tool", 06777, 0), 0);
    ck_assert_int_eq(fchmodat(dir.fd, "tree/closed", 0, 0), 0);
    ck_assert_int_eq(mkfifoat(dir.fd, "tree/folder/pipe", 0666), 0);

    ck_assert_msg(file_keep_plain(tree, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(mode_of("tree"), 0700);
    ck_assert_uint_eq(mode_of("tree/folder"), 0700);
    ck_assert_uint_eq(mode_of("tree/file"), 0600);
    ck_assert_uint_eq(mode_of("tree/folder/tool"), 0600);
    ck_assert(!is_there("tree/link") && !is_there("tree/folder/up"));
    ck_assert(!is_there("tree/folder/pipe") && !is_there("tree/closed/link"));
    ck_assert_uint_eq(mode_of("victim"), 0640);
}
END_TEST

START_TEST(a_tree_is_given_with_its_links_and_not_what_they_lead_to)
{
    struct stat status;
    CLEANUP(freep) char *tree = file_join(dir.path, "tree");
    temp_dir_write(&dir, "victim", "before");
    ck_assert_int_eq(mkdirat(dir.fd, "tree", 0700), 0);
    temp_dir_write(&dir, "tree/file", "x");
    temp_dir_link(&dir, "tree/link", "../victim");
    uid_t user = geteuid() == 0 ? 4242 : geteuid();
    gid_t group = geteuid() == 0 ? 4243 : getegid();
    ck_assert_int_eq(file_give_tree(tree, user, group, NULL), 0);
    static const char *const given[] = {"tree", "tree/file", "tree/link"};
    for (size_t i = 0; i < ARRAY_LENGTH(given); i++) {
        ck_assert_int_eq(fstatat(dir.fd, given[i], &status, AT_SYMLINK_NOFOLLOW), 0);
        ck_assert(status.st_uid == user && status.st_gid == group);
    }
    ck_assert_int_eq(fstatat(dir.fd, "victim", &status, 0), 0);
    ck_assert_uint_eq(status.st_uid, geteuid());
    ck_assert_int_eq(file_give_tree("/nowhere/at/all", user, group, NULL), -1);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("file_private");
    TCase *files = tcase_create("files");
    tcase_add_checked_fixture(files, setup, teardown);
    tcase_add_test(files, a_private_folder_is_closed_to_others_also_when_it_was_open);
    tcase_add_test(files, a_private_file_is_never_anothers_to_read_and_follows_no_link);
    tcase_add_test(files, of_what_others_wrote_only_plain_files_are_kept);
    tcase_add_test(files, a_tree_is_given_with_its_links_and_not_what_they_lead_to);
    suite_add_tcase(s, files);
    return s;
}

CHECK_MAIN(suite);
