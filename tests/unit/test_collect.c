/* collect: garbage before every floor, by path and by signal, and profiles after it; with the fake
 * driver, but real requests. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "run/ask.h"
#include "run/run.h"
#include "tests/support/check_main.h"
#include "tests/support/fake_driver.h"
#include "tests/support/http_server.h"
#include "tests/support/machine.h"
#include "tests/support/temp_dir.h"

#define MIB ((uint64_t)1024 * 1024)

struct trial {
    struct temp_dir dir;
    struct run_spec spec;
    char log_path[PATH_MAX + 16];
    char data_dir[PATH_MAX + 16];
    char collected_dir[PATH_MAX + 16];
    struct record *record;
};

static struct trial trial_new(void)
{
    static const char *const command[] = {"fake", "serve", NULL};
    struct trial trial = {.dir = temp_dir_make()};
    struct settings *settings = &trial.spec.settings;
    settings_defaults(settings);
    snprintf(trial.spec.id, sizeof(trial.spec.id), "trial");
    trial.spec.scenario = "trial";
    settings->service.command = command;
    settings->limit_bytes = 16 * MIB;
    settings->load.concurrency = 4;
    settings->load.n_requests = 1;
    settings->load.requests[0] = (struct request_kind){.method = "GET", .path = "/ok", .weight = 1};
    settings->cycle_requests = settings->warmup_requests = 32;
    settings->settle_ns = NSEC_PER_MSEC;
    snprintf(trial.log_path, sizeof(trial.log_path), "%s/service.log", trial.dir.path);
    snprintf(trial.data_dir, sizeof(trial.data_dir), "%s/data", trial.dir.path);
    snprintf(trial.collected_dir, sizeof(trial.collected_dir), "%s/collected", trial.dir.path);
    ck_assert_int_eq(mkdirat(trial.dir.fd, "data", 0700), 0);
    return trial;
}

static void trial_done(struct trial *trial)
{
    record_free(trial->record);
    temp_dir_done(&trial->dir);
}

static const struct record *execute(struct trial *trial)
{
    static const struct driver_options options = {.kernel_path = NULL};
    const struct run_context context = {
        .driver = &fake_driver,
        .options = &options,
        .files = {.log_path = trial->log_path,
                  .data_dir = trial->data_dir,
                  .collected_dir = trial->collected_dir},
    };
    ck_assert_int_eq(record_new(&trial->spec, &trial->record, NULL), 0);
    run_execute(&context, &trial->spec, trial->record);
    machine_forget_warnings(trial->record);
    ck_assert_msg(trial->record->error.kind == ERROR_NONE, "%s", trial->record->error.text);
    return trial->record;
}

START_TEST(garbage_is_collected_before_every_floor_and_then_the_heap_is_asked)
{
    CLEANUP(trial_done) struct trial trial = trial_new();
    trial.spec.settings.gc = "/ok";
    trial.spec.settings.heap_path = "/heap";
    const struct record *record = execute(&trial);
    ck_assert_uint_eq(record->n_warnings, 0);
    ck_assert(record->question.heap_is_exact && record->question.heap_is_collected);
    ck_assert_uint_gt(record->timeline->n_cycles, 5);
    for (size_t i = 0; i < record->timeline->n_cycles; i++) {
        const struct cycle *cycle = &record->timeline->cycles[i];
        ck_assert_uint_eq(cycle->collected_bytes, 0);
        ck_assert(!survey_has(&cycle->settled, SURVEY_HEAP_IN_USE)); /* garbage was in it */
        ck_assert_uint_eq(cycle->floor.value[SURVEY_HEAP_IN_USE], MIB + MIB / 2);
    }
    ck_assert(record->verdict.has_collect);
    ck_assert_int_eq(record->verdict.released_collect_bytes, 0);
}
END_TEST

START_TEST(without_a_word_nothing_is_collected)
{
    CLEANUP(trial_done) struct trial trial = trial_new();
    trial.spec.settings.gc = "none";
    trial.spec.settings.heap_path = "/heap";
    const struct record *record = execute(&trial);
    ck_assert(!record->question.heap_is_exact && !record->verdict.has_collect);
    ck_assert_uint_eq(record->timeline->cycles[1].collected_bytes, SURVEY_ABSENT);
    ck_assert(!file_exists(trial.dir.fd, "collected"));
}
END_TEST

START_TEST(a_collection_that_fails_is_one_warning_and_costs_the_numbers)
{
    CLEANUP(trial_done) struct trial trial = trial_new();
    trial.spec.settings.gc = "/status/404";
    trial.spec.settings.heap_path = "/heap";
    const struct record *record = execute(&trial);
    ck_assert_uint_eq(record->n_warnings, 1);
    ck_assert_ptr_nonnull(strstr(record->warnings[0], "garbage was not collected before a floor"));
    for (size_t i = 0; i < record->timeline->n_cycles; i++) {
        ck_assert_uint_eq(record->timeline->cycles[i].collected_bytes, SURVEY_ABSENT);
        ck_assert(!survey_has(&record->timeline->cycles[i].floor, SURVEY_HEAP_IN_USE));
    }
    ck_assert_int_eq(record->verdict.kind, VERDICT_CLEAN);
}
END_TEST

START_TEST(profiles_are_kept_at_every_floor)
{
    CLEANUP(trial_done) struct trial trial = trial_new();
    char url[64];
    trial.spec.settings.n_collect = 3;
    trial.spec.settings.collect[0] = (struct collect){"heap", "/heap"};
    trial.spec.settings.collect[1] = (struct collect){"none", "/status/404"};
    trial.spec.settings.collect[2] = (struct collect){"dead", http_server_dead_url(url)};
    const struct record *record = execute(&trial);
    ck_assert_uint_eq(record->n_warnings, 2); /* each once */
    ck_assert_ptr_nonnull(strstr(record->warnings[0], "none was not collected: GET /status/404"));
    ck_assert_ptr_nonnull(strstr(record->warnings[1], "dead was not collected"));
    CLEANUP(closep)
    int dir_fd = openat(trial.dir.fd, "collected", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(dir_fd, 0);
    for (size_t i = 0; i < record->timeline->n_cycles; i++) {
        char name[32];
        CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(4096);
        snprintf(name, sizeof(name), "heap.%03zu", i);
        ck_assert_msg(file_read(dir_fd, name, &text, NULL) == 0, "no %s", name);
        ck_assert_ptr_nonnull(strstr(buffer_text(&text), "in_use_bytes"));
        snprintf(name, sizeof(name), "none.%03zu", i);
        ck_assert(!file_exists(dir_fd, name));
    }
}
END_TEST

START_TEST(an_answer_without_end_is_left_out)
{
    CLEANUP(trial_done) struct trial trial = trial_new();
    trial.spec.settings.n_collect = 1;
    trial.spec.settings.collect[0] = (struct collect){"endless", "/endless-chunks"};
    trial.spec.settings.cycles_min = trial.spec.settings.cycles = 1;
    trial.spec.settings.budget_ns = NSEC_PER_MSEC; /* an answer of 64 MiB takes its time */
    const struct record *record = execute(&trial);
    ck_assert_uint_ge(record->n_warnings, 1);
    ck_assert_ptr_nonnull(strstr(record->warnings[0], "endless was not collected"));
    ck_assert(!file_exists(trial.dir.fd, "collected/endless.000"));
}
END_TEST

static volatile sig_atomic_t signals_seen;

static void note_signal(int number)
{
    signals_seen += number == SIGUSR1;
}

START_TEST(a_signal_goes_to_who_listens_or_else_to_the_first)
{
    struct runtime_survey processes = {.first = getpid()};
    struct ask_target target = {.url = "http://127.0.0.1:1", .processes = &processes};
    struct error err = {.kind = ERROR_NONE};
    signal(SIGUSR1, note_signal);
    ck_assert_int_eq(ask_service(&target, "signal:USR1", NULL, NULL), 0);
    ck_assert_int_eq(signals_seen, 1);
    processes = (struct runtime_survey){.first = -1, .listener = getpid()};
    ck_assert_int_eq(ask_service(&target, "signal:USR1", NULL, NULL), 0);
    ck_assert_int_eq(signals_seen, 2);

    ck_assert_int_eq(ask_service(&target, "signal:NOSUCH", NULL, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "no signal \"NOSUCH\""));
    processes = (struct runtime_survey){.n = 0};
    ck_assert_int_eq(ask_service(&target, "signal:USR1", NULL, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "no process"));
    ck_assert_int_eq(ask_service(&target, "jvm", NULL, &err), -1);
    ck_assert_str_eq(err.text, "there is no JVM to ask");
    target.processes = NULL;
    ck_assert_int_eq(ask_service(&target, "jvm", NULL, NULL), -1);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("collect");
    TCase *tcase = tcase_create("collect");
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, garbage_is_collected_before_every_floor_and_then_the_heap_is_asked);
    tcase_add_test(tcase, without_a_word_nothing_is_collected);
    tcase_add_test(tcase, a_collection_that_fails_is_one_warning_and_costs_the_numbers);
    tcase_add_test(tcase, profiles_are_kept_at_every_floor);
    tcase_add_test(tcase, an_answer_without_end_is_left_out);
    tcase_add_test(tcase, a_signal_goes_to_who_listens_or_else_to_the_first);
    suite_add_tcase(s, tcase);
    return s;
}

CHECK_MAIN(suite);
