/* quarantine: how much of what is freed AddressSanitizer keeps in a process. The process that is
 * asked is a child of this test, with libasan mapped by name alone. */
#include "run/quarantine.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "driver/build_probe.h"
#include "tests/support/check_main.h"
#include "tests/support/temp_dir.h"

#define MIB ((uint64_t)1024 * 1024)

static const struct {
    const char *options;
    uint64_t bytes;
    uint64_t thread_bytes;
    bool said;
} cases[] = {
    {"", 256 * MIB, MIB, false},
    {"detect_leaks=0", 256 * MIB, MIB, false},
    {"thread_local_quarantine_size_kb=0", 256 * MIB, 0, false},
    {"quarantine_size_mb=0:thread_local_quarantine_size_kb=0:detect_leaks=0", 0, 0, true},
    {"detect_leaks=0 quarantine_size_mb=16", 16 * MIB, MIB, true},
    {"thread_local_quarantine_size_kb=16,quarantine_size_mb=\"1\"", MIB, 16 * 1024, true},
    {"quarantine_size_mb=1:quarantine_size_mb=2:", 2 * MIB, MIB, true},
    {"quarantine_size_mb=-1", 256 * MIB, MIB, false},
    {"quarantine_size_mb=99999999999999999999", 256 * MIB, MIB, false},
    {"::", 256 * MIB, MIB, false},
};

START_TEST(the_options_say_how_much)
{
    struct quarantine found = quarantine_of_options(cases[_i].options);
    ck_assert_uint_eq(found.bytes, cases[_i].bytes);
    ck_assert_uint_eq(found.thread_bytes, cases[_i].thread_bytes);
    ck_assert(found.said == cases[_i].said);
}
END_TEST

/* A process with a file of this name mapped, and ASAN_OPTIONS as given (NULL: unset); asked. */
static void check(const char *library, const char *options, struct record *record)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    char script[PATH_MAX + 256];
    int ready[2];
    char byte = 0;
    temp_dir_write(&dir, library, "nothing that could be loaded");
    snprintf(script, sizeof(script),
             "import mmap, os, sys, time\n"
             "kept = mmap.mmap(os.open('%s/%s', os.O_RDONLY), 0, prot=mmap.PROT_READ)\n"
             "os.write(1, b'x')\ntime.sleep(60)\n",
             dir.path, library);
    ck_assert_int_eq(pipe(ready), 0);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        dup2(ready[1], STDOUT_FILENO);
        unsetenv("ASAN_OPTIONS");
        if (options != NULL)
            setenv("ASAN_OPTIONS", options, 1);
        execl("/usr/bin/python3", "python3", "-c", script, (char *)NULL);
        _exit(127);
    }
    close(ready[1]);
    ssize_t length = read(ready[0], &byte, 1);
    const struct runtime_survey processes = {.first = 1, .listener = pid};
    if (length == 1)
        quarantine_check(&processes, record);
    close(ready[0]);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    ck_assert_int_eq(length, 1);
}

START_TEST(one_that_nobody_chose_is_a_reason_to_warn)
{
    struct record record = {.question = {.concurrency = 8}};
    check("libasan.so.8.0.0", _i == 0 ? NULL : "detect_leaks=0", &record);
    /* And a thread of its own, and eight under load. */
    ck_assert_uint_eq(record.question.quarantine_bytes, (256 + 9) * MIB);
    ck_assert_uint_eq(record.n_warnings, 1);
    ck_assert_str_eq(record.warnings[0],
                     "AddressSanitizer keeps what is freed, up to 265.0 MiB: growth until then may "
                     "be no leak; ASAN_OPTIONS=quarantine_size_mb=0:thread_local_quarantine_size_"
                     "kb=0 in its environment ends that");
}
END_TEST

START_TEST(one_that_was_chosen_is_known)
{
    struct record record = {.question = {.concurrency = 8}};
    check("libasan.so.8", "quarantine_size_mb=0", &record);
    ck_assert_uint_eq(record.question.quarantine_bytes, 0);
    check("libclang_rt.asan-x86_64.so", "quarantine_size_mb=16", &record);
    ck_assert_uint_eq(record.question.quarantine_bytes, (16 + 9) * MIB);
    ck_assert_uint_eq(record.n_warnings, 0);
}
END_TEST

START_TEST(without_the_sanitizer_there_is_none)
{
    struct record record = {.question = {.concurrency = 8}};
    const struct runtime_survey nobody = {.listener = 0};
    check("libasane.so", NULL, &record);
    quarantine_check(&nobody, &record);
    ck_assert_uint_eq(record.question.quarantine_bytes, 0);
    ck_assert_uint_eq(record.n_warnings, 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("quarantine");
    TCase *tests = tcase_create("quarantine");
    tcase_add_loop_test(tests, the_options_say_how_much, 0, ARRAY_LENGTH(cases));
    tcase_add_loop_test(tests, one_that_nobody_chose_is_a_reason_to_warn, 0, 2);
    tcase_add_test(tests, one_that_was_chosen_is_known);
    tcase_add_test(tests, without_the_sanitizer_there_is_none);
    suite_add_tcase(suite, tests);
    return suite;
}

CHECK_MAIN(suite);
