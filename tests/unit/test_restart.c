/* restart: runs under Kubernetes' restart policies, with the fake driver. */
#include "run/restart.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/interrupt.h"
#include "tests/support/check_main.h"
#include "tests/support/fake_driver.h"
#include "tests/support/temp_dir.h"
#include "verdict/indicators.h"

#define MIB      ((uint64_t)1024 * 1024)
#define REQUESTS 32

struct trial {
    struct temp_dir dir;
    struct run_spec spec;
    const char *command[4];
    char log_path[PATH_MAX + 16];
    char data_dir[PATH_MAX + 16];
    struct record *record;
    unsigned backoffs; /* phases of waiting that were told */
};

/* A service of that script, under that policy; the back-off is 0, 100 ms, 200 ms, 400 ms… */
static struct trial trial_new(const char *script, enum restart_policy policy)
{
    struct trial trial = {.dir = temp_dir_make(), .command = {"fake", script}};
    struct settings *settings = &trial.spec.settings;
    settings_defaults(settings);
    snprintf(trial.spec.id, sizeof(trial.spec.id), "trial");
    trial.spec.scenario = "trial";
    settings->limit_bytes = 16 * MIB;
    settings->restart = (struct restart){.policy = policy, .time_scale = 100};
    settings->pod = "trial-pod";
    settings->load.concurrency = 4;
    settings->load.n_requests = 1;
    settings->load.requests[0] =
        (struct request_kind){.method = "GET", .path = "/slow/1", .weight = 1};
    settings->cycle_requests = REQUESTS;
    settings->warmup_requests = REQUESTS;
    settings->settle_ns = NSEC_PER_MSEC;
    settings->sample_hz = 1000;
    snprintf(trial.log_path, sizeof(trial.log_path), "%s/service.log", trial.dir.path);
    snprintf(trial.data_dir, sizeof(trial.data_dir), "%s/data", trial.dir.path);
    ck_assert_int_eq(mkdirat(trial.dir.fd, "data", 0700), 0);
    return trial;
}

static void trial_done(struct trial *trial)
{
    record_free(trial->record);
    temp_dir_done(&trial->dir);
}

static void note_progress(void *context, const struct run_progress *progress)
{
    struct trial *trial = context;
    trial->backoffs += strncmp(progress->phase, "back-off ", 9) == 0;
}

static const struct record *execute(struct trial *trial)
{
    trial->spec.settings.service.command = trial->command;
    static const struct driver_options options = {.kernel_path = NULL};
    const struct run_observer observer = {.progress = note_progress, .context = trial};
    const struct run_context context = {
        .driver = &fake_driver,
        .options = &options,
        .files = {.log_path = trial->log_path, .data_dir = trial->data_dir},
        .observer = &observer};
    ck_assert_int_eq(record_new(&trial->spec, &trial->record, NULL), 0);
    run_execute(&context, &trial->spec, trial->record);
    return trial->record;
}

#define TRIAL(name, script, policy) \
    CLEANUP(trial_done) struct trial name = trial_new(script, policy)

static void expect_killed(const struct run_end *end, unsigned start, nsec_t backoff_ns)
{
    ck_assert_uint_eq(end->start, start);
    ck_assert_int_eq(end->reason, END_OOM_KILLED);
    ck_assert(end->has_exit_code);
    ck_assert_int_eq(end->exit_code, 137);
    ck_assert_uint_ge(end->oom_kills, 1);
    ck_assert_int_eq(end->backoff_ns, backoff_ns);
}

START_TEST(a_leak_is_followed_through_three_kills)
{
    TRIAL(trial, "keep=419430", RESTART_ALWAYS);
    const struct record *record = execute(&trial);
    ck_assert_msg(record->error.kind == ERROR_NONE, "%s", record->error.text);
    ck_assert_int_eq(record->verdict.kind, VERDICT_LEAK);
    ck_assert_double_eq_tol(record->verdict.growth.estimate, 419430, 1);
    ck_assert_int_eq(record->termination, TERMINATION_OOM_KILLED);
    ck_assert_uint_eq(record->n_ends, 3);
    ck_assert_uint_eq(record->starts, 3);
    expect_killed(&record->ends[0], 0, 0);
    expect_killed(&record->ends[1], 1, 100 * NSEC_PER_MSEC);
    expect_killed(&record->ends[2], 2, 200 * NSEC_PER_MSEC);
    ck_assert_str_eq(record->pod, "trial-pod");
    ck_assert_uint_ge(trial.backoffs, 1); /* the first restart does not wait */
}
END_TEST

/* The first look is at what is dying, and has been counted: that is no signal from nowhere. */
START_TEST(what_is_killed_between_ready_and_the_first_look_was_killed_for_memory)
{
    static const char *const kills[] = {"oom=1", "oom=2", "oom=3", "oom=4"};
    TRIAL(trial, kills[_i], RESTART_AT_ONCE);
    trial.command[2] = "dies=300";
    const struct record *record = execute(&trial);
    ck_assert_ptr_null(strstr(record->error.text, "signal 9"));
    ck_assert_msg(record->error.kind == ERROR_NONE ||
                      strstr(record->error.text, "OOM-killed") != NULL,
                  "%s", record->error.text);
    ck_assert_uint_gt(record->n_ends, 0);
    ck_assert_int_eq(record->ends[0].reason, END_OOM_KILLED);
}
END_TEST

/* A leak that is seen well before the first kill: the load goes on until there were three. */
START_TEST(a_leak_with_room_to_go_is_driven_to_its_kills)
{
    TRIAL(trial, "keep=32768", RESTART_ON_FAILURE);
    const struct record *record = execute(&trial);
    ck_assert_int_eq(record->verdict.kind, VERDICT_LEAK);
    ck_assert_double_eq_tol(record->verdict.growth.estimate, 32768, 1e-6);
    ck_assert_uint_eq(record->n_ends, 3);
    ck_assert_uint_eq(indicators_oom_kills(record->timeline), 3);
    unsigned drives = 0;
    for (size_t i = 0; i < record->timeline->n_cycles; i++)
        drives += record->timeline->cycles[i].kind == CYCLE_DRIVE;
    ck_assert_uint_eq(drives, 3);
}
END_TEST

START_TEST(a_kill_that_concurrency_makes_is_pressure_all_the_same)
{
    TRIAL(trial, "hold=5242880", RESTART_ALWAYS);
    trial.spec.settings.load.requests[0].path = "/slow/4";
    const struct record *record = execute(&trial);
    ck_assert_int_eq(record->verdict.kind, VERDICT_PRESSURE);
    ck_assert_uint_ge(record->n_ends, 1);
    expect_killed(&record->ends[0], 0, 0);
}
END_TEST

START_TEST(what_is_never_started_again_has_one_life)
{
    TRIAL(trial, "keep=419430", RESTART_NEVER);
    const struct record *record = execute(&trial);
    ck_assert_msg(record->error.kind == ERROR_NONE, "%s", record->error.text);
    ck_assert_uint_eq(record->starts, 1);
    ck_assert_uint_eq(record->n_ends, 1);
    ck_assert_int_eq(record->termination, TERMINATION_OOM_KILLED);
    expect_killed(&record->ends[0], 0, 0);
}
END_TEST

START_TEST(a_leak_that_is_never_started_again_is_judged_from_its_life)
{
    TRIAL(trial, "keep=32768", RESTART_NEVER);
    const struct record *record = execute(&trial);
    ck_assert_int_eq(record->verdict.kind, VERDICT_LEAK);
    ck_assert_uint_eq(record->n_ends, 0);
    ck_assert_int_eq(record->termination, TERMINATION_DECIDED);
}
END_TEST

START_TEST(at_once_has_neither_back_off_nor_more_kills_than_are_needed)
{
    TRIAL(trial, "keep=32768", RESTART_AT_ONCE);
    const struct record *record = execute(&trial);
    ck_assert_int_eq(record->verdict.kind, VERDICT_LEAK);
    ck_assert_uint_eq(record->n_ends, 0);
    ck_assert_uint_eq(record->starts, 1);
    ck_assert_uint_eq(trial.backoffs, 0);
}
END_TEST

START_TEST(what_fails_again_and_again_ends_in_a_crash_loop)
{
    TRIAL(trial, "exit-after=100:3", RESTART_ALWAYS);
    const struct record *record = execute(&trial);
    ck_assert_int_eq(record->error.kind, ERROR_SERVICE);
    ck_assert_ptr_nonnull(strstr(record->error.text, "exit status 3"));
    ck_assert_ptr_nonnull(strstr(record->error.text, "for the 4th time: CrashLoopBackOff"));
    ck_assert_int_eq(record->termination, TERMINATION_SERVICE_FAILED);
    ck_assert_uint_eq(record->starts, 4);
    ck_assert_uint_eq(record->n_ends, 4);
    for (unsigned i = 0; i < 4; i++) {
        ck_assert_int_eq(record->ends[i].reason, END_ERROR);
        ck_assert_int_eq(record->ends[i].exit_code, 3);
        ck_assert_uint_eq(record->ends[i].oom_kills, 0);
    }
    ck_assert_int_eq(record->ends[3].backoff_ns, 400 * NSEC_PER_MSEC);
}
END_TEST

START_TEST(what_does_not_come_up_ends_in_a_crash_loop_too)
{
    TRIAL(trial, "exit=0:7", RESTART_ON_FAILURE);
    const struct record *record = execute(&trial);
    ck_assert_int_eq(record->error.kind, ERROR_SERVICE);
    ck_assert_ptr_nonnull(strstr(record->error.text, "it ended, for the 4th time: "
                                                     "CrashLoopBackOff: the service ended with "
                                                     "exit status 7"));
    ck_assert_uint_eq(record->starts, 4);
    ck_assert_uint_eq(record->n_ends, 4);
    ck_assert(!record->has_ready);
}
END_TEST

static const struct {
    const char *script;
    enum restart_policy policy;
    enum end_reason reason;
    const char *said;
} ends[] = {
    {"exit-after=100:0", RESTART_ON_FAILURE, END_COMPLETED,
     "is not started again (restart policy on-failure)"},
    {"exit-after=100:3", RESTART_NEVER, END_ERROR, "is not started again (restart policy never)"},
    {"exit-after=100:0", RESTART_AT_ONCE, END_COMPLETED, "the service ended during the run"},
};

START_TEST(what_is_not_started_again_says_why)
{
    TRIAL(trial, ends[_i].script, ends[_i].policy);
    const struct record *record = execute(&trial);
    ck_assert_int_eq(record->error.kind, ERROR_SERVICE);
    ck_assert_msg(strstr(record->error.text, ends[_i].said) != NULL, "%s", record->error.text);
    ck_assert_uint_eq(record->starts, 1);
    ck_assert_uint_eq(record->n_ends, 1);
    ck_assert_int_eq(record->ends[0].reason, ends[_i].reason);
}
END_TEST

/* Real back-off: the second restart would wait for ten seconds. */
static void interrupt_while_waiting(void *context, const struct run_progress *progress)
{
    (void)context;
    if (strcmp(progress->phase, "back-off 10 s") == 0)
        raise(SIGINT);
}

START_TEST(the_users_wish_to_stop_ends_the_waiting)
{
    TRIAL(trial, "keep=419430", RESTART_ALWAYS);
    trial.spec.settings.restart.time_scale = 1;
    trial.spec.settings.service.command = trial.command;
    static const struct driver_options options = {.kernel_path = NULL};
    const struct run_observer observer = {.progress = interrupt_while_waiting};
    const struct run_context context = {
        .driver = &fake_driver,
        .options = &options,
        .files = {.log_path = trial.log_path, .data_dir = trial.data_dir},
        .observer = &observer};
    interrupt_install();
    ck_assert_int_eq(record_new(&trial.spec, &trial.record, NULL), 0);
    run_execute(&context, &trial.spec, trial.record);
    ck_assert_int_eq(trial.record->error.kind, ERROR_INTERRUPTED);
    ck_assert_int_eq(trial.record->termination, TERMINATION_INTERRUPTED);
    ck_assert_int_lt(trial.record->duration_ns, 9 * NSEC_PER_SEC);
}
END_TEST

START_TEST(waiting_takes_nothing_from_the_budget)
{
    TRIAL(trial, "keep=419430", RESTART_ALWAYS);
    trial.spec.settings.restart.time_scale = 2.5; /* 0, 4 s */
    trial.spec.settings.budget_ns = 3 * NSEC_PER_SEC;
    const struct record *record = execute(&trial);
    ck_assert_int_eq(record->termination, TERMINATION_OOM_KILLED);
    ck_assert_uint_eq(record->n_ends, 3);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("restart");
    TCase *c = tcase_create("policies");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, a_leak_is_followed_through_three_kills);
    tcase_add_loop_test(c, what_is_killed_between_ready_and_the_first_look_was_killed_for_memory, 0,
                        4);
    tcase_add_test(c, a_leak_with_room_to_go_is_driven_to_its_kills);
    tcase_add_test(c, a_kill_that_concurrency_makes_is_pressure_all_the_same);
    tcase_add_test(c, what_is_never_started_again_has_one_life);
    tcase_add_test(c, a_leak_that_is_never_started_again_is_judged_from_its_life);
    tcase_add_test(c, at_once_has_neither_back_off_nor_more_kills_than_are_needed);
    tcase_add_test(c, what_fails_again_and_again_ends_in_a_crash_loop);
    tcase_add_test(c, what_does_not_come_up_ends_in_a_crash_loop_too);
    tcase_add_loop_test(c, what_is_not_started_again_says_why, 0, (int)ARRAY_LENGTH(ends));
    tcase_add_test(c, the_users_wish_to_stop_ends_the_waiting);
    tcase_add_test(c, waiting_takes_nothing_from_the_budget);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);
