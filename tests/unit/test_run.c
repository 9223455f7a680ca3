/* run: the whole protocol, with the fake driver: no process, no cgroup, but real requests. */
#include "run/run.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "tests/support/check_main.h"
#include "tests/support/fake_driver.h"
#include "tests/support/machine.h"
#include "tests/support/temp_dir.h"
#include "verdict/indicators.h"

#define MIB      ((uint64_t)1024 * 1024)
#define REQUESTS 32

/* One run of a script. */
struct trial {
    struct temp_dir dir;
    struct run_spec spec;
    const char *command[8];
    char log_path[PATH_MAX + 16];
    char data_dir[PATH_MAX + 16];
    struct record *record;
    unsigned progress; /* how often it was told */
    char phases[1024];
};

static struct trial trial_new(const char *path, const char *const *words)
{
    struct trial trial = {
        .dir = temp_dir_make(), .spec = {.id = "trial", .scenario = "trial"}, .command = {"fake"}};
    for (size_t i = 0; words[i] != NULL; i++)
        trial.command[i + 1] = words[i];
    struct settings *settings = &trial.spec.settings;
    settings_defaults(settings);
    settings->service.ready = "tcp";
    settings->limit_bytes = 16 * MIB;
    settings->load.concurrency = 4;
    settings->load.n_requests = 1;
    settings->load.requests[0] = (struct request_kind){.method = "GET", .path = path, .weight = 1};
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
    trial->progress++;
    char phase[80];
    snprintf(phase, sizeof(phase), "%s|", progress->phase);
    size_t length = strlen(trial->phases);
    size_t last = strlen(phase);
    if (length < last || strcmp(trial->phases + length - last, phase) != 0)
        snprintf(trial->phases + length, sizeof(trial->phases) - length, "%s", phase);
}

static struct record *execute(struct trial *trial)
{
    trial->spec.settings.service.command = trial->command;
    static const struct driver_options options = {.kernel_path = NULL};
    const struct run_context context = {
        .driver = &fake_driver,
        .options = &options,
        .files = {.log_path = trial->log_path, .data_dir = trial->data_dir},
        .observer = &(const struct run_observer){note_progress, trial}};
    ck_assert_int_eq(record_new(&trial->spec, &trial->record, NULL), 0);
    run_execute(&context, &trial->spec, trial->record);
    machine_forget_warnings(trial->record);
    return trial->record;
}

#define TRIAL(name, path, ...)                              \
    static const char *const words[] = {__VA_ARGS__, NULL}; \
    CLEANUP(trial_done) struct trial name = trial_new(path, words)

static unsigned cycles_of(const struct record *record, enum cycle_kind kind)
{
    unsigned n = 0;
    for (size_t i = 0; i < record->timeline->n_cycles; i++)
        n += record->timeline->cycles[i].kind == kind;
    return n;
}

static bool has_mark(const struct record *record, enum mark_kind kind, const char *text)
{
    for (size_t i = 0; i < record->timeline->n_marks; i++)
        if (record->timeline->marks[i].kind == kind &&
            strstr(record->timeline->marks[i].text, text) != NULL)
            return true;
    return false;
}

START_TEST(what_stays_of_every_request_is_a_leak)
{
    TRIAL(trial, "/ok", "keep=8192");
    const struct record *record = execute(&trial);
    ck_assert_msg(record->error.kind == ERROR_NONE, "%s", record->error.text);
    ck_assert_int_eq(record->verdict.kind, VERDICT_LEAK);
    ck_assert_double_eq_tol(record->verdict.growth.estimate, 8192, 1e-6);
    ck_assert_int_eq(record->termination, TERMINATION_DECIDED);
    ck_assert_int_eq(record->outcome, OUTCOME_FAIL);
    ck_assert_uint_eq(cycles_of(record, CYCLE_READY), 1);
    ck_assert_uint_eq(cycles_of(record, CYCLE_WARMUP), 1);
    ck_assert_uint_eq(cycles_of(record, CYCLE_MEASURE), 5);
    ck_assert_uint_eq(record->starts, 1);
    ck_assert(record->has_ready && record->has_decided);
    ck_assert(record->ready_ns < record->decided_ns && record->decided_ns <= record->duration_ns);
    ck_assert_str_eq(record->driver, "fake");
    ck_assert(has_mark(record, MARK_PHASE, "cycle 5"));
    ck_assert(has_mark(record, MARK_EXIT, "killed by signal 15"));
    ck_assert_str_eq(trial.phases, "start|ready|warm-up|cycle 1|cycle 2|cycle 3|cycle 4|cycle 5|"
                                   "probe repeat|");
    ck_assert_uint_gt(record->timeline->n_memory, 10);
}
END_TEST

START_TEST(every_cycle_does_all_its_requests)
{
    TRIAL(trial, "/ok", "serve");
    const struct record *record = execute(&trial);
    for (size_t i = 0; i < record->timeline->n_cycles; i++) {
        const struct cycle *cycle = &record->timeline->cycles[i];
        ck_assert(cycle->complete && cycle->came_to_rest && !cycle->deadline_hit);
        ck_assert_uint_eq(cycle->counts.ok, cycle->requests);
        ck_assert(cycle->begin_ns <= cycle->load_end_ns && cycle->load_end_ns <= cycle->settled_ns);
        ck_assert_int_le(cycle->settled_ns, cycle->floor_ns);
    }
    ck_assert_int_eq(record->verdict.kind, VERDICT_CLEAN);
    ck_assert_int_eq(record->outcome, OUTCOME_PASS);
}
END_TEST

START_TEST(a_cache_that_is_full_is_clean)
{
    TRIAL(trial, "/ok", "keep=8192", "keep-at-most=800000");
    const struct record *record = execute(&trial);
    ck_assert_int_eq(record->verdict.kind, VERDICT_CLEAN);
    ck_assert_uint_le(cycles_of(record, CYCLE_MEASURE), 10);
}
END_TEST

/* 200 requests fill it, and 192 have been done when it looks like a leak. */
START_TEST(a_cache_that_is_full_in_the_repeat_is_clean_after_larger_cycles)
{
    TRIAL(trial, "/ok", "keep=8192", "keep-at-most=1638400");
    const struct record *record = execute(&trial);
    ck_assert_int_eq(record->verdict.kind, VERDICT_CLEAN);
    ck_assert_uint_eq(cycles_of(record, CYCLE_REPEAT), 1);
    const struct cycle *last = &record->timeline->cycles[record->timeline->n_cycles - 1];
    while (last->kind != CYCLE_MEASURE)
        last--;
    ck_assert_uint_ge(last->requests, 3 * REQUESTS);
    ck_assert_uint_eq(last->counts.ok, last->requests);
}
END_TEST

/* More with every reading of its memory, and that is many a second, requests or none. */
START_TEST(what_grows_by_the_clock_is_looked_at_without_load)
{
    TRIAL(trial, "/ok", "serve", "grow=16384");
    trial.spec.settings.limit_bytes = SCENARIO_NO_LIMIT;
    trial.spec.settings.sample_hz = 100;
    const struct record *record = execute(&trial);
    ck_assert_int_eq(record->verdict.kind, VERDICT_LEAK);
    ck_assert_uint_eq(cycles_of(record, CYCLE_REST), 1);
    ck_assert(record->verdict.has_time_rate);
    for (size_t i = 0; i < record->timeline->n_cycles; i++)
        ck_assert(!record->timeline->cycles[i].came_to_rest);
}
END_TEST

/* Four requests at a time need 20 of 16 MiB; one at a time needs five. */
START_TEST(a_kill_that_concurrency_makes_is_pressure_as_the_solo_restart_shows)
{
    TRIAL(trial, "/slow/4", "hold=5242880");
    const struct record *record = execute(&trial);
    ck_assert_msg(record->error.kind == ERROR_NONE, "%s", record->error.text);
    ck_assert_int_eq(record->verdict.kind, VERDICT_PRESSURE);
    ck_assert_uint_eq(record->starts, 2);
    ck_assert_uint_eq(indicators_oom_kills(record->timeline), 1);
    ck_assert(has_mark(record, MARK_OOM_KILL, ""));
    const struct cycle *last = &record->timeline->cycles[record->timeline->n_cycles - 1];
    while (last->kind != CYCLE_MEASURE)
        last--;
    ck_assert_uint_eq(last->start, 1);
    ck_assert_uint_eq(last->concurrency, 1);
}
END_TEST

/* A busy machine takes its time to bury the dead: the load is over before the service is gone. */
START_TEST(what_was_killed_is_not_measured_while_it_dies)
{
    TRIAL(trial, "/slow/4", "hold=5242880", "dies=700");
    const struct record *record = execute(&trial);
    ck_assert_int_eq(record->verdict.kind, VERDICT_PRESSURE);
    ck_assert_uint_eq(record->starts, 2);
}
END_TEST

/* Two at a time are eleven of 16 MiB, and three are all of them. */
START_TEST(how_many_at_a_time_are_safe_is_tried_at_and_above_it)
{
    TRIAL(trial, "/slow/4", "hold=5242880");
    const struct record *record = execute(&trial);
    ck_assert_uint_eq(cycles_of(record, CYCLE_SAFE), 1);
    ck_assert_uint_eq(cycles_of(record, CYCLE_ABOVE), 1);
    const struct cycle *last = &record->timeline->cycles[record->timeline->n_cycles - 1];
    ck_assert_int_eq(last->kind, CYCLE_ABOVE);
    ck_assert_uint_eq(last->concurrency, 3);
    ck_assert_uint_eq(last[-1].concurrency, 2);
    ck_assert(record->verdict.safe_concurrency_confirmed);
    ck_assert_uint_eq(record->verdict.safe_concurrency, 2);
    ck_assert_int_eq(record->termination, TERMINATION_DECIDED);
}
END_TEST

/* A MiB a request: the limit is reached in the warm-up; smaller cycles then show the growth. */
START_TEST(a_kill_by_growth_is_a_leak_as_smaller_cycles_show)
{
    TRIAL(trial, "/slow/1", "keep=419430");
    trial.spec.settings.warmup_requests = 64;
    const struct record *record = execute(&trial);
    ck_assert_int_eq(record->verdict.kind, VERDICT_LEAK);
    ck_assert_uint_ge(record->starts, 2);
    ck_assert_double_eq_tol(record->verdict.growth.estimate, 419430, 1);
}
END_TEST

START_TEST(what_a_killed_service_wrote_is_there_when_it_starts_again)
{
    TRIAL(trial, "/slow/1", "keep=419430", "write");
    const struct record *record = execute(&trial);
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(4096);
    ck_assert_uint_ge(record->starts, 2);
    ck_assert_int_eq(file_read(trial.dir.fd, "data/starts", &text, NULL), 0);
    ck_assert_uint_eq(text.length, record->starts * strlen("start\n"));
}
END_TEST

START_TEST(a_service_that_ends_is_an_error_with_the_end_of_its_log)
{
    TRIAL(trial, "/ok", "exit-after=100:3");
    const struct record *record = execute(&trial);
    ck_assert_int_eq(record->error.kind, ERROR_SERVICE);
    ck_assert_ptr_nonnull(strstr(record->error.text, "exit status 3"));
    ck_assert_ptr_nonnull(strstr(record->error.text, "fake service started"));
    ck_assert_int_eq(record->termination, TERMINATION_SERVICE_FAILED);
    ck_assert_int_eq(record->outcome, OUTCOME_ERROR);
    ck_assert(!record->has_decided);
}
END_TEST

START_TEST(a_service_that_ends_before_it_is_ready_is_an_error)
{
    TRIAL(trial, "/ok", "exit=0:7", "never-ready");
    const struct record *record = execute(&trial);
    ck_assert_int_eq(record->error.kind, ERROR_SERVICE);
    ck_assert_msg(strstr(record->error.text, "exit status 7 before it was ready") != NULL, "%s",
                  record->error.text);
    ck_assert(!record->has_ready);
}
END_TEST

START_TEST(a_service_that_is_never_ready_is_an_error_in_time)
{
    TRIAL(trial, "/ok", "never-ready");
    trial.spec.settings.service.ready_timeout_ns = 100 * NSEC_PER_MSEC;
    const struct record *record = execute(&trial);
    ck_assert_int_eq(record->error.kind, ERROR_SERVICE);
    ck_assert_msg(strstr(record->error.text, "was not ready after 0.1 s: nothing listens") != NULL,
                  "%s", record->error.text);
}
END_TEST

START_TEST(a_program_that_cannot_start_is_an_error)
{
    TRIAL(trial, "/ok", "cannot-start");
    const struct record *record = execute(&trial);
    ck_assert_int_eq(record->error.kind, ERROR_SERVICE);
    ck_assert_ptr_nonnull(strstr(record->error.text, "cannot execute fake"));
    ck_assert_uint_eq(record->starts, 0);
}
END_TEST

START_TEST(a_service_that_answers_errors_only_is_not_tested_at_all)
{
    TRIAL(trial, "/status/500", "serve");
    const struct record *record = execute(&trial);
    ck_assert_int_eq(record->error.kind, ERROR_SERVICE);
    ck_assert_ptr_nonnull(strstr(record->error.text, "only 0 of 32 requests were answered with 2xx "
                                                     "(32 other status"));
}
END_TEST

START_TEST(a_service_that_closes_every_connection_is_an_error)
{
    TRIAL(trial, "/no-answer", "serve");
    const struct record *record = execute(&trial);
    ck_assert_int_eq(record->error.kind, ERROR_SERVICE);
    ck_assert_ptr_nonnull(strstr(record->error.text, "32 reset"));
}
END_TEST

START_TEST(what_stays_is_given_back_when_asked)
{
    TRIAL(trial, "/ok", "retain=4194304");
    trial.spec.settings.trim = "/trim";
    const struct record *record = execute(&trial);
    ck_assert_msg(record->error.kind == ERROR_NONE, "%s", record->error.text);
    ck_assert_int_eq(record->verdict.kind, VERDICT_LAZY_RELEASE);
    ck_assert_int_eq(record->verdict.cause, CAUSE_ALLOCATOR);
    ck_assert_int_eq(record->verdict.released_trim_bytes, 4194304);
    ck_assert_uint_eq(cycles_of(record, CYCLE_TRIM), 1);
}
END_TEST

/* The fake kernel has nothing to take back: it kills, and that is an answer, not an error. */
START_TEST(a_service_that_a_squeeze_kills_has_not_failed)
{
    TRIAL(trial, "/ok", "retain=4194304");
    trial.spec.settings.trim = "/trim";
    const struct record *record = execute(&trial);
    ck_assert_msg(record->error.kind == ERROR_NONE, "%s", record->error.text);
    ck_assert_uint_eq(cycles_of(record, CYCLE_SQUEEZE), 1);
    const struct cycle *last = &record->timeline->cycles[record->timeline->n_cycles - 1];
    ck_assert_int_eq(last->kind, CYCLE_SQUEEZE);
    ck_assert_uint_eq(last->oom_kills, 1);
    ck_assert(!last->complete);
    ck_assert_uint_eq(last->counts.ok,
                      last->requests); /* a cycle's work, and then it was squeezed */
    ck_assert_uint_eq(last->squeeze_bytes, 15 * MIB);
    ck_assert(record->verdict.has_squeeze && record->verdict.squeeze_killed);
    ck_assert_int_eq(record->termination, TERMINATION_DECIDED);
    ck_assert_uint_eq(record->starts, 1);
    ck_assert_uint_eq(indicators_oom_kills(record->timeline), 0);
    ck_assert(has_mark(record, MARK_OOM_KILL, ""));
}
END_TEST

START_TEST(a_trim_that_fails_is_a_warning_and_time_is_given_instead)
{
    TRIAL(trial, "/ok", "retain=4194304");
    trial.spec.settings.trim = "/status/404";
    const struct record *record = execute(&trial);
    ck_assert_int_eq(record->error.kind, ERROR_NONE);
    ck_assert_uint_eq(record->n_warnings, 1);
    ck_assert_ptr_nonnull(strstr(record->warnings[0], "the trim probe failed"));
    ck_assert_uint_eq(cycles_of(record, CYCLE_REST), 1);
    ck_assert_int_eq(record->verdict.kind, VERDICT_CLEAN);
}
END_TEST

/* Without a word about it the run would ask for the probe again and again. */
START_TEST(a_service_that_ends_in_a_probe_is_an_error_at_once)
{
    TRIAL(trial, "/ok", "retain=4194304", "exit-after=195:9"); /* that is: by the trim */
    trial.spec.settings.trim = "/ok";
    const struct record *record = execute(&trial);
    ck_assert_int_eq(record->error.kind, ERROR_SERVICE);
    ck_assert_ptr_nonnull(strstr(record->error.text, "exit status 9"));
    ck_assert_uint_eq(cycles_of(record, CYCLE_TRIM), 1);
    ck_assert_int_lt(record->duration_ns, 10 * NSEC_PER_SEC);
}
END_TEST

START_TEST(the_allocator_is_asked_once_a_cycle)
{
    TRIAL(trial, "/ok", "serve");
    trial.spec.settings.heap_path = "/heap";
    const struct record *record = execute(&trial);
    ck_assert_msg(record->error.kind == ERROR_NONE, "%s", record->error.text);
    ck_assert_uint_eq(record->n_warnings, 0);
    ck_assert_int_eq(record->verdict.kind, VERDICT_CLEAN);
    for (size_t i = 0; i < record->timeline->n_cycles; i++) { /* the first is READY */
        const struct cycle *cycle = &record->timeline->cycles[i];
        ck_assert_uint_eq(cycle->settled.value[SURVEY_HEAP_ARENA], 33 * MIB);
        ck_assert_uint_eq(cycle->settled.value[SURVEY_HEAP_IN_USE], MIB + MIB / 2);
        ck_assert_uint_eq(cycle->settled.value[SURVEY_HEAP_FREE], 32 * MIB);
        ck_assert_mem_eq(&cycle->floor.value[SURVEY_HEAP_ARENA],
                         &cycle->settled.value[SURVEY_HEAP_ARENA], 3 * sizeof(uint64_t));
    }
}
END_TEST

START_TEST(an_allocator_that_does_not_answer_is_one_warning)
{
    TRIAL(trial, "/ok", "serve");
    trial.spec.settings.heap_path = "/status/404";
    const struct record *record = execute(&trial);
    ck_assert_int_eq(record->error.kind, ERROR_NONE);
    ck_assert_uint_eq(record->n_warnings, 1);
    ck_assert_str_eq(record->warnings[0], "the allocator's numbers are missing: GET /status/404: "
                                          "answered 404, expected 2xx");
    ck_assert_int_eq(record->verdict.kind, VERDICT_CLEAN);
    for (size_t i = 0; i < record->timeline->n_cycles; i++)
        ck_assert(!survey_has(&record->timeline->cycles[i].floor, SURVEY_HEAP_ARENA));
}
END_TEST

START_TEST(a_service_whose_allocator_is_not_asked_has_no_numbers_of_it)
{
    TRIAL(trial, "/ok", "serve");
    const struct record *record = execute(&trial);
    ck_assert_uint_eq(record->n_warnings, 0);
    for (size_t i = 0; i < record->timeline->n_cycles; i++)
        ck_assert(!survey_has(&record->timeline->cycles[i].settled, SURVEY_HEAP_ARENA));
}
END_TEST

START_TEST(a_budget_that_is_over_ends_the_run)
{
    TRIAL(trial, "/ok", "grow=65536");
    trial.spec.settings.limit_bytes = SCENARIO_NO_LIMIT;
    trial.spec.settings.warmup_requests = 0;
    trial.spec.settings.load.timeout_ns = 50 * NSEC_PER_MSEC;
    trial.spec.settings.budget_ns = 1;
    const struct record *record = execute(&trial);
    ck_assert_int_eq(record->termination, TERMINATION_BUDGET);
    ck_assert_int_eq(record->verdict.kind, VERDICT_INCONCLUSIVE);
    ck_assert_int_eq(record->outcome, OUTCOME_UNDECIDED);
}
END_TEST

START_TEST(the_users_wish_to_stop_ends_the_run)
{
    TRIAL(trial, "/slow/20", "serve");
    interrupt_install();
    raise(SIGINT);
    const struct record *record = execute(&trial);
    ck_assert_int_eq(record->error.kind, ERROR_INTERRUPTED);
    ck_assert_int_eq(record->termination, TERMINATION_INTERRUPTED);
    ck_assert_uint_eq(record->timeline->n_cycles, 0);
}
END_TEST

START_TEST(a_service_that_ignores_sigterm_is_ended_all_the_same)
{
    TRIAL(trial, "/ok", "serve", "ignore-term");
    trial.spec.settings.budget_ns = 1;
    const struct record *record = execute(&trial);
    ck_assert(has_mark(record, MARK_EXIT, "killed by signal 9"));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("run");
    TCase *verdicts = tcase_create("verdicts");
    TCase *failures = tcase_create("failures");
    tcase_set_timeout(verdicts, 60);
    tcase_set_timeout(failures, 60);
    tcase_add_test(verdicts, what_stays_of_every_request_is_a_leak);
    tcase_add_test(verdicts, every_cycle_does_all_its_requests);
    tcase_add_test(verdicts, a_cache_that_is_full_is_clean);
    tcase_add_test(verdicts, a_cache_that_is_full_in_the_repeat_is_clean_after_larger_cycles);
    tcase_add_test(verdicts, what_grows_by_the_clock_is_looked_at_without_load);
    tcase_add_test(verdicts, what_was_killed_is_not_measured_while_it_dies);
    tcase_add_test(verdicts, how_many_at_a_time_are_safe_is_tried_at_and_above_it);
    tcase_add_test(verdicts, a_service_that_a_squeeze_kills_has_not_failed);
    tcase_add_test(verdicts, a_kill_that_concurrency_makes_is_pressure_as_the_solo_restart_shows);
    tcase_add_test(verdicts, a_kill_by_growth_is_a_leak_as_smaller_cycles_show);
    tcase_add_test(verdicts, what_a_killed_service_wrote_is_there_when_it_starts_again);
    tcase_add_test(verdicts, what_stays_is_given_back_when_asked);
    tcase_add_test(verdicts, a_trim_that_fails_is_a_warning_and_time_is_given_instead);
    tcase_add_test(verdicts, the_allocator_is_asked_once_a_cycle);
    tcase_add_test(verdicts, an_allocator_that_does_not_answer_is_one_warning);
    tcase_add_test(verdicts, a_service_whose_allocator_is_not_asked_has_no_numbers_of_it);
    tcase_add_test(failures, a_service_that_ends_is_an_error_with_the_end_of_its_log);
    tcase_add_test(failures, a_service_that_ends_before_it_is_ready_is_an_error);
    tcase_add_test(failures, a_service_that_is_never_ready_is_an_error_in_time);
    tcase_add_test(failures, a_program_that_cannot_start_is_an_error);
    tcase_add_test(failures, a_service_that_answers_errors_only_is_not_tested_at_all);
    tcase_add_test(failures, a_service_that_closes_every_connection_is_an_error);
    tcase_add_test(failures, a_service_that_ends_in_a_probe_is_an_error_at_once);
    tcase_add_test(failures, a_budget_that_is_over_ends_the_run);
    tcase_add_test(failures, the_users_wish_to_stop_ends_the_run);
    tcase_add_test(failures, a_service_that_ignores_sigterm_is_ended_all_the_same);
    suite_add_tcase(s, verdicts);
    suite_add_tcase(s, failures);
    return s;
}

CHECK_MAIN(suite);
