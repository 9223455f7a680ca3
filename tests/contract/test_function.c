/* The driver contract, for driver function: what is started is a function of this program, so the
 * cases are its own. Exits with 77 and the reason where it cannot work. */
#include "driver/function.h"

#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/owner.h"
#include "memory/cgroup.h"
#include "tests/support/temp_dir.h"

#define EXIT_SKIPPED 77
#define MEBIBYTE     ((uint64_t)1024 * 1024)
#define WAIT_NS      (20 * NSEC_PER_SEC)
#define PATIENCE_NS  (500 * NSEC_PER_MSEC)

static struct temp_dir dir;
static char log_path[PATH_MAX + 16];
static struct run_spec spec;
static struct function_work work;
static struct instance *instance;
static int tell[2]; /* a pipe from the child to us, which it has inherited */

static void set_up(void)
{
    dir = temp_dir_make();
    snprintf(log_path, sizeof(log_path), "%s/service.log", dir.path);
    settings_defaults(&spec.settings);
    spec.settings.limit_bytes = 32 * MEBIBYTE;
    ck_assert_int_eq(pipe2(tell, O_NONBLOCK | O_CLOEXEC), 0);
    instance = NULL;
}

static void tear_down(void)
{
    struct cgroup_base base;
    char name[OWNER_NAME_MAX];
    function_driver.destroy(instance);
    ck_assert_int_eq(cgroup_base_open(true, &base, NULL), 0);
    ck_assert_int_eq(owner_name(name, NULL), 0);
    CLEANUP(freep) char *path = file_join(base.path, name);
    ck_assert_msg(!file_exists(AT_FDCWD, path), "%s is left", path);
    temp_dir_done(&dir);
}

static void start(int (*call)(void *context))
{
    struct error err = {.kind = ERROR_NONE};
    const struct driver_options options = {.function = &work};
    const struct run_files files = {.log_path = log_path, .data_dir = dir.path};
    work.call = call;
    ck_assert_msg(function_driver.start(&options, &spec, &files, &instance, &err) == 0, "%s",
                  err.text);
}

/* Have it called so often; whether an answer came. */
static bool call(uint64_t times)
{
    const struct load_function *calls = function_driver.calls(instance);
    const struct function_order order = {.calls = times};
    struct function_report report;
    struct pollfd answer = {.fd = calls->fd, .events = POLLIN};
    ck_assert_int_eq(send(calls->fd, &order, sizeof(order), MSG_NOSIGNAL), sizeof(order));
    ck_assert_int_eq(poll(&answer, 1, 20000), 1);
    return recv(calls->fd, &report, sizeof(report), 0) == (ssize_t)sizeof(report);
}

static struct instance_state await_end(void)
{
    struct instance_state state = {.alive = true};
    for (nsec_t end_ns = clock_now_ns() + WAIT_NS; state.alive && clock_now_ns() < end_ns;) {
        ck_assert_int_eq(function_driver.state(instance, &state, NULL), 0);
        clock_sleep_until(clock_now_ns() + 5 * NSEC_PER_MSEC);
    }
    ck_assert(!state.alive);
    return state;
}

static int nothing(void *context)
{
    (void)context;
    return 0;
}

static int take_everything(void *context)
{
    (void)context;
    for (;;) {
        volatile char *block = malloc(MEBIBYTE);
        for (size_t i = 0; block != NULL && i < MEBIBYTE; i += 4096)
            block[i] = 1;
    }
    return 0;
}

static int end_with_7(void *context)
{
    (void)context;
    _exit(7);
}

static int sleep_for_ever(void *context)
{
    for (;;)
        pause();
    return context != NULL;
}

static int take_8_mebibytes(void *context)
{
    static volatile char *block;
    (void)context;
    block = malloc(8 * MEBIBYTE);
    for (size_t i = 0; block != NULL && i < 8 * MEBIBYTE; i += 4096)
        block[i] = 1;
    return block != NULL ? 0 : -1;
}

/* Its own cgroup, whether huge pages are off, and the group's leader, through the pipe. */
static int tell_where(void *context)
{
    char text[512];
    CLEANUP(buffer_done) struct buffer cgroup = BUFFER_INIT(4096);
    (void)context;
    if (file_read(AT_FDCWD, "/proc/self/cgroup", &cgroup, NULL) < 0)
        return -1;
    int length = snprintf(text, sizeof(text), "thp-off %d leader %d\n%s",
                          prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0), getsid(0) == getpid(),
                          buffer_text(&cgroup));
    return write(tell[1], text, (size_t)length) == length ? 0 : -1;
}

static void say_goodbye(void *context)
{
    (void)context;
    ck_assert_int_eq(write(tell[1], "goodbye", 7), 7);
}

START_TEST(it_is_in_its_cage_before_the_first_instruction_of_the_function)
{
    char told[512] = "";
    work = (struct function_work){.set_up = tell_where};
    start(nothing);
    ck_assert(call(1));
    ck_assert_int_gt(read(tell[0], told, sizeof(told) - 1), 0);
    ck_assert_msg(strstr(told, "/service\n") != NULL, "%s", told);
    ck_assert_msg(strstr(told, "thp-off 1 leader 1") != NULL, "%s", told);
    ck_assert_ptr_null(function_driver.endpoint(instance, 0));
}
END_TEST

START_TEST(what_we_have_is_not_its_private_memory)
{
    struct survey before;
    struct survey after;
    char *ours = malloc(16 * MEBIBYTE);
    ck_assert_ptr_nonnull(ours);
    memset(ours, 1, 16 * MEBIBYTE);
    work = (struct function_work){.set_up = NULL};
    start(take_8_mebibytes);
    survey_init(&before);
    survey_init(&after);
    ck_assert_int_eq(function_driver.survey(instance, &before, NULL), 0);
    ck_assert_uint_lt(before.value[SURVEY_PSS_ANON], 2 * MEBIBYTE);
    ck_assert(call(1));
    memset(ours, 2, 16 * MEBIBYTE); /* now what was common is the child's alone */
    ck_assert_int_eq(function_driver.survey(instance, &after, NULL), 0);
    ck_assert_uint_ge(after.value[SURVEY_PSS_ANON], 8 * MEBIBYTE);
    ck_assert_uint_lt(after.value[SURVEY_PSS_ANON], 10 * MEBIBYTE);
    ck_assert_uint_eq(after.value[SURVEY_PROCESSES], 1);
    free(ours);
}
END_TEST

START_TEST(an_exit_is_seen_with_its_status)
{
    struct memory_sample sample;
    work = (struct function_work){.set_up = NULL};
    start(end_with_7);
    ck_assert(!call(1));
    struct instance_state state = await_end();
    ck_assert(state.main_ended);
    ck_assert(!state.main_end.signaled);
    ck_assert_int_eq(state.main_end.status, 7);
    ck_assert_int_eq(function_driver.read(instance, true, &sample, NULL), 0);
}
END_TEST

START_TEST(an_oom_kill_is_seen_in_state_and_events)
{
    struct memory_sample sample;
    work = (struct function_work){.set_up = NULL};
    start(take_everything);
    ck_assert(!call(1));
    struct instance_state state = await_end();
    ck_assert(state.main_end.signaled);
    ck_assert_int_eq(state.main_end.status, SIGKILL);
    ck_assert_int_eq(function_driver.read(instance, true, &sample, NULL), 0);
    ck_assert_uint_ge(memory_sample_get(&sample, MEMORY_EVENTS_OOM_KILL, 0), 1);
}
END_TEST

START_TEST(stop_asks_first)
{
    struct instance_state state;
    char told[16] = "";
    work = (struct function_work){.tear_down = say_goodbye};
    start(nothing);
    ck_assert(call(1));
    ck_assert_int_eq(function_driver.stop(instance, clock_now_ns() + WAIT_NS, &state, NULL), 0);
    ck_assert(state.main_ended && !state.main_end.signaled);
    ck_assert_int_eq(state.main_end.status, 0);
    ck_assert_int_eq(read(tell[0], told, sizeof(told) - 1), 7);
}
END_TEST

START_TEST(stop_kills_at_the_deadline)
{
    struct instance_state state;
    const struct function_order order = {.calls = 1};
    work = (struct function_work){.set_up = NULL};
    start(sleep_for_ever);
    ck_assert_int_eq(send(function_driver.calls(instance)->fd, &order, sizeof(order), 0),
                     sizeof(order));
    ck_assert_int_eq(function_driver.stop(instance, clock_now_ns() + PATIENCE_NS, &state, NULL), 0);
    ck_assert(state.main_end.signaled);
    ck_assert_int_eq(state.main_end.status, SIGKILL);
    ck_assert(!state.alive);
}
END_TEST

START_TEST(it_is_destroyed_in_the_middle_of_a_call)
{
    const struct function_order order = {.calls = 1};
    work = (struct function_work){.set_up = NULL};
    start(sleep_for_ever);
    ck_assert_int_eq(send(function_driver.calls(instance)->fd, &order, sizeof(order), 0),
                     sizeof(order));
    function_driver.destroy(instance);
    instance = NULL;
}
END_TEST

START_TEST(a_squeeze_leaves_nothing_but_its_effect)
{
    struct squeeze_result squeeze;
    struct survey survey;
    work = (struct function_work){.set_up = NULL};
    start(nothing);
    ck_assert(call(1));
    ck_assert_int_eq(
        function_driver.squeeze(instance, 8 * MEBIBYTE, clock_now_ns() + WAIT_NS, &squeeze, NULL),
        0);
    ck_assert(squeeze.finished && !squeeze.oom_killed);
    survey_init(&survey);
    ck_assert_int_eq(function_driver.survey(instance, &survey, NULL), 0);
    ck_assert_uint_eq(survey.value[SURVEY_PROCESSES], 1);
    ck_assert_uint_lt(survey.value[SURVEY_PSS_ANON], 2 * MEBIBYTE);
    ck_assert(call(1));
}
END_TEST

static Suite *function_suite(void)
{
    Suite *suite = suite_create("function");
    TCase *cases = tcase_create("contract");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, it_is_in_its_cage_before_the_first_instruction_of_the_function);
    tcase_add_test(cases, what_we_have_is_not_its_private_memory);
    tcase_add_test(cases, an_exit_is_seen_with_its_status);
    tcase_add_test(cases, an_oom_kill_is_seen_in_state_and_events);
    tcase_add_test(cases, stop_asks_first);
    tcase_add_test(cases, stop_kills_at_the_deadline);
    tcase_add_test(cases, it_is_destroyed_in_the_middle_of_a_call);
    tcase_add_test(cases, a_squeeze_leaves_nothing_but_its_effect);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    static const struct driver_options options = {.function = NULL};
    struct error why = {.kind = ERROR_NONE};
    if (function_driver.probe(&options, &why) != 0) {
        fprintf(stderr, "skipped: %s\n", why.text);
        return EXIT_SKIPPED;
    }
    SRunner *runner = srunner_create(function_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
