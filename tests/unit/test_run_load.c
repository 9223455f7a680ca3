/* run, with a load that is a command, and a service that is ready without a port: the fake driver,
 * and real programs. */
#include "run/run.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "tests/support/check_main.h"
#include "tests/support/fake_driver.h"
#include "tests/support/temp_dir.h"

/* One run of a script of the fake driver. */
struct trial {
    struct temp_dir dir;
    struct run_spec spec;
    const char *command[8];
    struct record *record;
};

static struct trial trial_new(const char *const *words)
{
    struct trial trial = {
        .dir = temp_dir_make(), .command = {"fake"}, .spec = {.scenario = "trial"}};
    for (size_t i = 0; words[i] != NULL; i++)
        trial.command[i + 1] = words[i];
    struct settings *settings = &trial.spec.settings;
    settings_defaults(settings);
    settings->limit_bytes = (uint64_t)16 * 1024 * 1024;
    settings->load.concurrency = 4;
    settings->settle_ns = NSEC_PER_MSEC;
    settings->sample_hz = 1000;
    ck_assert_int_eq(mkdirat(trial.dir.fd, "data", 0700), 0);
    return trial;
}

static void trial_done(struct trial *trial)
{
    record_free(trial->record);
    temp_dir_done(&trial->dir);
}

static struct record *execute(struct trial *trial)
{
    static const struct driver_options options = {.kernel_path = NULL};
    char log_path[PATH_MAX + 16];
    char load_log_path[PATH_MAX + 16];
    char data_dir[PATH_MAX + 16];
    snprintf(log_path, sizeof(log_path), "%s/service.log", trial->dir.path);
    snprintf(load_log_path, sizeof(load_log_path), "%s/load.log", trial->dir.path);
    snprintf(data_dir, sizeof(data_dir), "%s/data", trial->dir.path);
    trial->spec.settings.service.command = trial->command;
    const struct run_context context = {
        .driver = &fake_driver,
        .options = &options,
        .files = {.log_path = log_path, .data_dir = data_dir, .load_log_path = load_log_path},
    };
    ck_assert_int_eq(record_new(&trial->spec, &trial->record, NULL), 0);
    run_execute(&context, &trial->spec, trial->record);
    return trial->record;
}

#define TRIAL(name, ...)                                    \
    static const char *const words[] = {__VA_ARGS__, NULL}; \
    CLEANUP(trial_done) struct trial name = trial_new(words)

/* Work that is runs of a program, each of them one request. */
static const char *const load_client[] = {
    "/bin/bash", "-c",
    "exec 3<>/dev/tcp/127.0.0.1/{port} && printf 'GET /ok HTTP/1.1\r\nHost: x\r\n\r\n' >&3 && "
    "read -r line <&3 && echo \"answer: $line\"",
    NULL};

static void set_command(struct trial *trial, const char *const *command)
{
    struct settings *settings = &trial->spec.settings;
    settings->load.n_requests = 0;
    settings->load.command = command;
    settings->cycle_requests = settings->warmup_requests = 10;
}

START_TEST(what_stays_of_every_run_of_a_program_is_a_leak)
{
    TRIAL(trial, "keep=8192");
    set_command(&trial, load_client);
    const struct record *record = execute(&trial);
    ck_assert_msg(record->error.kind == ERROR_NONE, "%s", record->error.text);
    ck_assert_int_eq(record->verdict.kind, VERDICT_LEAK);
    ck_assert_double_eq_tol(record->verdict.growth.estimate, 8192, 1e-6);
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(1 << 20);
    ck_assert_int_eq(file_read(trial.dir.fd, "load.log", &text, NULL), 0);
    ck_assert_ptr_nonnull(strstr(buffer_text(&text), "answer: HTTP/1.1 200"));
}
END_TEST

START_TEST(without_a_port_a_service_is_ready_by_its_log_or_at_once)
{
    static const char *const ready[] = {"log:^fake service", "none"};
    static const char *const command[] = {"/bin/true", NULL};
    TRIAL(trial, "never-ready");
    set_command(&trial, command);
    trial.spec.settings.service.ready = ready[_i];
    const struct record *record = execute(&trial);
    ck_assert_msg(record->error.kind == ERROR_NONE, "%s", record->error.text);
    ck_assert_int_eq(record->verdict.kind, VERDICT_CLEAN);
}
END_TEST

START_TEST(a_line_that_never_comes_is_an_error_in_time)
{
    TRIAL(trial, "serve");
    set_command(&trial, load_client);
    trial.spec.settings.service.ready = "log:^up";
    trial.spec.settings.service.ready_timeout_ns = 50 * NSEC_PER_MSEC;
    const struct record *record = execute(&trial);
    ck_assert_int_eq(record->error.kind, ERROR_SERVICE);
    ck_assert_ptr_nonnull(strstr(record->error.text, "none of the 1 lines it printed matches"));
}
END_TEST

START_TEST(a_command_that_fails_is_an_error_with_the_end_of_its_log)
{
    static const char *const command[] = {"/bin/sh", "-c", "echo no luck at {port}; exit 3", NULL};
    TRIAL(trial, "serve");
    set_command(&trial, command);
    const struct record *record = execute(&trial);
    ck_assert_int_eq(record->error.kind, ERROR_SERVICE);
    ck_assert_ptr_nonnull(strstr(record->error.text,
                                 "only 0 of 10 runs of the load's command ended with exit status "
                                 "0 (10 with another, 0 timed out, 0 failed); the end of what it "
                                 "printed:\nno luck at "));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("run_load");
    TCase *commands = tcase_create("commands");
    tcase_set_timeout(commands, 30);
    tcase_add_test(commands, what_stays_of_every_run_of_a_program_is_a_leak);
    tcase_add_loop_test(commands, without_a_port_a_service_is_ready_by_its_log_or_at_once, 0, 2);
    tcase_add_test(commands, a_line_that_never_comes_is_an_error_in_time);
    tcase_add_test(commands, a_command_that_fails_is_an_error_with_the_end_of_its_log);
    suite_add_tcase(s, commands);
    return s;
}

CHECK_MAIN(suite);
