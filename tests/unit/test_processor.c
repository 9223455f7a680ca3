/* processor: what the processors are, and a process that is held on one of them. */
#include "base/processor.h"

#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/check_main.h"

static void *wait_forever(void *context)
{
    (void)context;
    for (;;)
        pause();
    return NULL;
}

START_TEST(it_is_known_whether_they_are_emulated)
{
    const char *name = processor_hypervisor();
    ck_assert(strcmp(name, "") == 0 || strcmp(name, "tcg") == 0 || strcmp(name, "kvm") == 0);
    ck_assert_int_eq(processor_is_emulated(), strcmp(name, "tcg") == 0);
}
END_TEST

/* May this thread run on one processor, the last there is, and nowhere else? */
static bool is_on_the_last(pid_t tid)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    ck_assert_int_eq(sched_getaffinity(tid, sizeof(set), &set), 0);
    return CPU_COUNT(&set) == 1 && CPU_ISSET((size_t)sysconf(_SC_NPROCESSORS_ONLN) - 1, &set);
}

START_TEST(a_process_and_all_its_threads_are_held_on_one)
{
    cpu_set_t ours;
    char path[64];
    char byte;
    int pipes[2];
    ck_assert_int_eq(pipe(pipes), 0);
    ck_assert_int_eq(sched_getaffinity(0, sizeof(ours), &ours), 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        pthread_t thread;
        pthread_create(&thread, NULL, wait_forever, NULL);
        ssize_t written = write(pipes[1], "x", 1);
        wait_forever(written == 1 ? NULL : &thread);
    }
    ck_assert_int_eq(read(pipes[0], &byte, 1), 1);
    bool held = processor_hold(child);
    unsigned threads = 0;
    unsigned on_the_last = 0;
    snprintf(path, sizeof(path), "/proc/%d/task", (int)child);
    DIR *tasks = opendir(path);
    ck_assert_ptr_nonnull(tasks);
    for (const struct dirent *entry = readdir(tasks); entry != NULL; entry = readdir(tasks)) {
        if (entry->d_name[0] == '.')
            continue;
        threads++;
        on_the_last += is_on_the_last((pid_t)strtol(entry->d_name, NULL, 10));
    }
    closedir(tasks);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(pipes[0]);
    close(pipes[1]);
    ck_assert_uint_eq(threads, 2);
    /* Where we may not run there ourselves, nor may it. */
    bool may = CPU_ISSET((size_t)sysconf(_SC_NPROCESSORS_ONLN) - 1, &ours);
    ck_assert_int_eq(held, may);
    ck_assert_uint_eq(on_the_last, may ? threads : 0);
    ck_assert(!processor_hold(child)); /* it is gone */
}
END_TEST

static Suite *processor_suite(void)
{
    Suite *suite = suite_create("processor");
    TCase *tcase = tcase_create("processors");
    tcase_add_test(tcase, it_is_known_whether_they_are_emulated);
    tcase_add_test(tcase, a_process_and_all_its_threads_are_held_on_one);
    suite_add_tcase(suite, tcase);
    return suite;
}

CHECK_MAIN(processor_suite);
