/* What only a driver with processes and cgroups can be held to. Exits with 77 and the reason where
 * driver native cannot work. */
#include <check.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/owner.h"
#include "driver/native.h"
#include "memory/cgroup.h"
#include "memory/cgroup_reader.h"
#include "tests/contract/contract.h"

#define MEBIBYTE ((uint64_t)1024 * 1024)

static void contract_endp(struct contract **contract)
{
    contract_end(*contract);
}

#define CONTRACT(name, way) \
    CLEANUP(contract_endp) struct contract *name = contract_new(&native_driver, way, NULL)

START_TEST(limits_are_in_force_before_the_first_instruction)
{
    CONTRACT(contract, "limits");
    contract->spec.settings.high_bytes = 48 * MEBIBYTE;
    contract->spec.settings.min_bytes = 8 * MEBIBYTE;
    contract->spec.settings.pids = 33;
    contract->spec.settings.cpus = 0.5;
    contract_add_dependency(contract, "limits");
    contract_start(contract);
    contract_wait_log(contract, "ready");
    contract_expect_value(contract, "memory.max", "67108864");
    contract_expect_value(contract, "memory.high", "50331648");
    contract_expect_value(contract, "memory.min", "8388608");
    contract_expect_value(contract, "memory.swap.max", "0");
    contract_expect_value(contract, "memory.oom.group", "1");
    contract_expect_value(contract, "pids.max", "33");
    contract_expect_value(contract, "cpu.max", "50000 100000");
    contract_expect_value(contract, "thp_disabled", "1");
    contract_expect_value(contract, "nofile_raised", "1");
}
END_TEST

START_TEST(what_is_kept_for_one_is_kept_beside_another)
{
    struct cgroup_base base;
    char name[OWNER_NAME_MAX];
    struct contract *contracts[2];
    for (int i = 0; i < 2; i++) {
        contracts[i] = contract_new(&native_driver, "stay", NULL);
        contracts[i]->spec.settings.min_bytes = 8 * MEBIBYTE;
        contract_start(contracts[i]);
    }
    ck_assert_int_eq(cgroup_base_open(true, &base, NULL), 0);
    ck_assert_int_eq(owner_name(name, NULL), 0);
    CLEANUP(freep) char *session = file_join(base.path, name);
    CLEANUP(freep) char *path = file_join(session, "memory.min");
    uint64_t bytes = 0;
    ck_assert_int_eq(file_read_u64(AT_FDCWD, path, &bytes, NULL), 0);
    ck_assert_uint_eq(bytes, 16 * MEBIBYTE);
    contract_end_both(contracts[0], contracts[1]);
}
END_TEST

START_TEST(no_limit_means_none_and_huge_pages_can_be_left_to_the_system)
{
    CONTRACT(contract, "limits");
    contract->spec.settings.limit_bytes = SCENARIO_NO_LIMIT;
    contract->spec.settings.high_bytes = SCENARIO_NO_LIMIT;
    contract->spec.settings.oom_group = false;
    contract->spec.settings.thp = THP_SYSTEM;
    contract_start(contract);
    contract_wait_log(contract, "ready");
    contract_expect_value(contract, "memory.max", "max");
    contract_expect_value(contract, "memory.high", "max");
    contract_expect_value(contract, "memory.min", "0");
    contract_expect_value(contract, "memory.oom.group", "0");
    contract_expect_value(contract, "memory.swap.max", "0");
    contract_expect_value(contract, "thp_disabled", "0");
}
END_TEST

START_TEST(a_program_learns_its_port_and_those_of_dependencies)
{
    CONTRACT(contract, "limits");
    contract_add_dependency(contract, "limits");
    contract_start(contract);
    contract_wait_log(contract, "ready");
    for (unsigned i = 0; i < 2; i++) {
        const char *endpoint = native_driver.endpoint(contract->instance, i);
        contract_expect_value(contract, i == 0 ? "PORT" : "UPSTREAM_PORT",
                              strrchr(endpoint, ':') + 1);
    }
    char path[PATH_MAX + 32];
    snprintf(path, sizeof(path), "%s.upstream", contract->log_path);
    ck_assert(file_exists(AT_FDCWD, path));
}
END_TEST

START_TEST(programs_learn_where_they_may_write_and_a_restart_finds_it_as_it_was)
{
    static const char *const env[] = {"OWN={data}/own", NULL};
    CLEANUP(contract_endp)
    struct contract *contract = contract_new(&native_driver, "where", "--log={data}/log");
    contract_add_dependency(contract, "where");
    contract->spec.settings.service.env = env;
    contract->spec.settings.service.cwd = "{data}/deeper/and deeper";
    contract->spec.settings.dependencies[0].cwd = "{data}";
    const char *const files[][2] = {
        {"LEAKCAGE_DATA", ""}, {"OWN", "/own"}, {"cwd", "/deeper/and deeper"}};
    for (int start = 0; start < 2; start++) {
        contract_start(contract);
        contract_wait_log(contract, "ready");
        for (size_t i = 0; i < ARRAY_LENGTH(files); i++) {
            char path[PATH_MAX + 64];
            snprintf(path, sizeof(path), "%s%s", contract->data_dir, files[i][1]);
            contract_expect_value(contract, files[i][0], path);
        }
        CLEANUP(freep) char *argument = contract_log_value(contract, "argument");
        ck_assert_int_eq(strncmp(argument, "--log=", 6), 0);
        ck_assert_str_eq(strrchr(argument, '/'), "/log");
        contract_expect_value(contract, "earlier", start == 0 ? "none" : "there");
        contract_expect_value(contract, "mkdir", start == 0 ? "0" : "-1");
        while (!file_exists(contract->dir.fd, "data/kept")) /* the dependency's */
            clock_sleep_until(clock_now_ns() + NSEC_PER_MSEC);
        native_driver.destroy(contract->instance);
        contract->instance = NULL;
        ck_assert_int_eq(unlink(contract->log_path), 0);
    }
}
END_TEST

START_TEST(dependencies_do_not_count)
{
    CONTRACT(contract, "stay");
    contract_add_dependency(contract, "free-lazily"); /* 32 MiB, beyond the limit */
    contract->spec.settings.limit_bytes = 4 * MEBIBYTE;
    contract_start(contract);
    contract_wait_log(contract, "ready");
    struct survey survey = contract_survey(contract);
    ck_assert_uint_eq(survey.value[SURVEY_PROCESSES], 1);
    ck_assert_uint_lt(survey.value[SURVEY_RSS], 4 * MEBIBYTE);
    ck_assert(contract_state(contract).alive);
}
END_TEST

START_TEST(a_fork_bomb_is_bounded)
{
    CONTRACT(contract, "bomb");
    contract->spec.settings.pids = 50;
    contract_start(contract);
    contract_wait_log(contract, "ready");
    contract_expect_value(contract, "children", "49: Resource temporarily unavailable");
    ck_assert_uint_eq(contract_state(contract).processes, 50);
}
END_TEST

START_TEST(a_survey_counts_what_children_hold)
{
    CONTRACT(contract, "use");
    contract_start(contract);
    contract_wait_log(contract, "ready\nready");
    struct survey survey = contract_survey(contract);
    ck_assert_uint_eq(survey.value[SURVEY_PROCESSES], 2);
    ck_assert_uint_eq(survey.value[SURVEY_THREADS], 8);
    ck_assert_uint_eq(survey.value[SURVEY_FD_SOCKET], 10);
    ck_assert_uint_eq(survey.n_sockets, 1);
    ck_assert_str_eq(survey.sockets[0].name, "unix UNCONNECTED");
    ck_assert_uint_eq(survey.sockets[0].count, 10);
    ck_assert_str_eq(survey.files[0].name, "/etc/passwd");
    ck_assert_uint_eq(survey.files[0].count, 4);
}
END_TEST

START_TEST(a_squeeze_that_is_throttled_ends_at_its_deadline)
{
    CONTRACT(contract, "stay");
    contract->spec.settings.high_bytes = 4 * MEBIBYTE;
    contract_start(contract);
    contract_wait_log(contract, "ready");
    nsec_t start_ns = clock_now_ns();
    struct squeeze_result result = contract_squeeze(contract, 48 * MEBIBYTE, NSEC_PER_SEC);
    ck_assert_int_ge(clock_now_ns() - start_ns, NSEC_PER_SEC);
    ck_assert_int_lt(clock_now_ns() - start_ns, 5 * NSEC_PER_SEC);
    ck_assert(!result.finished);
    ck_assert(!result.oom_killed);
    ck_assert_uint_gt(result.touched_bytes, 0);
    ck_assert_uint_lt(result.touched_bytes, 48 * MEBIBYTE);
    ck_assert_uint_eq(contract_state(contract).processes, 1);
    ck_assert_uint_lt(memory_sample_get(&result.after, MEMORY_ANON, UINT64_MAX), MEBIBYTE);
}
END_TEST

START_TEST(a_service_that_hands_controllers_down_is_not_squeezed)
{
    CONTRACT(contract, "subgroup");
    contract->spec.settings.service.user = geteuid() == 0 ? "root" : NULL;
    contract->command[2] = "+memory";
    contract_start(contract);
    contract_wait_log(contract, "ready");
    struct squeeze_result result;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_int_eq(native_driver.squeeze(contract->instance, MEBIBYTE,
                                           clock_now_ns() + NSEC_PER_SEC, &result, &err),
                     1);
    ck_assert_int_eq(err.kind, ERROR_NONE);
    ck_assert_uint_eq(contract_state(contract).processes, 1);
}
END_TEST

START_TEST(a_tree_lives_on_when_its_first_process_ends)
{
    CONTRACT(contract, "fork-away");
    contract_start(contract);
    contract_wait_log(contract, "ready");
    struct instance_state state = contract_wait_end(contract, false);
    ck_assert(state.alive);
    ck_assert_uint_eq(state.processes, 1);
    ck_assert_int_eq(state.main_end.status, 0);
    ck_assert(!contract_stop(contract, NSEC_PER_SEC).alive);
}
END_TEST

START_TEST(groups_a_service_made_go_with_it)
{
    CONTRACT(contract, "subgroup");
    contract->spec.settings.service.user = geteuid() == 0 ? "root" : NULL;
    contract_start(contract);
    contract_wait_log(contract, "ready");
    ck_assert_uint_eq(contract_state(contract).processes, 1);
    ck_assert_uint_eq(contract_survey(contract).value[SURVEY_PROCESSES], 1);
}
END_TEST

START_TEST(a_dependency_that_cannot_start_undoes_everything)
{
    CONTRACT(contract, "stay");
    static const struct driver_options options = {.kernel_path = NULL};
    struct error err = {.kind = ERROR_NONE};
    contract_add_dependency(contract, "not-executable");
    ck_assert_int_eq(
        native_driver.start(&options, &contract->spec, &contract->files, &contract->instance, &err),
        -1);
    ck_assert_ptr_nonnull(strstr(err.text, "dependency upstream"));
    ck_assert_ptr_null(contract->instance);
}
END_TEST

START_TEST(a_refused_limit_leaves_no_group_behind)
{
    struct cgroup_base base;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(cgroup_base_open(false, &base, &err) == 0, "%s", err.text);
    struct cgroup_limits limits = {.memory_max_bytes = CGROUP_NO_LIMIT,
                                   .memory_high_bytes = CGROUP_NO_LIMIT,
                                   .pids_max = UINT64_MAX - 1}; /* more than pids.max takes */
    char name[OWNER_NAME_MAX];
    ck_assert_int_eq(owner_name(name, NULL), 0);
    CLEANUP(freep) char *path = file_join(base.path, name);
    for (int delegated = 0; delegated < 2; delegated++) {
        struct cgroup *group = NULL;
        base.delegated = delegated == 1; /* by libcgroup, then by plain files */
        ck_assert_int_eq(cgroup_create(&base, "service", &limits, &group, &err), -1);
        ck_assert_ptr_null(group);
        ck_assert_msg(!file_exists(AT_FDCWD, path), "%s is left", path);
    }
}
END_TEST

START_TEST(plain_files_do_what_libcgroup_does)
{
    struct cgroup_base base;
    struct error err = {.kind = ERROR_NONE};
    struct cgroup_limits limits = {.memory_max_bytes = 8 * MEBIBYTE + 1, /* kept in whole pages */
                                   .memory_high_bytes = CGROUP_NO_LIMIT,
                                   .oom_group = true,
                                   .pids_max = 5};
    ck_assert_msg(cgroup_base_open(false, &base, &err) == 0, "%s", err.text);
    for (int delegated = 0; delegated < 2; delegated++) {
        struct cgroup *group = NULL;
        uint64_t value = 0;
        base.delegated = delegated == 1;
        ck_assert_msg(cgroup_create(&base, "service", &limits, &group, &err) == 0, "%s", err.text);
        ck_assert_int_eq(file_read_u64(cgroup_dir_fd(group), "memory.max", &value, NULL), 0);
        ck_assert_uint_eq(value, 8 * MEBIBYTE);
        ck_assert_int_eq(file_read_u64(cgroup_dir_fd(group), "pids.max", &value, NULL), 0);
        ck_assert_uint_eq(value, 5);
        pid_t pid = fork();
        if (pid == 0)
            for (;;)
                pause();
        ck_assert_msg(cgroup_attach(pid, group, &err) == 0, "%s", err.text);
        ck_assert(cgroup_is_populated(group));
        ck_assert_int_eq(cgroup_kill(group, clock_now_ns() + 5 * NSEC_PER_SEC, &err), 0);
        ck_assert(!cgroup_is_populated(group));
        CLEANUP(freep) char *path = strdup(cgroup_path(group));
        cgroup_destroy(group);
        ck_assert_msg(!file_exists(AT_FDCWD, path), "%s is left", path);
        waitpid(pid, NULL, 0);
    }
}
END_TEST

/* Touch as many pages as asked for through the pipe, and say so. */
__attribute__((noreturn)) static void touch_on_demand(int ask_fd, int answer_fd)
{
    prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *next =
        mmap(NULL, 64 * MEBIBYTE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    unsigned pages = 0;
    while (read(ask_fd, &pages, sizeof(pages)) == (ssize_t)sizeof(pages)) {
        for (unsigned i = 0; i < pages; i++, next += page)
            *next = 1;
        if (write(answer_fd, &pages, sizeof(pages)) < 0)
            break;
    }
    _exit(0);
}

START_TEST(a_full_reading_is_exact_to_the_page)
{
    static const unsigned steps[] = {1, 1, 3, 63, 64, 65, 1, 1000, 7, 5000, 1};
    struct cgroup_base base;
    struct cgroup *group = NULL;
    struct cgroup_reader *reader = NULL;
    struct cgroup_limits limits = {.memory_max_bytes = CGROUP_NO_LIMIT,
                                   .memory_high_bytes = CGROUP_NO_LIMIT,
                                   .pids_max = CGROUP_NO_LIMIT};
    ck_assert_int_eq(cgroup_base_open(false, &base, NULL), 0);
    ck_assert_int_eq(cgroup_create(&base, "service", &limits, &group, NULL), 0);
    ck_assert_int_eq(cgroup_reader_open(cgroup_dir_fd(group), &reader, NULL), 0);
    int ask[2];
    int answer[2];
    ck_assert_int_eq(pipe(ask), 0);
    ck_assert_int_eq(pipe(answer), 0);
    pid_t pid = fork();
    if (pid == 0)
        touch_on_demand(ask[0], answer[1]);
    ck_assert_int_eq(cgroup_attach(pid, group, NULL), 0);

    struct memory_sample last;
    for (size_t i = 0; i < ARRAY_LENGTH(steps); i++) {
        unsigned pages = steps[i];
        ck_assert_int_eq(write(ask[1], &pages, sizeof(pages)), sizeof(pages));
        ck_assert_int_eq(read(answer[0], &pages, sizeof(pages)), sizeof(pages));
        struct memory_sample sample;
        ck_assert_int_eq(cgroup_reader_full(reader, &sample, NULL), 0);
        uint64_t anon = memory_sample_get(&sample, MEMORY_ANON, 0);
        if (i > 0) /* the first step also touches the stack */
            ck_assert_uint_eq(anon - memory_sample_get(&last, MEMORY_ANON, 0),
                              pages * (uint64_t)sysconf(_SC_PAGESIZE));
        last = sample;
    }
    cgroup_destroy(group);
    waitpid(pid, NULL, 0);
    ck_assert_int_eq(cgroup_reader_full(reader, &last, NULL), 1); /* the group is gone */
    ck_assert_int_eq(cgroup_reader_quick(reader, &last, NULL), 1);
    cgroup_reader_free(reader);
}
END_TEST

START_TEST(what_a_killed_session_left_is_swept_and_a_living_one_is_not)
{
    struct cgroup_base base;
    char killed[OWNER_NAME_MAX];
    char living[OWNER_NAME_MAX];
    pid_t killed_pid = contract_start_session(&native_driver, "fork-away", killed);
    pid_t living_pid = contract_start_session(&native_driver, "stay", living);
    kill(killed_pid, SIGKILL);
    waitpid(killed_pid, NULL, 0);

    ck_assert_int_eq(cgroup_base_open(false, &base, NULL), 0);
    CLEANUP(freep) char *killed_path = file_join(base.path, killed);
    CLEANUP(freep) char *living_path = file_join(base.path, living);
    cgroup_sweep(&base); /* any other session may do so too, and count it as its own */
    ck_assert(!file_exists(AT_FDCWD, killed_path));
    ck_assert(file_exists(AT_FDCWD, living_path));
    kill(living_pid, SIGKILL);
    waitpid(living_pid, NULL, 0);
    cgroup_sweep(&base);
    ck_assert(!file_exists(AT_FDCWD, living_path));
}
END_TEST

static Suite *native_suite(void)
{
    Suite *suite = suite_create("native");
    TCase *cage = tcase_create("the cage");
    TCase *readings = tcase_create("readings");
    TCase *undoing = tcase_create("undoing");
    tcase_set_timeout(cage, 60);
    tcase_set_timeout(readings, 60);
    tcase_set_timeout(undoing, 60);
    tcase_add_test(cage, limits_are_in_force_before_the_first_instruction);
    tcase_add_test(cage, what_is_kept_for_one_is_kept_beside_another);
    tcase_add_test(cage, no_limit_means_none_and_huge_pages_can_be_left_to_the_system);
    tcase_add_test(cage, a_program_learns_its_port_and_those_of_dependencies);
    tcase_add_test(cage, programs_learn_where_they_may_write_and_a_restart_finds_it_as_it_was);
    tcase_add_test(cage, dependencies_do_not_count);
    tcase_add_test(cage, a_fork_bomb_is_bounded);
    tcase_add_test(cage, plain_files_do_what_libcgroup_does);
    tcase_add_test(readings, a_full_reading_is_exact_to_the_page);
    tcase_add_test(readings, a_survey_counts_what_children_hold);
    tcase_add_test(readings, a_squeeze_that_is_throttled_ends_at_its_deadline);
    tcase_add_test(readings, a_service_that_hands_controllers_down_is_not_squeezed);
    tcase_add_test(readings, a_tree_lives_on_when_its_first_process_ends);
    tcase_add_test(undoing, groups_a_service_made_go_with_it);
    tcase_add_test(undoing, a_dependency_that_cannot_start_undoes_everything);
    tcase_add_test(undoing, a_refused_limit_leaves_no_group_behind);
    tcase_add_test(undoing, what_a_killed_session_left_is_swept_and_a_living_one_is_not);
    suite_add_tcase(suite, cage);
    suite_add_tcase(suite, readings);
    suite_add_tcase(suite, undoing);
    return suite;
}

int main(void)
{
    return contract_run_native(native_suite());
}
