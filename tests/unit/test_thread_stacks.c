/* thread_stacks: threads grouped by where they wait and who started them, and what looking at them
 * does to them. */
#include "instrument/thread_stacks.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "instrument/thread_capture.h"
#include "instrument/thread_origins.h"
#include "profile/profile_load.h"
#include "tests/support/check_main.h"
#include "tests/support/resting.h"
#include "tests/support/temp_dir.h"

#define THREADS      500
#define MANY_THREADS 5000
#define TIMED_FLOORS 3

/* The instrument on a process, whose "cgroup" is a folder with its pid. */
struct looking {
    struct temp_dir dir;
    pthread_mutex_t lock;
    struct instrument_share share;
    void *self;
};

static void looking_start(struct looking *looking, pid_t pid)
{
    char text[32];
    struct error err = {.text = ""};
    looking->dir = temp_dir_make();
    pthread_mutex_init(&looking->lock, NULL);
    looking->share = (struct instrument_share){.lock = &looking->lock};
    ck_assert_int_eq(symbols_new(&looking->share.symbols, NULL), 0);
    ck_assert_int_eq(call_stacks_new(&looking->share.stacks, NULL), 0);
    ck_assert_int_eq(thread_origins_new(&looking->share.origins, NULL), 0);
    snprintf(text, sizeof(text), "%d\n", (int)pid);
    temp_dir_write(&looking->dir, "cgroup.procs", text);
    ck_assert_int_eq(instrument_thread_stacks.begin(&looking->share, NULL, &looking->self, &err),
                     0);
    const struct instrument_target target = {.cgroup_dir = looking->dir.path};
    ck_assert_int_eq(instrument_thread_stacks.started(looking->self, &target, &err), 0);
}

static void looking_done(struct looking *looking)
{
    instrument_thread_stacks.end(looking->self);
    thread_origins_free(looking->share.origins);
    call_stacks_free(looking->share.stacks);
    symbols_free(looking->share.symbols);
    temp_dir_done(&looking->dir);
}

static struct profile *snapshot(struct looking *looking, size_t cycle)
{
    char name[32];
    struct error err = {.text = ""};
    struct profile *profile = NULL;
    ck_assert_msg(
        instrument_thread_stacks.snapshot(looking->self, looking->dir.path, cycle, &err) == 0, "%s",
        err.text);
    snprintf(name, sizeof(name), "threads.%03zu.gz", cycle);
    ck_assert_msg(profile_load(looking->dir.fd, name, &profile, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(profile->n_types, 1);
    ck_assert_str_eq(profile->types[0].type, "threads");
    return profile;
}

/* The largest group, as "N @ a < b". */
static const char *largest(const struct profile *profile, char *text, size_t size)
{
    const struct profile_sample *sample = &profile->samples[0];
    for (size_t i = 1; i < profile->n_samples; i++)
        if (profile->samples[i].values[0] > sample->values[0])
            sample = &profile->samples[i];
    size_t length = (size_t)snprintf(text, size, "%d @", (int)sample->values[0]);
    for (uint32_t i = 0; i < sample->depth && length < size; i++) {
        const struct profile_frame *frame = &profile->frames[sample->frames[i]];
        const char *slash = strrchr(frame->file, '/');
        length += (size_t)snprintf(text + length, size - length, " %s %s:%d <", frame->function,
                                   slash != NULL ? slash + 1 : "", (int)frame->line);
    }
    return text;
}

static const char *effect_of(const struct looking *looking, char *text, size_t size)
{
    instrument_thread_stacks.effect(looking->self, text, size);
    return text;
}

/* What the kernel's events tell: all threads but the first were started by start_threads(). */
static void tell_origins(struct looking *looking, pid_t pid, const char *program)
{
    struct code_address origin = {.file = 0};
    uint32_t stack = 0;
    uint32_t file = 0;
    uint64_t offset = 0;
    char path[64];
    ck_assert_int_eq(symbols_add_file(looking->share.symbols, "", program, &file, NULL), 0);
    ck_assert(symbols_find_function(looking->share.symbols, file, "start_threads", &offset));
    ck_assert(symbols_locate(looking->share.symbols, file, offset, &origin));
    ck_assert_int_eq(call_stacks_add(looking->share.stacks, &origin, 1, &stack, NULL), 0);
    snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    DIR *tasks = opendir(path);
    ck_assert_ptr_nonnull(tasks);
    for (const struct dirent *entry = readdir(tasks); entry != NULL; entry = readdir(tasks)) {
        pid_t tid = (pid_t)atoi(entry->d_name);
        if (tid > 0 && tid != pid)
            ck_assert_int_eq(thread_origins_set(looking->share.origins, tid, stack, NULL), 0);
    }
    closedir(tasks);
}

/* Are these in there, one after another? */
static void expect_in_order(const char *text, const char *const *expected)
{
    const char *at = text;
    for (; *expected != NULL; expected++) {
        const char *found = strstr(at, *expected);
        ck_assert_msg(found != NULL, "no %s in %s", *expected, text);
        at = found + strlen(*expected);
    }
}

START_TEST(threads_are_grouped_by_where_they_wait_and_who_started_them)
{
    static const char *const programs[] = {RESTING_PROGRAMS "plain", RESTING_PROGRAMS "fast"};
    CLEANUP(resting_done)
    struct resting resting = resting_start(programs[_i], "sleep", THREADS);
    CLEANUP(looking_done) struct looking looking;
    char rests[64];
    char waits[64];
    char text[4096];
    looking_start(&looking, resting.process.pid);
    tell_origins(&looking, resting.process.pid, programs[_i]);
    CLEANUP(profile_freep) struct profile *profile = snapshot(&looking, 3);
    snprintf(rests, sizeof(rests), " rest threads_at_rest.c:%d <",
             resting_line(RESTING_SOURCE, "rests here"));
    snprintf(waits, sizeof(waits), " wait_for_answer threads_at_rest.c:%d <",
             resting_line(RESTING_SOURCE, "waits here"));
    const char *const expected[] = {
        "500 @", "clock_nanosleep ", rests,
        waits,   " thread_main ",    " [started by] :0 < start_threads threads_at_rest.c:",
        NULL};
    expect_in_order(largest(profile, text, sizeof(text)), expected);
    ck_assert_int_eq(profile_total(profile, 0), THREADS + 1);

    /* Nothing changes from floor to floor. */
    CLEANUP(profile_freep) struct profile *again = snapshot(&looking, 4);
    ck_assert_uint_eq(again->n_samples, profile->n_samples);
    ck_assert_int_eq(profile_total(again, 0), THREADS + 1);
    fprintf(stderr, "%s: %s\n", programs[_i], effect_of(&looking, text, sizeof(text)));
}
END_TEST

START_TEST(many_threads_take_well_under_a_second)
{
    static const char *const programs[] = {RESTING_PROGRAMS "plain", RESTING_PROGRAMS "fast"};
    static const char *const expected[] = {"clock_nanosleep", NULL};
    CLEANUP(resting_done)
    struct resting resting = resting_start(programs[_i], "sleep", MANY_THREADS);
    CLEANUP(looking_done) struct looking looking;
    char text[4096];
    nsec_t best_ns = INT64_MAX;
    looking_start(&looking, resting.process.pid);
    for (size_t i = 0; i < TIMED_FLOORS; i++) {
        nsec_t begin_ns = clock_now_ns();
        CLEANUP(profile_freep) struct profile *profile = snapshot(&looking, i);
        nsec_t took_ns = clock_now_ns() - begin_ns;
        fprintf(stderr, "%s: %d threads in %.0f ms\n", programs[_i], MANY_THREADS,
                (double)took_ns / NSEC_PER_MSEC);
        best_ns = took_ns < best_ns ? took_ns : best_ns;
        ck_assert_int_eq(profile_total(profile, 0), MANY_THREADS + 1);
        expect_in_order(largest(profile, text, sizeof(text)), expected);
    }
    fprintf(stderr, "%s\n", effect_of(&looking, text, sizeof(text)));
    ck_assert_int_lt(best_ns, 20 * NSEC_PER_SEC); /* far from it, on any machine */
}
END_TEST

START_TEST(system_calls_go_on_after_a_look)
{
    CLEANUP(resting_done)
    struct resting resting = resting_start(RESTING_PROGRAMS "fast", "calls", 1);
    CLEANUP(looking_done) struct looking looking;
    char text[4096];
    looking_start(&looking, resting.process.pid);
    for (size_t i = 0; i < 3; i++) {
        CLEANUP(profile_freep) struct profile *profile = snapshot(&looking, i);
        ck_assert_int_eq(profile_total(profile, 0), 11);
    }
    usleep(50000);
    resting_read(&resting, text, sizeof(text));
    ck_assert_str_eq(text, "");
}
END_TEST

static bool has_all(const char *text, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strstr(text, words[i]) == NULL)
            return false;
    return true;
}

START_TEST(which_calls_end_when_a_thread_is_stopped_is_known)
{
    CLEANUP(resting_done)
    struct resting resting = resting_start(RESTING_PROGRAMS "fast", "calls", 1);
    CLEANUP(thread_capture_done) struct thread_capture capture;
    char path[64];
    char text[4096];
    ck_assert_int_eq(thread_capture_init(&capture, NULL), 0);
    snprintf(path, sizeof(path), "/proc/%d/task", (int)resting.process.pid);
    DIR *tasks = opendir(path);
    ck_assert_ptr_nonnull(tasks);
    for (const struct dirent *entry = readdir(tasks); entry != NULL; entry = readdir(tasks))
        if (atoi(entry->d_name) > 0)
            ck_assert_int_eq(thread_capture_stopped(&capture, atoi(entry->d_name), NULL), 0);
    closedir(tasks);
    static const char *const go_on[] = {"\nsleep ended",  "\ncondition ended", "\npoll ended",
                                        "\nselect ended", "\nread ended",      "\nsocket ended"};
    static const char *const end[] = {
        "epoll ended: -1 Interrupted", "semaphore ended: -1 Interrupted",
        "sigwait ended: -1 Interrupted", "socket-limit ended: -1 Interrupted"};
    size_t length = 1;
    text[0] = '\n';
    for (unsigned i = 0; i < 30000 && !has_all(text, end, ARRAY_LENGTH(end)); i++) {
        usleep(1000);
        resting_read(&resting, text + length, sizeof(text) - length);
        length += strlen(text + length);
    }
    fprintf(stderr, "%s", text);
    for (size_t i = 0; i < ARRAY_LENGTH(go_on); i++)
        ck_assert_msg(strstr(text, go_on[i]) == NULL, "%s", go_on[i]);
    for (size_t i = 0; i < ARRAY_LENGTH(end); i++)
        ck_assert_msg(strstr(text, end[i]) != NULL, "%s", end[i]);
}
END_TEST

/* Another tracer of all threads, as a debugger is. */
static pid_t trace(pid_t pid)
{
    int fds[2];
    char byte = 0;
    ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
    pid_t tracer = fork();
    if (tracer == 0) {
        char path[64];
        snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
        DIR *tasks = opendir(path);
        for (const struct dirent *entry = readdir(tasks); entry != NULL; entry = readdir(tasks))
            if (atoi(entry->d_name) > 0)
                ptrace(PTRACE_SEIZE, atoi(entry->d_name), NULL, NULL);
        if (write(fds[1], "x", 1) == 1)
            pause();
        _exit(0);
    }
    ck_assert_int_eq(read(fds[0], &byte, 1), 1);
    close(fds[0]);
    close(fds[1]);
    return tracer;
}

START_TEST(under_a_debugger_what_sleeps_is_seen_and_what_runs_is_told_why)
{
    CLEANUP(resting_done)
    struct resting resting = resting_start(RESTING_PROGRAMS "fast", "spin", 1);
    CLEANUP(thread_capture_done) struct thread_capture capture;
    struct error err = {.text = ""};
    char expected[64];
    ck_assert_int_eq(thread_capture_init(&capture, NULL), 0);
    pid_t pid = resting.process.pid;
    pid_t tracer = trace(pid);
    int status = 1;
    for (unsigned i = 0; i < 1000 && status == 1; i++) {
        status = thread_capture_asleep(&capture, pid, pid, 4096, &err);
        usleep(1000); /* it may be on its way to sleep */
    }
    ck_assert_int_eq(status, 0);
    ck_assert_int_eq(thread_capture_stopped(&capture, pid, &err), -1);
    snprintf(expected, sizeof(expected), "(ptrace): process %d (", (int)tracer);
    ck_assert_msg(strstr(err.text, expected) != NULL, "%s", err.text);
    ck_assert_int_eq(err.kind, ERROR_ENVIRONMENT);
    kill(tracer, SIGKILL);
}
END_TEST

START_TEST(without_the_right_it_is_told_with_the_fix)
{
    struct error err = {.text = ""};
    if (getuid() != 0) {
        fprintf(stderr, "needs root, to give it up\n");
        return;
    }
    CLEANUP(resting_done)
    struct resting resting = resting_start(RESTING_PROGRAMS "fast", "sleep", 1);
    CLEANUP(thread_capture_done) struct thread_capture capture;
    ck_assert_int_eq(thread_capture_init(&capture, NULL), 0);
    ck_assert_int_eq(setresuid(65534, 65534, 0), 0); /* not for good: the test has to end it */
    ck_assert_int_eq(thread_capture_stopped(&capture, resting.process.pid, &err), -1);
    ck_assert_int_eq(setresuid(0, 0, 0), 0);
    ck_assert_int_eq(err.kind, ERROR_ENVIRONMENT);
    ck_assert_msg(strstr(err.text, "CAP_SYS_PTRACE") != NULL ||
                      strstr(err.text, "ptrace_scope") != NULL,
                  "%s", err.text);
}
END_TEST

static Suite *thread_stacks_suite(void)
{
    Suite *suite = suite_create("thread_stacks");
    TCase *tests = tcase_create("thread_stacks");
    tcase_add_loop_test(tests, threads_are_grouped_by_where_they_wait_and_who_started_them, 0, 2);
    tcase_add_loop_test(tests, many_threads_take_well_under_a_second, 0, 2);
    tcase_add_test(tests, system_calls_go_on_after_a_look);
    tcase_add_test(tests, which_calls_end_when_a_thread_is_stopped_is_known);
    tcase_add_test(tests, under_a_debugger_what_sleeps_is_seen_and_what_runs_is_told_why);
    tcase_add_test(tests, without_the_right_it_is_told_with_the_fix);
    suite_add_tcase(suite, tests);
    return suite;
}

CHECK_MAIN(thread_stacks_suite);
