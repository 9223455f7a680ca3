/* What driver attach can be held to: an instance that was there before it, and is there afterwards
 * as it was. "processes": a service without a cgroup of its own; "cgroup": one in a cgroup,
 * attached to by pid and by path in turn (77 and the reason where there can be none). */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "driver/attach.h"
#include "memory/cgroup.h"
#include "memory/cgroup_layout.h"
#include "tests/contract/contract.h"

#define EXIT_SKIPPED 77
#define MEBIBYTE     ((uint64_t)1024 * 1024)
#define LIMIT_BYTES  (64 * MEBIBYTE)
#define PATIENCE_NS  (500 * NSEC_PER_MSEC)
#define PORT         8080
#define TEXT_MAX     65536

static bool in_cgroup;
static struct cgroup_base base;

/* Every test is looped: attach by pid, then (in a cgroup) by its path. */
enum { BY_PID, BY_PATH, NAMES };

/* A service that runs, and what attaches to it. */
struct running {
    struct contract *contract; /* its folder, log and spec; the driver under test */
    struct cgroup *cgroup;     /* NULL: it has none */
    struct process process;
    char name[CGROUP_PATH_MAX];
};

static struct running running_start(const char *way, const char *argument, int by)
{
    struct running running = {.contract = contract_new(&attach_driver, way, argument),
                              .process = PROCESS_NONE};
    struct contract *contract = running.contract;
    struct error err = {.kind = ERROR_NONE};
    const struct cgroup_limits limits = {.memory_max_bytes = LIMIT_BYTES,
                                         .memory_high_bytes = CGROUP_NO_LIMIT,
                                         .pids_max = CGROUP_NO_LIMIT};
    if (in_cgroup)
        ck_assert_msg(cgroup_create(&base, "service", &limits, &running.cgroup, &err) == 0, "%s",
                      err.text);
    CLEANUP(closep)
    int log_fd = open(contract->log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    char words[2][32];
    snprintf(words[0], sizeof(words[0]), "%s", way);
    snprintf(words[1], sizeof(words[1]), "%s", argument != NULL ? argument : "");
    char *const argv[] = {contract->service_path, words[0], argument != NULL ? words[1] : NULL,
                          NULL};
    const struct process_spec spec = {.argv = argv,
                                      .stdin_fd = -1,
                                      .stdout_fd = log_fd,
                                      .stderr_fd = log_fd,
                                      .attach = in_cgroup ? cgroup_attach : NULL,
                                      .attach_context = running.cgroup};
    ck_assert_msg(process_spawn(&spec, &running.process, &err) == 0, "%s", err.text);
    contract_wait_log(contract, "ready");

    if (by == BY_PATH)
        snprintf(running.name, sizeof(running.name), "%s", cgroup_path(running.cgroup));
    else
        snprintf(running.name, sizeof(running.name), "%d", running.process.pid);
    contract->spec.settings.service.command =
        &contract->command[ARRAY_LENGTH(contract->command) - 1];
    contract->spec.settings.service.port = PORT;
    contract->spec.settings.limit_bytes = SCENARIO_NO_LIMIT;
    return running;
}

static void running_attach(struct running *running)
{
    running->contract->spec.settings.attach = running->name;
    contract_start(running->contract);
}

static bool running_lives(struct running *running)
{
    struct process_end end;
    return process_wait(&running->process, 0, &end) == 1;
}

static void running_done(struct running *running)
{
    contract_end(running->contract);
    process_done(&running->process);
    cgroup_destroy(running->cgroup);
}

#define RUNNING(name, way, argument) \
    CLEANUP(running_done) struct running name = running_start(way, argument, _i)

START_TEST(it_is_alive_and_has_an_endpoint)
{
    RUNNING(running, "stay", NULL);
    running_attach(&running);
    struct instance_state state = contract_state(running.contract);
    ck_assert(state.alive);
    ck_assert(!state.main_ended);
    ck_assert_uint_eq(state.processes, 1);
    ck_assert_str_eq(attach_driver.endpoint(running.contract->instance, 0),
                     "http://127.0.0.1:8080");
    ck_assert_ptr_null(attach_driver.endpoint(running.contract->instance, 1));
    const char *dir = attach_driver.cgroup_dir(running.contract->instance);
    ck_assert_int_eq(dir != NULL, in_cgroup);
    ck_assert(dir == NULL || strcmp(dir, cgroup_path(running.cgroup)) == 0);
}
END_TEST

START_TEST(it_is_described)
{
    RUNNING(running, "stay", NULL);
    running_attach(&running);
    struct instance_facts facts;
    attach_driver.describe(running.contract->instance, &facts);
    ck_assert_ptr_nonnull(strstr(facts.target, running.name));
    ck_assert_ptr_nonnull(strstr(facts.target, "contract_servic"));
    ck_assert_uint_eq(facts.limit_bytes, in_cgroup ? LIMIT_BYTES : SCENARIO_NO_LIMIT);
    ck_assert_int_eq(facts.unseen[0] == '\0', in_cgroup);
}
END_TEST

START_TEST(readings_have_what_can_be_seen_and_nothing_else)
{
    RUNNING(running, "stay", NULL);
    running_attach(&running);
    for (int full = 0; full < 2; full++) {
        struct memory_sample sample = contract_read(running.contract, full == 1);
        ck_assert_int_eq(memory_sample_has(&sample, MEMORY_CURRENT), in_cgroup);
        ck_assert_int_eq(memory_sample_has(&sample, MEMORY_RSS), !in_cgroup);
        ck_assert_int_eq(memory_sample_has(&sample, MEMORY_EVENTS_OOM_KILL), full && in_cgroup);
        ck_assert_int_eq(memory_sample_has(&sample, MEMORY_ANON), full && in_cgroup);
        ck_assert(in_cgroup || sample.value[MEMORY_RSS] > 0);
    }
}
END_TEST

START_TEST(a_survey_has_all_of_its_tree)
{
    RUNNING(running, "use", NULL);
    contract_wait_log(running.contract, "ready\nready"); /* both of them */
    running_attach(&running);
    struct survey survey = contract_survey(running.contract);
    ck_assert_uint_eq(survey.value[SURVEY_PROCESSES], 2);
    ck_assert_uint_eq(survey.value[SURVEY_THREADS], 8);
    ck_assert_uint_eq(survey.value[SURVEY_FD_SOCKET], 10);
    ck_assert(survey_has(&survey, SURVEY_PSS_ANON));
    ck_assert_int_eq(memory_sample_has(&survey.memory, MEMORY_KERNEL), in_cgroup);
    ck_assert(in_cgroup || survey.memory.present == 0);
    ck_assert_uint_eq(contract_state(running.contract).processes, 2);
}
END_TEST

/* The processes of the group and everything that could have been set, as text. */
static void group_text(const struct running *running, struct buffer *text)
{
    static const char *const files[] = {"cgroup.procs",    "cgroup.subtree_control",
                                        "memory.max",      "memory.high",
                                        "memory.low",      "memory.min",
                                        "memory.swap.max", "memory.oom.group",
                                        "memory.events",   "cgroup.freeze"};
    for (size_t i = 0; running->cgroup != NULL && i < ARRAY_LENGTH(files); i++)
        ck_assert_int_eq(file_read(cgroup_dir_fd(running->cgroup), files[i], text, NULL), 0);
}

START_TEST(it_is_left_as_it_was_at_any_step)
{
    RUNNING(running, "fill", "24");
    CLEANUP(buffer_done) struct buffer before = BUFFER_INIT(TEXT_MAX);
    group_text(&running, &before);
    for (int steps = 0; steps < 5; steps++) {
        CLEANUP(buffer_done) struct buffer after = BUFFER_INIT(TEXT_MAX);
        struct squeeze_result squeeze;
        int64_t bytes = 0;
        running_attach(&running);
        struct instance *instance = running.contract->instance;
        nsec_t deadline_ns = clock_now_ns() + PATIENCE_NS;
        if (steps > 0)
            contract_survey(running.contract);
        if (steps > 1)
            ck_assert_int_eq(attach_driver.reclaim(instance, deadline_ns, &bytes, NULL), 1);
        if (steps > 2)
            ck_assert_int_eq(
                attach_driver.squeeze(instance, 60 * MEBIBYTE, deadline_ns, &squeeze, NULL), 1);
        if (steps > 3)
            ck_assert(contract_stop(running.contract, PATIENCE_NS).alive);
        attach_driver.destroy(instance);
        running.contract->instance = NULL;
        ck_assert(running_lives(&running));
        group_text(&running, &after);
        ck_assert_str_eq(buffer_text(&after), buffer_text(&before));
    }
}
END_TEST

START_TEST(its_end_is_seen)
{
    RUNNING(running, "stay", NULL);
    struct process_end end;
    running_attach(&running);
    kill(running.process.pid, SIGKILL);
    ck_assert_int_eq(process_wait(&running.process, clock_now_ns() + CONTRACT_WAIT_NS, &end), 0);
    struct instance_state state = contract_wait_end(running.contract, true);
    ck_assert(!state.alive);
    ck_assert(!state.main_ended);
    ck_assert_uint_eq(state.processes, 0);
    struct memory_sample sample;
    int status = attach_driver.read(running.contract->instance, true, &sample, NULL);
    ck_assert_int_eq(status, in_cgroup ? 0 : 1); /* what it left can still be read */
    ck_assert(!contract_stop(running.contract, PATIENCE_NS).alive);
}
END_TEST

START_TEST(its_end_is_seen_while_nobody_has_waited_for_it)
{
    RUNNING(running, "stay", NULL);
    running_attach(&running);
    kill(running.process.pid, SIGKILL);
    ck_assert(!contract_wait_end(running.contract, true).alive);
}
END_TEST

START_TEST(what_is_gone_cannot_be_attached_to)
{
    static const struct driver_options options = {.kernel_path = NULL};
    RUNNING(running, "stay", NULL);
    struct error err = {.kind = ERROR_NONE};
    process_done(&running.process);
    running.contract->spec.settings.attach = running.name;
    ck_assert_int_eq(attach_driver.start(&options, &running.contract->spec,
                                         &running.contract->files, &running.contract->instance,
                                         &err),
                     -1);
    ck_assert_ptr_null(running.contract->instance);
    ck_assert_int_eq(err.kind, ERROR_ENVIRONMENT);
    ck_assert_ptr_nonnull(strstr(err.text, running.name));
}
END_TEST

START_TEST(without_a_port_there_is_nothing_to_drive)
{
    static const struct driver_options options = {.kernel_path = NULL};
    RUNNING(running, "stay", NULL);
    struct error err = {.kind = ERROR_NONE};
    running.contract->spec.settings.attach = running.name;
    running.contract->spec.settings.service.port = 0;
    ck_assert_int_eq(attach_driver.start(&options, &running.contract->spec,
                                         &running.contract->files, &running.contract->instance,
                                         &err),
                     -1);
    ck_assert_ptr_nonnull(strstr(err.text, "listens on no TCP port"));
    ck_assert_ptr_nonnull(strstr(err.text, "--port"));
    ck_assert(running_lives(&running));
}
END_TEST

START_TEST(two_can_attach_at_once)
{
    RUNNING(running, "stay", NULL);
    static const struct driver_options options = {.kernel_path = NULL};
    struct instance *second = NULL;
    running_attach(&running);
    ck_assert_int_eq(attach_driver.start(&options, &running.contract->spec,
                                         &running.contract->files, &second, NULL),
                     0);
    contract_survey(running.contract);
    attach_driver.destroy(second);
    ck_assert(contract_state(running.contract).alive);
    ck_assert(running_lives(&running));
}
END_TEST

static Suite *attach_suite(void)
{
    Suite *suite = suite_create("attach");
    TCase *tcase = tcase_create("what runs already");
    int names = in_cgroup ? NAMES : 1;
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, it_is_alive_and_has_an_endpoint, 0, names);
    tcase_add_loop_test(tcase, it_is_described, 0, names);
    tcase_add_loop_test(tcase, readings_have_what_can_be_seen_and_nothing_else, 0, names);
    tcase_add_loop_test(tcase, a_survey_has_all_of_its_tree, 0, names);
    tcase_add_loop_test(tcase, it_is_left_as_it_was_at_any_step, 0, names);
    tcase_add_loop_test(tcase, its_end_is_seen, 0, names);
    tcase_add_loop_test(tcase, its_end_is_seen_while_nobody_has_waited_for_it, 0, names);
    tcase_add_loop_test(tcase, what_is_gone_cannot_be_attached_to, 0, names);
    tcase_add_loop_test(tcase, without_a_port_there_is_nothing_to_drive, 0, names);
    tcase_add_loop_test(tcase, two_can_attach_at_once, 0, names);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(int argc, char **argv)
{
    struct error why = {.kind = ERROR_NONE};
    in_cgroup = argc == 2 && strcmp(argv[1], "cgroup") == 0;
    if (argc != 2 || (!in_cgroup && strcmp(argv[1], "processes") != 0)) {
        fprintf(stderr, "usage: %s processes|cgroup\n", argv[0]);
        return EXIT_FAILURE;
    }
    if (in_cgroup && cgroup_base_open(false, &base, &why) != 0) {
        fprintf(stderr, "skipped: %s\n", why.text);
        return EXIT_SKIPPED;
    }
    SRunner *runner = srunner_create(attach_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
