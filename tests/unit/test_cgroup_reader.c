/* cgroup_reader: quick and full readings of a folder that looks like a cgroup. */
#include "memory/cgroup_reader.h"

#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/temp_dir.h"

static void reader_freep(struct cgroup_reader **reader)
{
    cgroup_reader_free(*reader);
}

static void write_group(const struct temp_dir *dir)
{
    temp_dir_write(dir, "memory.current", "1495040\n");
    temp_dir_write(dir, "memory.stat", "anon 1146880\nfile 4096\npglazyfree 3\n");
    temp_dir_write(dir, "memory.events", "low 0\nhigh 0\nmax 2\noom 0\noom_kill 0\n");
    temp_dir_write(dir, "memory.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=12\n");
    temp_dir_write(dir, "pids.current", "4\n");
    temp_dir_write(dir, "cpu.stat", "usage_usec 1234\nuser_usec 1000\nsystem_usec 234\n");
}

static struct cgroup_reader *open_reader(const struct temp_dir *dir)
{
    struct cgroup_reader *reader = NULL;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(cgroup_reader_open(dir->fd, &reader, &err) == 0, "%s", err.text);
    return reader;
}

START_TEST(a_quick_reading_is_memory_current_alone)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    write_group(&dir);
    CLEANUP(reader_freep) struct cgroup_reader *reader = open_reader(&dir);
    struct memory_sample sample;
    ck_assert_int_eq(cgroup_reader_quick(reader, &sample, NULL), 0);
    ck_assert_uint_eq(memory_sample_get(&sample, MEMORY_CURRENT, 0), 1495040);
    ck_assert(!memory_sample_has(&sample, MEMORY_EVENTS_MAX));
    ck_assert(!memory_sample_has(&sample, MEMORY_PSI_SOME));
    ck_assert(!memory_sample_has(&sample, MEMORY_ANON));
    ck_assert(!memory_sample_has(&sample, MEMORY_CPU_USAGE));
}
END_TEST

START_TEST(a_full_reading_has_everything_there_is)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    write_group(&dir);
    CLEANUP(reader_freep) struct cgroup_reader *reader = open_reader(&dir);
    struct memory_sample sample;
    ck_assert_int_eq(cgroup_reader_full(reader, &sample, NULL), 0);
    ck_assert_uint_eq(memory_sample_get(&sample, MEMORY_CURRENT, 0), 1495040);
    ck_assert_uint_eq(memory_sample_get(&sample, MEMORY_ANON, 0), 1146880);
    ck_assert_uint_eq(memory_sample_get(&sample, MEMORY_EVENTS_MAX, 0), 2);
    ck_assert_uint_eq(memory_sample_get(&sample, MEMORY_PSI_SOME, 0), 12);
    ck_assert_uint_eq(memory_sample_get(&sample, MEMORY_PIDS, 0), 4);
    ck_assert_uint_eq(memory_sample_get(&sample, MEMORY_PGLAZYFREE, 0), 3);
    ck_assert_uint_eq(memory_sample_get(&sample, MEMORY_CPU_USAGE, 0), 1234);
    ck_assert(!memory_sample_has(&sample, MEMORY_PEAK));  /* no such file in this kernel */
    ck_assert(!memory_sample_has(&sample, MEMORY_SHMEM)); /* no such key */
}
END_TEST

START_TEST(sees_files_change_through_open_descriptors)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    write_group(&dir);
    CLEANUP(reader_freep) struct cgroup_reader *reader = open_reader(&dir);
    struct memory_sample sample;
    ck_assert_int_eq(cgroup_reader_quick(reader, &sample, NULL), 0);
    temp_dir_write(&dir, "memory.current", "99\n");
    ck_assert_int_eq(cgroup_reader_quick(reader, &sample, NULL), 0);
    ck_assert_uint_eq(memory_sample_get(&sample, MEMORY_CURRENT, 0), 99);
}
END_TEST

START_TEST(a_folder_without_memory_is_refused)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    struct cgroup_reader *reader = NULL;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_int_eq(cgroup_reader_open(dir.fd, &reader, &err), -1);
    ck_assert_ptr_null(reader);
    ck_assert_ptr_nonnull(strstr(err.text, "memory.current"));
}
END_TEST

START_TEST(a_malformed_file_is_an_error_and_leaves_the_sample_alone)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    write_group(&dir);
    temp_dir_write(&dir, "memory.stat", "anon 1\nanon 2\n");
    CLEANUP(reader_freep) struct cgroup_reader *reader = open_reader(&dir);
    struct memory_sample sample = {.present = 0};
    struct error err = {.kind = ERROR_NONE};
    ck_assert_int_eq(cgroup_reader_full(reader, &sample, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "memory.stat:2"));
    ck_assert_uint_eq(sample.present, 0);
}
END_TEST

START_TEST(a_file_beyond_all_bounds_is_an_error)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    write_group(&dir);
    CLEANUP(freep) char *text = calloc(1, 65536);
    ck_assert_ptr_nonnull(text);
    for (size_t at = 0; at + 16 < 65536; at += 12)
        snprintf(text + at, 16, "key%05zu 12\n", at / 12);
    temp_dir_write(&dir, "memory.stat", text);
    CLEANUP(reader_freep) struct cgroup_reader *reader = open_reader(&dir);
    struct memory_sample sample;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_int_eq(cgroup_reader_full(reader, &sample, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "longer than"));
}
END_TEST

static Suite *cgroup_reader_suite(void)
{
    Suite *suite = suite_create("cgroup_reader");
    TCase *readings = tcase_create("readings");
    tcase_add_test(readings, a_quick_reading_is_memory_current_alone);
    tcase_add_test(readings, a_full_reading_has_everything_there_is);
    tcase_add_test(readings, sees_files_change_through_open_descriptors);
    suite_add_tcase(suite, readings);
    TCase *failures = tcase_create("failures");
    tcase_add_test(failures, a_folder_without_memory_is_refused);
    tcase_add_test(failures, a_malformed_file_is_an_error_and_leaves_the_sample_alone);
    tcase_add_test(failures, a_file_beyond_all_bounds_is_an_error);
    suite_add_tcase(suite, failures);
    return suite;
}

CHECK_MAIN(cgroup_reader_suite);
