/* The driver contract, for the driver that the command line names: "native" or "fake". Exits with
 * 77 and the reason where that driver cannot work. */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "driver/native.h"
#include "tests/contract/contract.h"
#include "tests/support/fake_driver.h"

#define EXIT_SKIPPED 77
#define PATIENCE_NS  (500 * NSEC_PER_MSEC)
#define SQUEEZE_NS   (30 * NSEC_PER_SEC)
#define MEBIBYTE     ((uint64_t)1024 * 1024)

/* Each test is looped over this table; a program run selects one entry. */
static const struct driver *const drivers[] = {&native_driver, &fake_driver};

static void contract_endp(struct contract **contract)
{
    contract_end(*contract);
}

#define CONTRACT(name, way, argument) \
    CLEANUP(contract_endp) struct contract *name = contract_new(drivers[_i], way, argument)

START_TEST(a_started_service_is_alive_and_has_an_endpoint)
{
    CONTRACT(contract, "stay", NULL);
    contract_start(contract);
    struct instance_state state = contract_state(contract);
    ck_assert(state.alive);
    ck_assert(!state.main_ended);
    ck_assert_uint_eq(state.processes, 1);
    const char *endpoint = contract->driver->endpoint(contract->instance, 0);
    unsigned port = 0;
    ck_assert_int_eq(sscanf(endpoint, "http://127.0.0.1:%u", &port), 1);
    ck_assert_uint_gt(port, 0);
    ck_assert_ptr_null(contract->driver->endpoint(contract->instance, 1));
}
END_TEST

START_TEST(its_cgroup_is_known_or_there_is_none)
{
    CONTRACT(contract, "stay", NULL);
    contract_start(contract);
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(4096);
    char path[PATH_MAX];
    const char *dir = contract->driver->cgroup_dir(contract->instance);
    ck_assert_int_eq(dir == NULL, drivers[_i] == &fake_driver);
    if (dir == NULL)
        return;
    ck_assert_int_eq(dir[0], '/');
    snprintf(path, sizeof(path), "%s/cgroup.procs", dir);
    ck_assert_int_eq(file_read(AT_FDCWD, path, &text, NULL), 0);
    struct survey survey = contract_survey(contract);
    ck_assert_uint_eq(survey.n_processes, 1);
    ck_assert_int_eq(atoi(buffer_text(&text)), survey.processes[0].pid);
}
END_TEST

START_TEST(two_that_are_up_at_once_have_nothing_to_do_with_each_other)
{
    struct contract *small = contract_new(drivers[_i], "stay", NULL);
    struct contract *large = contract_new(drivers[_i], "fill", "24");
    contract_start(small);
    contract_start(large);
    const struct driver *driver = small->driver;
    if (strcmp(driver->name, "fake") != 0)
        contract_wait_log(large, "ready");
    ck_assert_str_ne(driver->endpoint(small->instance, 0), driver->endpoint(large->instance, 0));

    struct survey of_small = contract_survey(small);
    struct survey of_large = contract_survey(large);
    ck_assert_uint_eq(of_small.value[SURVEY_PROCESSES], 1);
    ck_assert_uint_eq(of_large.value[SURVEY_PROCESSES], 1);
    ck_assert_uint_lt(memory_sample_get(&of_small.memory, MEMORY_ANON, UINT64_MAX), 8 * MEBIBYTE);
    ck_assert_uint_ge(memory_sample_get(&of_large.memory, MEMORY_ANON, 0), 24 * MEBIBYTE);

    driver->destroy(small->instance);
    small->instance = NULL;
    ck_assert(contract_state(large).alive);
    of_large = contract_survey(large);
    ck_assert_uint_eq(of_large.value[SURVEY_PROCESSES], 1);
    ck_assert_uint_ge(memory_sample_get(&of_large.memory, MEMORY_ANON, 0), 24 * MEBIBYTE);
    contract_end_both(small, large);
}
END_TEST

START_TEST(a_quick_reading_has_what_is_in_use)
{
    CONTRACT(contract, "stay", NULL);
    contract_start(contract);
    struct memory_sample sample = contract_read(contract, false);
    ck_assert(memory_sample_has(&sample, MEMORY_CURRENT));
}
END_TEST

START_TEST(a_full_reading_has_memory_by_kind)
{
    CONTRACT(contract, "stay", NULL);
    contract_start(contract);
    struct memory_sample sample = contract_read(contract, true);
    ck_assert(memory_sample_has(&sample, MEMORY_CURRENT));
    ck_assert(memory_sample_has(&sample, MEMORY_ANON));
    ck_assert(memory_sample_has(&sample, MEMORY_FILE));
    ck_assert(memory_sample_has(&sample, MEMORY_KERNEL));
    ck_assert(memory_sample_has(&sample, MEMORY_SHMEM));
    ck_assert(memory_sample_has(&sample, MEMORY_EVENTS_OOM_KILL));
    ck_assert(memory_sample_has(&sample, MEMORY_PIDS));
    ck_assert_uint_eq(memory_sample_get(&sample, MEMORY_EVENTS_OOM_KILL, 1), 0);
}
END_TEST

START_TEST(a_survey_has_processes_and_memory)
{
    CONTRACT(contract, "stay", NULL);
    contract_start(contract);
    struct survey survey = contract_survey(contract);
    ck_assert(memory_sample_has(&survey.memory, MEMORY_ANON));
    ck_assert_uint_eq(survey.value[SURVEY_PROCESSES], 1);
    ck_assert_uint_eq(survey.value[SURVEY_THREADS], 1);
    ck_assert_uint_eq(survey.n_processes, 1);
    ck_assert(survey_has(&survey, SURVEY_RSS));
    ck_assert(!survey_has(&survey, SURVEY_HEAP_ARENA)); /* nobody asked the service */
    ck_assert(!survey_has(&survey, SURVEY_HEAP_IN_USE));
    ck_assert(!survey_has(&survey, SURVEY_HEAP_FREE));
}
END_TEST

START_TEST(an_exit_is_seen_with_its_status)
{
    CONTRACT(contract, "exit", "3");
    contract_start(contract);
    struct instance_state state = contract_wait_end(contract, true);
    ck_assert(state.main_ended);
    ck_assert(!state.alive);
    ck_assert_uint_eq(state.processes, 0);
    ck_assert(!state.main_end.signaled);
    ck_assert_int_eq(state.main_end.status, 3);
    contract_read(contract, true); /* what it left can still be read */
    ck_assert_int_eq(contract_stop(contract, PATIENCE_NS).main_end.status, 3);
}
END_TEST

START_TEST(an_oom_kill_is_seen_in_state_and_events)
{
    CONTRACT(contract, "allocate", NULL);
    contract_start(contract);
    struct instance_state state = contract_wait_end(contract, true);
    ck_assert(state.main_end.signaled);
    ck_assert_int_eq(state.main_end.status, SIGKILL);
    struct memory_sample sample = contract_read(contract, true);
    ck_assert_uint_ge(memory_sample_get(&sample, MEMORY_EVENTS_OOM_KILL, 0), 1);
    ck_assert_uint_eq(memory_sample_get(&sample, MEMORY_EVENTS_OOM_GROUP_KILL, 0), 1);
    uint64_t peak = memory_sample_get(&sample, MEMORY_PEAK, UINT64_MAX);
    ck_assert_uint_ge(peak, contract->spec.settings.limit_bytes / 10 * 9);
    ck_assert_uint_le(peak, contract->spec.settings.limit_bytes);
}
END_TEST

START_TEST(stop_asks_first)
{
    CONTRACT(contract, "stay", NULL);
    contract_start(contract);
    if (drivers[_i] == &native_driver)
        contract_wait_log(contract, "ready");
    nsec_t start_ns = clock_now_ns();
    struct instance_state state = contract_stop(contract, 20 * NSEC_PER_SEC);
    ck_assert_int_lt(clock_now_ns() - start_ns, 5 * NSEC_PER_SEC);
    ck_assert(!state.alive);
    ck_assert(state.main_end.signaled);
    ck_assert_int_eq(state.main_end.status, SIGTERM);
}
END_TEST

START_TEST(stop_kills_at_the_deadline)
{
    CONTRACT(contract, "ignore-term", NULL);
    contract_start(contract);
    if (drivers[_i] == &native_driver)
        contract_wait_log(contract, "ready");
    nsec_t start_ns = clock_now_ns();
    struct instance_state state = contract_stop(contract, PATIENCE_NS);
    ck_assert_int_ge(clock_now_ns() - start_ns, PATIENCE_NS);
    ck_assert(!state.alive);
    ck_assert(state.main_end.signaled);
    ck_assert_int_eq(state.main_end.status, SIGKILL);
}
END_TEST

START_TEST(a_program_that_cannot_be_executed_is_an_error_that_names_it)
{
    CONTRACT(contract, "not-executable", NULL);
    static const struct driver_options options = {.kernel_path = NULL};
    struct error err = {.kind = ERROR_NONE};
    ck_assert_int_eq(contract->driver->start(&options, &contract->spec, &contract->files,
                                             &contract->instance, &err),
                     -1);
    ck_assert_ptr_null(contract->instance);
    ck_assert_int_eq(err.kind, ERROR_SERVICE);
    ck_assert_ptr_nonnull(strstr(err.text, contract->command[0]));
}
END_TEST

START_TEST(destroy_leaves_nothing_at_any_step)
{
    for (int steps = 0; steps < 6; steps++) {
        CONTRACT(contract, steps == 5 ? "ignore-term" : "stay", NULL);
        int64_t bytes = 0;
        if (steps > 0)
            contract_start(contract);
        if (steps > 1)
            contract_read(contract, true);
        if (steps > 2)
            contract->driver->reclaim(contract->instance, clock_now_ns() + PATIENCE_NS, &bytes,
                                      NULL);
        if (steps > 3)
            contract_survey(contract);
        if (steps == 4)
            contract_stop(contract, PATIENCE_NS);
    }
}
END_TEST

START_TEST(two_instances_at_once_do_not_disturb_each_other)
{
    CONTRACT(first, "stay", NULL);
    CONTRACT(second, "allocate", NULL);
    contract_start(first);
    contract_start(second);
    ck_assert_str_ne(first->driver->endpoint(first->instance, 0),
                     second->driver->endpoint(second->instance, 0));
    contract_wait_end(second, true);
    struct instance_state state = contract_state(first);
    ck_assert(state.alive);
    ck_assert_uint_eq(state.processes, 1);
    struct memory_sample sample = contract_read(first, true);
    ck_assert_uint_eq(memory_sample_get(&sample, MEMORY_EVENTS_OOM_KILL, 1), 0);
    second->driver->destroy(second->instance);
    second->instance = NULL;
    ck_assert(contract_state(first).alive);
    first->driver->destroy(first->instance);
    first->instance = NULL;
}
END_TEST

/* Start a service within 32 MiB, and wait until it has come so far. */
static void start_in_32_mebibytes(struct contract *contract)
{
    contract->spec.settings.limit_bytes = 32 * MEBIBYTE;
    contract_start(contract);
    if (contract->driver == &native_driver)
        contract_wait_log(contract, "ready");
}

/* The service is alone, and has what it had: a squeeze leaves nothing behind. */
static void expect_untouched(struct contract *contract)
{
    struct instance_state state = contract_state(contract);
    ck_assert(state.alive);
    ck_assert_uint_eq(state.processes, 1);
    struct survey survey = contract_survey(contract);
    ck_assert_uint_eq(survey.value[SURVEY_PROCESSES], 1);
    ck_assert_uint_eq(survey.n_processes, 1);
    ck_assert_uint_eq(memory_sample_get(&survey.memory, MEMORY_PIDS, 0), 1);
    ck_assert_uint_eq(memory_sample_get(&survey.memory, MEMORY_EVENTS_OOM_KILL, 1), 0);
}

START_TEST(a_squeeze_with_room_changes_nothing)
{
    CONTRACT(contract, "fill", "24");
    start_in_32_mebibytes(contract);
    struct squeeze_result result = contract_squeeze(contract, 4 * MEBIBYTE, SQUEEZE_NS);
    ck_assert(result.finished);
    ck_assert(!result.oom_killed);
    ck_assert_uint_eq(result.touched_bytes, 4 * MEBIBYTE);
    ck_assert_uint_eq(memory_sample_get(&result.after, MEMORY_ANON, 0),
                      memory_sample_get(&result.before, MEMORY_ANON, 1));
    expect_untouched(contract);
}
END_TEST

START_TEST(a_squeeze_gets_what_was_freed_lazily)
{
    CONTRACT(contract, "free-lazily", "24");
    start_in_32_mebibytes(contract);
    struct squeeze_result result = contract_squeeze(contract, 20 * MEBIBYTE, SQUEEZE_NS);
    ck_assert(result.finished);
    ck_assert(!result.oom_killed);
    ck_assert_uint_eq(result.touched_bytes, 20 * MEBIBYTE);
    uint64_t before = memory_sample_get(&result.before, MEMORY_ANON, 0);
    uint64_t after = memory_sample_get(&result.after, MEMORY_ANON, UINT64_MAX);
    ck_assert_uint_ge(before, 24 * MEBIBYTE);
    ck_assert_uint_le(after, 12 * MEBIBYTE); /* the limit, less what was filled */
    expect_untouched(contract);
}
END_TEST

START_TEST(a_squeeze_that_gets_nothing_is_a_kill)
{
    CONTRACT(contract, "fill", "24");
    start_in_32_mebibytes(contract);
    struct squeeze_result result = contract_squeeze(contract, 20 * MEBIBYTE, SQUEEZE_NS);
    ck_assert(!result.finished);
    ck_assert(result.oom_killed);
    ck_assert_uint_gt(result.touched_bytes, 4 * MEBIBYTE);
    ck_assert_uint_le(result.touched_bytes, 8 * MEBIBYTE);
    struct instance_state state = contract_state(contract);
    ck_assert(!state.alive);
    ck_assert(state.main_end.signaled);
    ck_assert_int_eq(state.main_end.status, SIGKILL);
    ck_assert_uint_eq(memory_sample_get(&result.after, MEMORY_EVENTS_OOM_GROUP_KILL, 0), 1);
    ck_assert_uint_lt(memory_sample_get(&result.after, MEMORY_ANON, UINT64_MAX), MEBIBYTE);
}
END_TEST

START_TEST(a_late_squeeze_gives_up)
{
    CONTRACT(contract, "fill", "24");
    start_in_32_mebibytes(contract);
    struct squeeze_result result = contract_squeeze(contract, 4 * MEBIBYTE, -1);
    ck_assert(!result.finished); /* even if it came to its end while nobody looked */
    ck_assert(!result.oom_killed);
    expect_untouched(contract);
}
END_TEST

START_TEST(without_a_limit_or_a_service_there_is_nothing_to_squeeze)
{
    struct squeeze_result result;
    CONTRACT(unlimited, "stay", NULL);
    unlimited->spec.settings.limit_bytes = SCENARIO_NO_LIMIT;
    contract_start(unlimited);
    ck_assert_int_eq(unlimited->driver->squeeze(unlimited->instance, MEBIBYTE,
                                                clock_now_ns() + SQUEEZE_NS, &result, NULL),
                     1);
    ck_assert(contract_state(unlimited).alive);
    unlimited->driver->destroy(unlimited->instance);
    unlimited->instance = NULL;

    CONTRACT(ended, "exit", "3");
    contract_start(ended);
    contract_wait_end(ended, true);
    ck_assert_int_eq(ended->driver->squeeze(ended->instance, MEBIBYTE, clock_now_ns() + SQUEEZE_NS,
                                            &result, NULL),
                     1);
}
END_TEST

static Suite *driver_suite(int index)
{
    Suite *suite = suite_create(drivers[index]->name);
    TCase *life = tcase_create("life");
    TCase *readings = tcase_create("readings");
    TCase *squeezes = tcase_create("squeezes");
    tcase_set_timeout(life, 90);
    tcase_set_timeout(readings, 60);
    tcase_set_timeout(squeezes, 90);
    tcase_add_loop_test(life, a_started_service_is_alive_and_has_an_endpoint, index, index + 1);
    tcase_add_loop_test(life, its_cgroup_is_known_or_there_is_none, index, index + 1);
    tcase_add_loop_test(life, two_that_are_up_at_once_have_nothing_to_do_with_each_other, index,
                        index + 1);
    tcase_add_loop_test(life, an_exit_is_seen_with_its_status, index, index + 1);
    tcase_add_loop_test(life, an_oom_kill_is_seen_in_state_and_events, index, index + 1);
    tcase_add_loop_test(life, stop_asks_first, index, index + 1);
    tcase_add_loop_test(life, stop_kills_at_the_deadline, index, index + 1);
    tcase_add_loop_test(life, a_program_that_cannot_be_executed_is_an_error_that_names_it, index,
                        index + 1);
    tcase_add_loop_test(life, destroy_leaves_nothing_at_any_step, index, index + 1);
    tcase_add_loop_test(life, two_instances_at_once_do_not_disturb_each_other, index, index + 1);
    tcase_add_loop_test(readings, a_quick_reading_has_what_is_in_use, index, index + 1);
    tcase_add_loop_test(readings, a_full_reading_has_memory_by_kind, index, index + 1);
    tcase_add_loop_test(readings, a_survey_has_processes_and_memory, index, index + 1);
    tcase_add_loop_test(squeezes, a_squeeze_with_room_changes_nothing, index, index + 1);
    tcase_add_loop_test(squeezes, a_squeeze_gets_what_was_freed_lazily, index, index + 1);
    tcase_add_loop_test(squeezes, a_squeeze_that_gets_nothing_is_a_kill, index, index + 1);
    tcase_add_loop_test(squeezes, a_late_squeeze_gives_up, index, index + 1);
    tcase_add_loop_test(squeezes, without_a_limit_or_a_service_there_is_nothing_to_squeeze, index,
                        index + 1);
    suite_add_tcase(suite, life);
    suite_add_tcase(suite, readings);
    suite_add_tcase(suite, squeezes);
    return suite;
}

int main(int argc, char **argv)
{
    int index = 0;
    while (index < (int)ARRAY_LENGTH(drivers) &&
           (argc != 2 || strcmp(drivers[index]->name, argv[1]) != 0))
        index++;
    if (index == (int)ARRAY_LENGTH(drivers)) {
        fprintf(stderr, "usage: %s native|fake\n", argv[0]);
        return EXIT_FAILURE;
    }
    static const struct driver_options options = {.kernel_path = NULL};
    struct error why = {.kind = ERROR_NONE};
    if (drivers[index]->probe(&options, &why) != 0) {
        fprintf(stderr, "skipped: %s\n", why.text);
        return EXIT_SKIPPED;
    }
    SRunner *runner = srunner_create(driver_suite(index));
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
