/* stage_instruments: a table of instruments over the life of a run, with the fake driver. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "run/run.h"
#include "scenario/instruments.h"
#include "scenario/record_instruments.h"
#include "tests/support/check_main.h"
#include "tests/support/fake_driver.h"
#include "tests/support/machine.h"
#include "tests/support/temp_dir.h"

#define MIB      ((uint64_t)1024 * 1024)
#define FLOOR_NS (100 * NSEC_PER_MSEC)

/* What was called, in order: b(egin), s(tarted), r(eady), f(loor), e(nd). */
static char calls[256];
static size_t floors[64];
static size_t n_floors;
static const char *begin_fails;

static const char *const environment[] = {"LD_PRELOAD=/lib/x.so", NULL};

struct instruments {
    const struct instrument_site *site;
};

static void called(char what)
{
    size_t length = strlen(calls);
    ck_assert_uint_lt(length + 1, sizeof(calls));
    calls[length] = what;
}

static int test_begin(const struct instrument_site *site, struct instruments **ret,
                      struct error *err)
{
    called('b');
    ck_assert_str_eq(site->spec->scenario, "trial");
    ck_assert_ptr_nonnull(site->files->collected_dir);
    if (begin_fails != NULL)
        return error_set(err, ERROR_ENVIRONMENT, "%s", begin_fails);
    *ret = calloc(1, sizeof(**ret));
    (*ret)->site = site;
    record_add_instrument(site->record, &(struct record_instrument){.name = "threads"});
    return 0;
}

static const char *const *test_environment(const struct instruments *instruments)
{
    ck_assert_ptr_nonnull(instruments->site);
    return environment;
}

static void test_started(struct instruments *instruments, const struct instrument_target *target)
{
    (void)instruments;
    called('s');
    ck_assert_ptr_null(target->cgroup_dir);
    ck_assert_int_eq(strncmp(target->url, "http://127.0.0.1:", 17), 0);
    ck_assert_ptr_null(target->processes);
}

static void test_ready(struct instruments *instruments, const struct instrument_target *target)
{
    (void)instruments;
    (void)target;
    called('r');
}

static void test_floor(struct instruments *instruments, size_t cycle)
{
    (void)instruments;
    called('f');
    ck_assert_uint_lt(n_floors, ARRAY_LENGTH(floors));
    floors[n_floors++] = cycle;
    clock_sleep_until(clock_now_ns() + FLOOR_NS);
}

static void test_end(struct instruments *instruments)
{
    called('e');
    free(instruments);
}

static const struct run_instruments table = {
    .begin = test_begin,
    .environment = test_environment,
    .started = test_started,
    .ready = test_ready,
    .floor = test_floor,
    .end = test_end,
};

struct trial {
    struct temp_dir dir;
    struct run_spec spec;
    char log_path[PATH_MAX + 16];
    char data_dir[PATH_MAX + 16];
    struct record *record;
};

static struct trial trial_new(const char *const *command)
{
    static const char *const nothing[] = {NULL};
    struct trial trial = {.dir = temp_dir_make(), .spec = {.id = "trial", .scenario = "trial"}};
    struct settings *settings = &trial.spec.settings;
    settings_defaults(settings);
    settings->service.command = command;
    settings->service.env = nothing;
    settings->service.ready = "tcp";
    settings->service.ready_timeout_ns = 100 * NSEC_PER_MSEC;
    settings->limit_bytes = 16 * MIB;
    settings->load.concurrency = 4;
    settings->load.n_requests = 1;
    settings->load.requests[0] = (struct request_kind){.method = "GET", .path = "/ok", .weight = 1};
    settings->cycle_requests = settings->warmup_requests = 32;
    settings->settle_ns = NSEC_PER_MSEC;
    settings->instruments = 1U << INSTRUMENT_THREADS;
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

/* The service has the environment that the instruments gave it. */
static int checked_start(const struct driver_options *options, const struct run_spec *spec,
                         const struct run_files *files, struct instance **ret, struct error *err)
{
    bool with = calls[0] != '\0' && begin_fails == NULL;
    ck_assert_int_eq(spec->settings.service.env == environment, with);
    return fake_driver.start(options, spec, files, ret, err);
}

static const struct record *execute(struct trial *trial, const struct run_instruments *instruments)
{
    static const struct driver_options options = {.kernel_path = NULL};
    struct driver driver = fake_driver;
    driver.start = checked_start;
    const struct run_context context = {
        .driver = &driver,
        .options = &options,
        .files = {.log_path = trial->log_path,
                  .data_dir = trial->data_dir,
                  .collected_dir = "/nowhere"},
        .instruments = instruments,
    };
    memset(calls, 0, sizeof(calls));
    n_floors = 0;
    ck_assert_int_eq(record_new(&trial->spec, &trial->record, NULL), 0);
    run_execute(&context, &trial->spec, trial->record);
    machine_forget_warnings(trial->record);
    return trial->record;
}

#define TRIAL(name, ...)                                              \
    static const char *const command[] = {"fake", __VA_ARGS__, NULL}; \
    CLEANUP(trial_done) struct trial name = trial_new(command)

START_TEST(they_see_every_floor_and_are_in_the_record)
{
    TRIAL(trial, "serve");
    const struct record *record = execute(&trial, &table);
    ck_assert_msg(record->error.kind == ERROR_NONE, "%s", record->error.text);
    ck_assert_int_eq(strncmp(calls, "bsrfff", 6), 0);
    ck_assert_str_eq(calls + strlen(calls) - 2, "fe");
    ck_assert_uint_eq(n_floors, record->timeline->n_cycles);
    for (size_t i = 0; i < n_floors; i++)
        ck_assert_uint_eq(floors[i], i);
    ck_assert_uint_eq(record->n_instruments, 1);
    ck_assert_uint_eq(record->n_warnings, 0);
}
END_TEST

START_TEST(what_they_take_is_no_part_of_a_cycle_nor_of_the_budget)
{
    TRIAL(trial, "serve");
    trial.spec.settings.cycles = trial.spec.settings.cycles_min = 8;
    trial.spec.settings.budget_ns = 8 * FLOOR_NS;
    const struct record *record = execute(&trial, &table);
    /* On a machine that is busy the rest may take it all; never what they took. */
    nsec_t own_ns = record->duration_ns - (nsec_t)n_floors * FLOOR_NS;
    if (own_ns < trial.spec.settings.budget_ns)
        ck_assert_int_eq(record->termination, TERMINATION_DECIDED);
    for (size_t i = 1; i < record->timeline->n_cycles; i++) {
        const struct cycle *cycle = &record->timeline->cycles[i];
        ck_assert_int_ge(cycle->begin_ns - record->timeline->cycles[i - 1].floor_ns, FLOOR_NS);
    }
}
END_TEST

START_TEST(without_being_asked_for_there_are_none)
{
    TRIAL(trial, "serve");
    trial.spec.settings.instruments = 0;
    const struct record *record = execute(&trial, &table);
    ck_assert_str_eq(calls, "");
    ck_assert_uint_eq(record->n_instruments, 0);
}
END_TEST

START_TEST(without_a_table_there_are_none)
{
    TRIAL(trial, "serve");
    const struct record *record = execute(&trial, NULL);
    ck_assert_str_eq(calls, "");
    ck_assert_int_eq(record->error.kind, ERROR_NONE);
}
END_TEST

START_TEST(a_service_that_is_started_again_has_new_ones)
{
    TRIAL(trial, "keep=131072");
    trial.spec.settings.limit_bytes = 4 * MIB;
    const struct record *record = execute(&trial, &table);
    ck_assert_uint_ge(record->starts, 2);
    unsigned begun = 0;
    unsigned ended = 0;
    for (const char *call = calls; *call != '\0'; call++) {
        begun += *call == 'b';
        ended += *call == 'e';
        ck_assert(*call != 'b' || begun == ended + 1);
    }
    ck_assert_uint_eq(begun, record->starts);
    ck_assert_uint_eq(ended, begun);
}
END_TEST

START_TEST(they_end_where_the_service_is_never_ready)
{
    TRIAL(trial, "never-ready");
    const struct record *record = execute(&trial, &table);
    ck_assert_int_eq(record->error.kind, ERROR_SERVICE);
    ck_assert_str_eq(calls, "bse");
}
END_TEST

START_TEST(they_end_where_the_service_cannot_be_started)
{
    TRIAL(trial, "cannot-start");
    const struct record *record = execute(&trial, &table);
    ck_assert_int_eq(record->error.kind, ERROR_SERVICE);
    ck_assert_str_eq(calls, "be");
}
END_TEST

START_TEST(what_they_cannot_do_ends_no_run)
{
    TRIAL(trial, "serve");
    begin_fails = "no room for them";
    const struct record *record = execute(&trial, &table);
    begin_fails = NULL;
    ck_assert_int_eq(record->error.kind, ERROR_NONE);
    ck_assert_str_eq(calls, "b");
    ck_assert_uint_eq(record->n_warnings, 1);
    ck_assert_str_eq(record->warnings[0], "there are no instruments: no room for them");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("stage_instruments");
    TCase *c = tcase_create("calls");
    suite_add_tcase(s, c);
    tcase_add_test(c, they_see_every_floor_and_are_in_the_record);
    tcase_add_test(c, what_they_take_is_no_part_of_a_cycle_nor_of_the_budget);
    tcase_add_test(c, without_being_asked_for_there_are_none);
    tcase_add_test(c, without_a_table_there_are_none);
    tcase_add_test(c, a_service_that_is_started_again_has_new_ones);
    tcase_add_test(c, they_end_where_the_service_is_never_ready);
    tcase_add_test(c, they_end_where_the_service_cannot_be_started);
    tcase_add_test(c, what_they_cannot_do_ends_no_run);
    return s;
}

CHECK_MAIN(suite);
