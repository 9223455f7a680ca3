/* function_engine, with its other half: calls in a forked child, without a cage. */
#include "load/function_engine.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "load/function_work.h"
#include "load/generator.h"
#include "tests/support/check_main.h"

#define MS NSEC_PER_MSEC

static struct load_profile profile;
static struct load_function function;
static struct generator *generator;
static pid_t child;
static unsigned calls_so_far; /* the child's */

static void set_up(void)
{
    profile = (struct load_profile){.calls = true, .concurrency = 1, .timeout_ns = 10000 * MS};
    generator = NULL;
    child = 0;
}

static void tear_down(void)
{
    generator_free(generator);
    close(function.fd);
    if (child != 0) {
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
    close(function.pidfd);
}

/* A child for this work, and the generator that has it called. */
static void begin_child(const struct function_work *work)
{
    int pair[2];
    struct error err = {.kind = ERROR_NONE};
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    child = fork();
    if (child == 0) {
        close(pair[0]);
        _exit(function_work_serve(work, pair[1]));
    }
    close(pair[1]);
    function.fd = pair[0];
    function.pidfd = (int)syscall(SYS_pidfd_open, child, 0);
    ck_assert_int_ge(function.pidfd, 0);
    ck_assert_msg(generator_new_function(&profile, &function, &generator, &err) == 0, "%s",
                  err.text);
}

static void begin_calls(int (*call)(void *context))
{
    static struct function_work work;
    work = (struct function_work){.call = call};
    begin_child(&work);
}

static struct batch_result run(uint64_t calls, nsec_t within_ns)
{
    struct batch_result result;
    ck_assert_int_eq(generator_begin(generator, calls, 1, clock_now_ns() + within_ns, NULL), 0);
    struct pollfd over = {.fd = generator_fd(generator), .events = POLLIN};
    ck_assert_int_eq(poll(&over, 1, 20000), 1);
    ck_assert_int_eq(generator_finish(generator, &result, NULL), 0);
    return result;
}

/* How the child ends, now that nobody wants more of it. */
static int end_of_child(void)
{
    int status = 0;
    generator_free(generator);
    generator = NULL;
    shutdown(function.fd, SHUT_RDWR);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    child = 0;
    return status;
}

static int well(void *context)
{
    (void)context;
    return 0;
}

static int every_fourth_fails(void *context)
{
    (void)context;
    return calls_so_far++ % 4 == 0 ? -1 : 0;
}

static int slow(void *context)
{
    (void)context;
    clock_sleep_until(clock_now_ns() + 20 * MS);
    return 0;
}

static int hangs_at_the_fifth(void *context)
{
    (void)context;
    while (calls_so_far == 4)
        pause();
    calls_so_far++;
    return 0;
}

static int exits_at_the_fifth(void *context)
{
    (void)context;
    if (++calls_so_far == 5)
        _exit(7);
    return 0;
}

START_TEST(every_call_is_made_and_counted)
{
    begin_calls(well);
    struct batch_result result = run(12345, 20000 * MS);
    ck_assert_uint_eq(result.counts.ok, 12345);
    ck_assert_uint_eq(result.counts.started, 12345);
    ck_assert(!result.deadline_hit);
    ck_assert_int_ge(result.latency_p50_ns, 0);
    ck_assert_uint_eq(run(1, 20000 * MS).counts.ok, 1);
    ck_assert_int_eq(end_of_child(), 0);
}
END_TEST

START_TEST(what_does_not_return_0_has_failed)
{
    begin_calls(every_fourth_fails);
    struct batch_result result = run(400, 20000 * MS);
    ck_assert_uint_eq(result.counts.ok, 300);
    ck_assert_uint_eq(result.counts.other_status, 100);
}
END_TEST

START_TEST(a_batch_ends_at_its_deadline_and_the_next_goes_on)
{
    begin_calls(slow);
    struct batch_result result = run(100000, 300 * MS);
    ck_assert(result.deadline_hit);
    ck_assert_uint_gt(result.counts.ok, 0);
    ck_assert_uint_lt(result.counts.ok, 100);
    ck_assert_uint_eq(result.counts.timed_out, 0);
    ck_assert_uint_eq(run(2, 20000 * MS).counts.ok, 2);
}
END_TEST

START_TEST(a_batch_can_be_stopped)
{
    struct batch_result result;
    begin_calls(slow);
    ck_assert_int_eq(generator_begin(generator, 100000, 1, clock_now_ns() + 60000 * MS, NULL), 0);
    clock_sleep_until(clock_now_ns() + 100 * MS);
    generator_stop(generator);
    struct pollfd over = {.fd = generator_fd(generator), .events = POLLIN};
    ck_assert_int_eq(poll(&over, 1, 5000), 1);
    ck_assert_int_eq(generator_finish(generator, &result, NULL), 0);
    ck_assert(result.stopped);
    ck_assert_uint_eq(run(2, 20000 * MS).counts.ok, 2);
}
END_TEST

START_TEST(a_call_that_hangs_is_killed_and_counted)
{
    profile.timeout_ns = 300 * MS;
    begin_calls(hangs_at_the_fifth);
    struct batch_result result = run(100, 20000 * MS);
    ck_assert_uint_eq(result.counts.timed_out, 1);
    ck_assert_uint_lt(result.counts.ok, 5);
    int status = end_of_child();
    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(WTERMSIG(status), SIGKILL);
}
END_TEST

START_TEST(a_child_that_ends_ends_the_batch)
{
    begin_calls(exits_at_the_fifth);
    struct batch_result result = run(100000, 60000 * MS);
    ck_assert_uint_eq(result.counts.failed, 1);
    ck_assert(!result.deadline_hit);
    int status = end_of_child();
    ck_assert_int_eq(WEXITSTATUS(status), 7);
}
END_TEST

/* What the three functions did, told through a pipe. */
static int diary;

static void note(const char *word)
{
    ck_assert_int_eq(write(diary, word, strlen(word)), (ssize_t)strlen(word));
}

static int noted_set_up(void *context)
{
    note(context);
    return 0;
}

static int noted_call(void *context)
{
    (void)context;
    note("c");
    return 0;
}

static void noted_tear_down(void *context)
{
    (void)context;
    note("t");
}

START_TEST(set_up_comes_first_and_tear_down_last)
{
    static char context[] = "s";
    static struct function_work work = {
        .call = noted_call, .set_up = noted_set_up, .tear_down = noted_tear_down};
    int ends[2];
    char told[16] = "";
    ck_assert_int_eq(pipe(ends), 0);
    diary = ends[1];
    work.context = context;
    begin_child(&work);
    ck_assert_uint_eq(run(3, 20000 * MS).counts.ok, 3);
    ck_assert_int_eq(end_of_child(), 0);
    ck_assert_int_gt(read(ends[0], told, sizeof(told) - 1), 0);
    ck_assert_str_eq(told, "sccct");
}
END_TEST

static int failing_set_up(void *context)
{
    (void)context;
    return -1;
}

START_TEST(a_set_up_that_fails_is_told_by_the_exit_status)
{
    static const struct function_work work = {.call = well, .set_up = failing_set_up};
    begin_child(&work);
    ck_assert_uint_eq(run(3, 20000 * MS).counts.ok, 0);
    ck_assert_int_eq(WEXITSTATUS(end_of_child()), FUNCTION_EXIT_SET_UP);
}
END_TEST

START_TEST(a_rate_and_several_at_a_time_are_refused)
{
    struct error err = {.kind = ERROR_NONE};
    profile.rate_per_s = 10;
    ck_assert_int_eq(generator_new_function(&profile, &function, &generator, &err), -1);
    profile.rate_per_s = 0;
    profile.concurrency = 2;
    ck_assert_int_eq(generator_new_function(&profile, &function, &generator, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("function_engine");
    TCase *calls = tcase_create("calls");
    tcase_add_checked_fixture(calls, set_up, tear_down);
    tcase_set_timeout(calls, 60);
    tcase_add_test(calls, every_call_is_made_and_counted);
    tcase_add_test(calls, what_does_not_return_0_has_failed);
    tcase_add_test(calls, a_batch_ends_at_its_deadline_and_the_next_goes_on);
    tcase_add_test(calls, a_batch_can_be_stopped);
    tcase_add_test(calls, a_call_that_hangs_is_killed_and_counted);
    tcase_add_test(calls, a_child_that_ends_ends_the_batch);
    tcase_add_test(calls, set_up_comes_first_and_tear_down_last);
    tcase_add_test(calls, a_set_up_that_fails_is_told_by_the_exit_status);
    tcase_add_test(calls, a_rate_and_several_at_a_time_are_refused);
    suite_add_tcase(suite, calls);
    return suite;
}

CHECK_MAIN(suite);
