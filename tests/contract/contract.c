#include "tests/contract/contract.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/owner.h"
#include "driver/native.h"
#include "memory/cgroup.h"

#define EXIT_SKIPPED     77
#define CONTRACT_LOG_MAX 65536
#define CONTRACT_LOOK_NS (10 * NSEC_PER_MSEC)

/* The fake driver's words for the same behaviour; where a way takes an amount, it is 24 MiB. */
static const char *contract_fake_way(const char *way)
{
    static const char *const ways[][2] = {
        {"exit", "exit=0:3"},
        {"allocate", "grow=8388608"},
        {"ignore-term", "ignore-term"},
        {"not-executable", "cannot-start"},
        {"free-lazily", "lazy=25165824"},
        {"fill", "bytes=25165824"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(ways); i++)
        if (strcmp(ways[i][0], way) == 0)
            return ways[i][1];
    return "bytes=1048576";
}

/* contract_service is built beside the test program. */
static void contract_find_service(char *path, size_t size)
{
    ssize_t length = readlink("/proc/self/exe", path, size - 1);
    ck_assert_int_gt(length, 0);
    path[length] = '\0';
    char *slash = strrchr(path, '/');
    ck_assert_ptr_nonnull(slash);
    snprintf(slash, size - (size_t)(slash - path), "/contract_service");
}

struct contract *contract_new(const struct driver *driver, const char *way, const char *argument)
{
    struct contract *contract = calloc(1, sizeof(*contract));
    ck_assert_ptr_nonnull(contract);
    contract->driver = driver;
    contract->dir = temp_dir_make();
    snprintf(contract->log_path, sizeof(contract->log_path), "%s/service.log", contract->dir.path);
    snprintf(contract->data_dir, sizeof(contract->data_dir), "%s/data", contract->dir.path);
    ck_assert_int_eq(mkdir(contract->data_dir, 0700), 0);
    contract->files =
        (struct run_files){.log_path = contract->log_path, .data_dir = contract->data_dir};
    contract_find_service(contract->service_path, sizeof(contract->service_path));

    bool fake = strcmp(driver->name, "fake") == 0;
    contract->command[0] = contract->service_path;
    contract->command[1] = fake ? contract_fake_way(way) : way;
    contract->command[2] = fake ? NULL : argument;
    if (!fake && strcmp(way, "not-executable") == 0)
        contract->command[0] = "/etc/passwd";
    settings_defaults(&contract->spec.settings);
    contract->spec.settings.service.command = contract->command;
    contract->spec.settings.limit_bytes = (uint64_t)64 * 1024 * 1024;
    snprintf(contract->spec.id, sizeof(contract->spec.id), "contract");
    return contract;
}

void contract_add_dependency(struct contract *contract, const char *way)
{
    struct settings *settings = &contract->spec.settings;
    contract->dependency_command[0] = contract->service_path;
    contract->dependency_command[1] = way;
    if (strcmp(way, "not-executable") == 0)
        contract->dependency_command[0] = "/etc/passwd";
    settings->dependencies[0].name = "upstream";
    settings->dependencies[0].command = contract->dependency_command;
    settings->n_dependencies = 1;
}

/* No group of this session, that is, of this process. */
static void contract_check_nothing_left(const struct contract *contract)
{
    struct cgroup_base base;
    char name[OWNER_NAME_MAX];
    if (strcmp(contract->driver->name, "native") != 0)
        return;
    ck_assert_int_eq(cgroup_base_open(true, &base, NULL), 0);
    ck_assert_int_eq(owner_name(name, NULL), 0);
    CLEANUP(freep) char *path = file_join(base.path, name);
    ck_assert_msg(!file_exists(AT_FDCWD, path), "%s is left", path);
}

void contract_end(struct contract *contract)
{
    contract->driver->destroy(contract->instance);
    contract_check_nothing_left(contract);
    temp_dir_done(&contract->dir);
    free(contract);
}

void contract_end_both(struct contract *first, struct contract *second)
{
    second->driver->destroy(second->instance);
    second->instance = NULL;
    contract_end(first);
    contract_end(second);
}

void contract_start(struct contract *contract)
{
    struct error err = {.kind = ERROR_NONE};
    static const struct driver_options options = {.kernel_path = NULL};
    ck_assert_msg(contract->driver->start(&options, &contract->spec, &contract->files,
                                          &contract->instance, &err) == 0,
                  "%s", err.text);
}

void contract_wait_log(const struct contract *contract, const char *text)
{
    for (nsec_t end_ns = clock_now_ns() + CONTRACT_WAIT_NS; clock_now_ns() < end_ns;) {
        CLEANUP(buffer_done) struct buffer log = BUFFER_INIT(CONTRACT_LOG_MAX);
        if (file_read(AT_FDCWD, contract->log_path, &log, NULL) == 0 &&
            strstr(buffer_text(&log), text) != NULL)
            return;
        clock_sleep_until(clock_now_ns() + CONTRACT_LOOK_NS);
    }
    ck_abort_msg("\"%s\" did not come in the log", text);
}

char *contract_log_value(const struct contract *contract, const char *key)
{
    CLEANUP(buffer_done) struct buffer log = BUFFER_INIT(CONTRACT_LOG_MAX);
    ck_assert_int_eq(file_read(AT_FDCWD, contract->log_path, &log, NULL), 0);
    const char *line = buffer_text(&log);
    size_t length = strlen(key);
    while (strncmp(line, key, length) != 0 || line[length] != ' ') {
        line = strchr(line, '\n');
        ck_assert_msg(line != NULL, "the log has no %s", key);
        line++;
    }
    return strndup(line + length + 1, strcspn(line + length + 1, "\n"));
}

struct instance_state contract_state(struct contract *contract)
{
    struct instance_state state;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(contract->driver->state(contract->instance, &state, &err) == 0, "%s", err.text);
    return state;
}

struct instance_state contract_wait_end(struct contract *contract, bool whole_tree)
{
    for (nsec_t end_ns = clock_now_ns() + CONTRACT_WAIT_NS; clock_now_ns() < end_ns;) {
        struct instance_state state = contract_state(contract);
        if (whole_tree ? !state.alive : state.main_ended)
            return state;
        contract_read(contract, false); /* this is what moves the fake driver on */
        clock_sleep_until(clock_now_ns() + CONTRACT_LOOK_NS);
    }
    ck_abort_msg("the service did not end");
}

struct memory_sample contract_read(struct contract *contract, bool full)
{
    struct memory_sample sample;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(contract->driver->read(contract->instance, full, &sample, &err) == 0, "%s",
                  err.text);
    return sample;
}

struct survey contract_survey(struct contract *contract)
{
    struct survey survey;
    struct error err = {.kind = ERROR_NONE};
    survey_init(&survey);
    ck_assert_msg(contract->driver->survey(contract->instance, &survey, &err) == 0, "%s", err.text);
    return survey;
}

struct squeeze_result contract_squeeze(struct contract *contract, uint64_t bytes,
                                       nsec_t patience_ns)
{
    struct squeeze_result result;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(contract->driver->squeeze(contract->instance, bytes, clock_now_ns() + patience_ns,
                                            &result, &err) == 0,
                  "%s", err.text);
    return result;
}

struct instance_state contract_stop(struct contract *contract, nsec_t patience_ns)
{
    struct instance_state state;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(
        contract->driver->stop(contract->instance, clock_now_ns() + patience_ns, &state, &err) == 0,
        "%s", err.text);
    return state;
}

void contract_expect_value(const struct contract *contract, const char *key, const char *expected)
{
    CLEANUP(freep) char *found = contract_log_value(contract, key);
    ck_assert_msg(strcmp(found, expected) == 0, "%s: found \"%s\", expected \"%s\"", key, found,
                  expected);
}

pid_t contract_start_session(const struct driver *driver, const char *way, char *session)
{
    int pipes[2];
    ck_assert_int_eq(pipe(pipes), 0);
    pid_t pid = fork();
    if (pid == 0) {
        char name[OWNER_NAME_MAX];
        struct contract *contract = contract_new(driver, way, NULL);
        contract_start(contract);
        contract_wait_log(contract, "ready");
        owner_name(name, NULL);
        ssize_t written = write(pipes[1], name, sizeof(name));
        pause();
        _exit(written > 0 ? 0 : 1);
    }
    close(pipes[1]);
    ck_assert_int_eq(read(pipes[0], session, OWNER_NAME_MAX), OWNER_NAME_MAX);
    close(pipes[0]);
    return pid;
}

int contract_run_native(Suite *suite)
{
    static const struct driver_options options = {.kernel_path = NULL};
    struct error why = {.kind = ERROR_NONE};
    SRunner *runner = srunner_create(suite);
    if (native_driver.probe(&options, &why) != 0) {
        fprintf(stderr, "skipped: %s\n", why.text);
        srunner_free(runner);
        return EXIT_SKIPPED;
    }
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
