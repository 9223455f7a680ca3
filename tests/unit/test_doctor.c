/* doctor: whatever machine this is, the report is whole; and its small questions. */
#include "driver/doctor.h"

#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "driver/doctor_probe.h"
#include "tests/support/check_main.h"
#include "tests/support/temp_dir.h"

START_TEST(every_check_has_a_name_and_a_detail)
{
    static const struct driver_options options = {.guest_init_path = "/nonexistent/init"};
    struct doctor_report report;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(doctor_run(&options, &report, &err) == 0, "%s", err.text);
    ck_assert_uint_ge(report.n_checks, 15);
    ck_assert_uint_lt(report.n_checks, DOCTOR_CHECKS_MAX - 1);
    for (unsigned i = 0; i < report.n_checks; i++) {
        ck_assert_uint_gt(strlen(report.checks[i].name), 0);
        ck_assert_msg(strlen(report.checks[i].detail) > 0, "%s", report.checks[i].name);
    }
}
END_TEST

START_TEST(the_print_ends_with_what_auto_picks)
{
    struct doctor_report report = {.n_checks = 2};
    report.checks[0] = (struct doctor_check){.name = "swap", .status = DOCTOR_OK, .detail = "off"};
    report.checks[1] = (struct doctor_check){
        .name = "QEMU", .status = DOCTOR_MISSING, .detail = "not there", .fix = "install it"};
    CLEANUP(freep) char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    doctor_print(&report, out);
    fclose(out);
    ck_assert_str_eq(text, "ok       swap           off\n"
                           "missing  QEMU           not there\n"
                           "                        fix: install it\n"
                           "\n"
                           "auto finds no driver that works\n");
}
END_TEST

START_TEST(programs_tell_their_version)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    char path[PATH_MAX + 16];
    char text[64] = "";
    snprintf(path, sizeof(path), "%s/tool", dir.path);
    temp_dir_write(&dir, "tool", "#!/bin/sh\necho \"tool $1 7\"\necho more\n");
    ck_assert(!doctor_program_version(path, text, sizeof(text))); /* not executable */
    ck_assert_int_eq(chmod(path, 0755), 0);
    ck_assert(doctor_program_version(path, text, sizeof(text)));
    ck_assert_str_eq(text, "tool --version 7");
    temp_dir_write(&dir, "tool", "#!/bin/sh\nexit 1\n");
    ck_assert(!doctor_program_version(path, text, sizeof(text)));
}
END_TEST

START_TEST(programs_and_files_are_found)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    char path[PATH_MAX] = "";
    char pattern[PATH_MAX + 16];
    const char *const patterns[] = {"/nonexistent/*", pattern, NULL};
    temp_dir_write(&dir, "lib/libx.so.2", "first\nsecond\n");
    snprintf(pattern, sizeof(pattern), "%s/*/libx.so.[23]", dir.path);
    ck_assert(doctor_find_file(patterns, path, sizeof(path)));
    char line[32];
    ck_assert(doctor_first_line(path, line, sizeof(line)));
    ck_assert_str_eq(line, "first");
    ck_assert(!doctor_first_line("/nonexistent/file", line, sizeof(line)));
    ck_assert(doctor_find_program("sh", path, sizeof(path)));
    ck_assert(!doctor_find_program("no-such-program-anywhere", path, sizeof(path)));
}
END_TEST

static Suite *doctor_suite(void)
{
    Suite *suite = suite_create("doctor");
    TCase *report = tcase_create("report");
    tcase_set_timeout(report, 30);
    tcase_add_test(report, every_check_has_a_name_and_a_detail);
    tcase_add_test(report, the_print_ends_with_what_auto_picks);
    suite_add_tcase(suite, report);
    TCase *questions = tcase_create("questions");
    tcase_add_test(questions, programs_tell_their_version);
    tcase_add_test(questions, programs_and_files_are_found);
    suite_add_tcase(suite, questions);
    return suite;
}

CHECK_MAIN(doctor_suite);
