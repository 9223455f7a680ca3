/* data_folder: made empty, removed whatever is in it, and what to tell about it. */
#include "run/data_folder.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "tests/support/check_main.h"
#include "tests/support/temp_dir.h"

static struct temp_dir dir;
static struct record *record;

static void setup(void)
{
    static const struct run_spec nothing = {.scenario = ""};
    dir = temp_dir_make();
    ck_assert_int_eq(record_new(&nothing, &record, NULL), 0);
}

static void teardown(void)
{
    record_free(record);
    temp_dir_done(&dir);
}

static bool is_memory(const char *path)
{
    struct statfs status;
    return statfs(path, &status) == 0 && status.f_type == TMPFS_MAGIC;
}

START_TEST(it_is_made_once_and_has_the_name_of_the_run)
{
    struct error err = {0};
    CLEANUP(freep) char *path = NULL;
    CLEANUP(freep) char *again = NULL;
    ck_assert_int_eq(data_folder_make(dir.path, "trial.fixed", &path, NULL), 0);
    ck_assert(file_exists(dir.fd, "trial.fixed.data"));
    ck_assert_int_eq(data_folder_make(dir.path, "trial.fixed", &again, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, path));
    ck_assert_ptr_null(again);
}
END_TEST

START_TEST(it_goes_with_all_that_is_in_it)
{
    CLEANUP(freep) char *path = NULL;
    ck_assert_int_eq(data_folder_make(dir.path, "trial", &path, NULL), 0);
    temp_dir_write(&dir, "trial.data/a/b/file", "x");
    ck_assert_int_eq(fchmodat(dir.fd, "trial.data/a", 0, 0), 0);
    data_folder_remove(dir.path, "trial", record);
    data_folder_remove(dir.path, "trial", record); /* gone already: fine */
    ck_assert(!file_exists(dir.fd, "trial.data"));
    ck_assert_uint_eq(record->n_warnings, 0);
}
END_TEST

START_TEST(what_was_written_into_memory_is_a_warning_and_an_empty_folder_none)
{
    char shm[] = "/dev/shm/leakcage-test-XXXXXX";
    if (!is_memory("/dev/shm") || mkdtemp(shm) == NULL) {
        fprintf(stderr, "skipped: /dev/shm is no tmpfs that can be written to\n");
        return;
    }
    data_folder_check(shm, record);
    ck_assert_uint_eq(record->n_warnings, 0);
    (void)rmdir(shm);

    CLEANUP(freep) char *file = file_join(shm, "file");
    ck_assert_int_eq(mkdir(shm, 0700), 0);
    ck_assert_int_eq(mkdir(file, 0700), 0);
    data_folder_check(shm, record);
    (void)file_remove_tree(shm, NULL);
    ck_assert_uint_eq(record->n_warnings, 1);
    ck_assert_ptr_nonnull(strstr(record->warnings[0], "tmpfs"));
    ck_assert_ptr_nonnull(strstr(record->warnings[0], "on a disk")); /* not cut */
}
END_TEST

START_TEST(what_cannot_be_removed_is_a_warning_that_names_it)
{
    temp_dir_write(&dir, "file", "");
    CLEANUP(freep) char *file = file_join(dir.path, "file");
    data_folder_remove(file, "trial", record); /* below what is no folder */
    ck_assert_uint_eq(record->n_warnings, 1);
    ck_assert_ptr_nonnull(strstr(record->warnings[0], "file/trial.data"));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("data_folder");
    TCase *c = tcase_create("a data folder");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, it_is_made_once_and_has_the_name_of_the_run);
    tcase_add_test(c, it_goes_with_all_that_is_in_it);
    tcase_add_test(c, what_was_written_into_memory_is_a_warning_and_an_empty_folder_none);
    tcase_add_test(c, what_cannot_be_removed_is_a_warning_that_names_it);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);
