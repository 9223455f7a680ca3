/* kernel_files: what a kernel lacks is in the record, and said once. */
#include "run/kernel_files.h"

#include <string.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/temp_dir.h"

static void cycle_with(bool has_peak, bool reclaimed, struct cycle *ret)
{
    memset(ret, 0, sizeof(*ret));
    survey_init(&ret->floor);
    memory_sample_set(&ret->floor.memory, MEMORY_CURRENT, 1 << 20);
    if (has_peak)
        memory_sample_set(&ret->floor.memory, MEMORY_PEAK, 1 << 21);
    ret->reclaimed = reclaimed;
}

static bool warns_of(const struct record *record, const char *word)
{
    for (unsigned i = 0; i < record->n_warnings; i++)
        if (strstr(record->warnings[i], word) != NULL)
            return true;
    return false;
}

START_TEST(a_kernel_before_5_19)
{
    static struct record record;
    struct cycle cycle;
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    temp_dir_write(&dir, "memory.high", "max\n");
    cycle_with(false, true, &cycle);
    kernel_files_note(dir.path, &cycle, &record);
    kernel_files_note(dir.path, &cycle, &record);
    ck_assert_str_eq(record.machine.reclaim_by, "memory.high");
    ck_assert_str_eq(record.machine.peak_by, "samples");
    ck_assert_uint_eq(record.n_warnings, 2);
    ck_assert(warns_of(&record, "no memory.reclaim"));
    ck_assert(warns_of(&record, "no memory.peak"));
}
END_TEST

START_TEST(a_kernel_that_has_both)
{
    static struct record record;
    struct cycle cycle;
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    temp_dir_write(&dir, "memory.high", "max\n");
    temp_dir_write(&dir, "memory.reclaim", "");
    cycle_with(true, false, &cycle);
    kernel_files_note(dir.path, &cycle, &record);
    ck_assert_str_eq(record.machine.reclaim_by, ""); /* nothing was reclaimed yet */
    cycle.reclaimed = true;
    kernel_files_note(dir.path, &cycle, &record);
    ck_assert_str_eq(record.machine.reclaim_by, "memory.reclaim");
    ck_assert_str_eq(record.machine.peak_by, "memory.peak");
    ck_assert_uint_eq(record.n_warnings, 0);
}
END_TEST

START_TEST(processes_without_a_cgroup_have_neither)
{
    static struct record record;
    struct cycle cycle;
    memset(&cycle, 0, sizeof(cycle));
    survey_init(&cycle.floor);
    memory_sample_set(&cycle.floor.memory, MEMORY_RSS, 1 << 20);
    kernel_files_note(NULL, &cycle, &record);
    ck_assert_str_eq(record.machine.peak_by, "");
    ck_assert_uint_eq(record.n_warnings, 0);
}
END_TEST

static Suite *kernel_files_suite(void)
{
    Suite *suite = suite_create("kernel_files");
    TCase *files = tcase_create("files");
    tcase_add_test(files, a_kernel_before_5_19);
    tcase_add_test(files, a_kernel_that_has_both);
    tcase_add_test(files, processes_without_a_cgroup_have_neither);
    suite_add_tcase(suite, files);
    return suite;
}

CHECK_MAIN(kernel_files_suite);
