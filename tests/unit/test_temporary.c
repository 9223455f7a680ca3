/* temporary: folders that a killed owner left are swept, all others stay. */
#include "base/temporary.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/support/check_main.h"
#include "tests/support/temp_dir.h"

/* What a child that is killed has made. */
static void make_and_be_killed(char *path, size_t size)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        if (temporary_make("kind", path, size, NULL) == 0 &&
            write(ends[1], path, size) == (ssize_t)size)
            pause();
        _exit(1);
    }
    ck_assert_int_eq(read(ends[0], path, size), (ssize_t)size);
    kill(pid, SIGKILL);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    close(ends[0]);
    close(ends[1]);
}

START_TEST(what_a_killed_one_left_is_swept_and_ours_stays)
{
    struct temp_dir dir = temp_dir_make();
    char ours[PATH_MAX];
    char left[PATH_MAX] = "";
    setenv("TMPDIR", dir.path, 1);
    ck_assert_int_eq(temporary_make("kind", ours, sizeof(ours), NULL), 0);
    ck_assert(strncmp(ours, dir.path, strlen(dir.path)) == 0);
    make_and_be_killed(left, sizeof(left));
    ck_assert(file_exists(AT_FDCWD, left));
    ck_assert_uint_eq(temporary_sweep(), 1);
    ck_assert(!file_exists(AT_FDCWD, left));
    ck_assert(file_exists(AT_FDCWD, ours));
    ck_assert_int_eq(file_remove_tree(ours, NULL), 0);
    temp_dir_done(&dir);
}
END_TEST

START_TEST(the_next_one_that_is_made_sweeps)
{
    struct temp_dir dir = temp_dir_make();
    char path[PATH_MAX] = "";
    char left[PATH_MAX] = "";
    setenv("TMPDIR", dir.path, 1);
    make_and_be_killed(left, sizeof(left));
    ck_assert_int_eq(temporary_make("kind", path, sizeof(path), NULL), 0);
    ck_assert(!file_exists(AT_FDCWD, left));
    temp_dir_done(&dir);
}
END_TEST

START_TEST(files_links_and_names_of_others_are_none_of_its_business)
{
    struct temp_dir dir = temp_dir_make();
    char left[PATH_MAX] = "";
    char link[PATH_MAX + 8];
    setenv("TMPDIR", dir.path, 1);
    make_and_be_killed(left, sizeof(left));
    ck_assert_int_eq(rmdir(left), 0);
    ck_assert_int_eq(symlink("/", left), 0);
    snprintf(link, sizeof(link), "%s.x", left);
    ck_assert_int_eq(file_write_atomic(AT_FDCWD, link, "", 0, NULL), 0);
    ck_assert_int_eq(mkdirat(dir.fd, "leakcage-door-abcdef", 0700), 0);
    ck_assert_int_eq(mkdirat(dir.fd, "leakcage-1-2.x", 0700), 0);
    ck_assert_uint_eq(temporary_sweep(), 0);
    ck_assert(file_exists(dir.fd, "leakcage-door-abcdef"));
    ck_assert(file_exists(dir.fd, "leakcage-1-2.x"));
    temp_dir_done(&dir);
}
END_TEST

START_TEST(where_tmpdir_is_too_long_it_is_tmp)
{
    char path[64];
    char place[200];
    memset(place, 'x', sizeof(place) - 1);
    place[0] = '/';
    place[sizeof(place) - 1] = '\0';
    setenv("TMPDIR", place, 1);
    ck_assert_int_eq(temporary_make("k", path, sizeof(path), NULL), 0);
    ck_assert(strncmp(path, "/tmp/leakcage-", strlen("/tmp/leakcage-")) == 0);
    ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

static Suite *temporary_suite(void)
{
    Suite *suite = suite_create("temporary");
    TCase *folders = tcase_create("folders");
    tcase_add_test(folders, what_a_killed_one_left_is_swept_and_ours_stays);
    tcase_add_test(folders, the_next_one_that_is_made_sweeps);
    tcase_add_test(folders, files_links_and_names_of_others_are_none_of_its_business);
    tcase_add_test(folders, where_tmpdir_is_too_long_it_is_tmp);
    suite_add_tcase(suite, folders);
    return suite;
}

CHECK_MAIN(temporary_suite);
