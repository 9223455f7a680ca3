/* work_folder: what killed ones left is told from what is being worked on. */
#include "run/work_folder.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/owner.h"
#include "tests/support/check_main.h"
#include "tests/support/temp_dir.h"

/* The owner's name of a process that is no more, into name[OWNER_NAME_MAX]. */
static void dead_owner(char *name)
{
    int fds[2];
    ck_assert_int_eq(pipe(fds), 0);
    pid_t pid = fork();
    if (pid == 0) {
        owner_name(name, NULL);
        _exit(write(fds[1], name, OWNER_NAME_MAX) < 0);
    }
    ck_assert_int_eq(read(fds[0], name, OWNER_NAME_MAX), OWNER_NAME_MAX);
    waitpid(pid, NULL, 0);
    close(fds[0]);
    close(fds[1]);
}

static void write_below(const struct temp_dir *dir, const char *kind, const char *owner)
{
    char name[OWNER_NAME_MAX + 64];
    snprintf(name, sizeof(name), "results/%s%s/deep/file", kind, owner);
    temp_dir_write(dir, name, "");
}

START_TEST(each_kind_has_a_folder_of_its_own_and_both_are_there)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    CLEANUP(freep) char *results = file_join(dir.path, "new/results");
    CLEANUP(freep) char *session = NULL;
    CLEANUP(freep) char *revisions = NULL;
    ck_assert_int_eq(work_folder_make(results, WORK_FOLDER_SESSION, &session, NULL), 0);
    ck_assert_int_eq(work_folder_make(results, WORK_FOLDER_REVISIONS, &revisions, NULL), 0);
    ck_assert_str_ne(session, revisions);
    ck_assert_int_eq(session[0], '/');
    ck_assert_uint_eq(work_folder_sweep(results), 0);
    ck_assert_int_eq(access(session, F_OK), 0);
    ck_assert_int_eq(access(revisions, F_OK), 0);
}
END_TEST

START_TEST(what_the_dead_left_is_swept_of_either_kind_and_nothing_else)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    CLEANUP(freep) char *results = file_join(dir.path, "results");
    CLEANUP(freep) char *living = NULL;
    char dead[OWNER_NAME_MAX] = "";
    dead_owner(dead);
    write_below(&dir, WORK_FOLDER_SESSION, dead);
    write_below(&dir, WORK_FOLDER_REVISIONS, dead);
    write_below(&dir, ".mine-", dead);
    write_below(&dir, WORK_FOLDER_REVISIONS, "notes");
    ck_assert_uint_eq(work_folder_sweep(results), 2);
    ck_assert_uint_eq(work_folder_sweep(results), 0);

    write_below(&dir, WORK_FOLDER_REVISIONS, dead);
    ck_assert_int_eq(work_folder_make(results, WORK_FOLDER_SESSION, &living, NULL), 0);
    ck_assert_uint_eq(work_folder_sweep(results), 0); /* the next one has done it already */
    ck_assert_uint_eq(work_folder_sweep("/nowhere/at/all"), 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("work_folder");
    TCase *c = tcase_create("folders");
    tcase_add_test(c, each_kind_has_a_folder_of_its_own_and_both_are_there);
    tcase_add_test(c, what_the_dead_left_is_swept_of_either_kind_and_nothing_else);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);
