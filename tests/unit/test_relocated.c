/* relocated: a plan that several places share: every run once, callers undisturbed, what is left of
 * it when a place fails. The places are threads in which the other end runs the fake driver. */
#include "run/message.h"
#include "run/relocated.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "tests/support/check_main.h"
#include "tests/support/fake_driver.h"
#include "tests/support/temp_dir.h"

enum { RUNS = 5 };

static struct temp_dir dir;
static char results[PATH_MAX + 16];
static struct run_spec runs[RUNS];
static struct plan plan = {.runs = runs, .n_runs = RUNS};
static const struct driver_options no_options;

static unsigned places_wanted;     /* that must be there before any of them begins */
static atomic_uint places_there;   /* counts up */
static atomic_uint places_of_work; /* that brought a record back */
static atomic_uint prepared;
static atomic_bool called; /* the session's caller is being called */

/* What was handed over. */
static unsigned done;
static char done_ids[RUNS][2 * SCENARIO_NAME_MAX + 16];
static unsigned progress_seen;
static char lost_ids[64]; /* "trial.3 trial.4 " */
static unsigned hangs_left;
static unsigned warned_again; /* records that say so */

static void enter_caller(void)
{
    ck_assert_msg(!atomic_exchange(&called, true), "called from two threads at once");
    clock_sleep_until(clock_now_ns() + NSEC_PER_MSEC);
}

static void leave_caller(void)
{
    atomic_store(&called, false);
}

static void record_done(void *context, struct record *record, const char *where)
{
    (void)context;
    enter_caller();
    ck_assert_uint_lt(done, RUNS);
    ck_assert_ptr_nonnull(strstr(where, record->id));
    for (unsigned i = 0; i < record->n_warnings; i++)
        warned_again += strncmp(record->warnings[i], "it was run again: ", 18) == 0;
    snprintf(done_ids[done++], sizeof(done_ids[0]), "%s", record->id);
    record_free(record);
    leave_caller();
}

static void note_progress(void *context, const struct run_progress *progress)
{
    (void)context;
    enter_caller();
    ck_assert_ptr_nonnull(progress->phase);
    progress_seen++;
    if (strcmp(progress->phase, "lost") == 0)
        snprintf(lost_ids + strlen(lost_ids), sizeof(lost_ids) - strlen(lost_ids), "%s ",
                 progress->id);
    leave_caller();
}

static void setup(void)
{
    static const char *const command[] = {"/bin/sh", "serve", "write", NULL};
    dir = temp_dir_make();
    snprintf(results, sizeof(results), "%s/results", dir.path);
    for (int i = 0; i < RUNS; i++) {
        struct settings *settings = &runs[i].settings;
        settings_defaults(settings);
        snprintf(runs[i].id, sizeof(runs[i].id), "trial%s%.0d", i > 0 ? "." : "", i + (i > 0));
        runs[i].scenario = "trial";
        runs[i].source = "trial.json";
        settings->service.command = command;
        settings->limit_bytes = (uint64_t)64 * 1024 * 1024;
        settings->load.n_requests = 1;
        settings->load.requests[0] =
            (struct request_kind){.method = "GET", .path = "/ok", .weight = 1};
        settings->cycle_requests = 16;
        settings->warmup_requests = 16;
        settings->settle_ns = NSEC_PER_MSEC;
    }
}

static void teardown(void)
{
    temp_dir_done(&dir);
}

/* Wait for the others; which of them this is, from 0. */
static unsigned meet(void)
{
    unsigned me = atomic_fetch_add(&places_there, 1);
    while (atomic_load(&places_there) < places_wanted)
        clock_sleep_until(clock_now_ns() + NSEC_PER_MSEC);
    return me;
}

/* The other end, in this thread; its words come when it is done. */
static int place_relocate(const struct driver_options *options, const struct relocation *relocation,
                          struct error *err)
{
    char name[32];
    snprintf(name, sizeof(name), "messages-%u", meet());
    int fd = openat(dir.fd, name, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    ck_assert_int_ge(fd, 0);
    int status = session_run_for(relocation->work_dir, &fake_driver, options, NULL, fd, err);
    lseek(fd, 0, SEEK_SET);
    char crumb[7];
    bool worked = false;
    for (ssize_t part; (part = read(fd, crumb, sizeof(crumb))) > 0; worked = true)
        relocation->output(relocation->context, STDOUT_FILENO, crumb, (size_t)part);
    atomic_fetch_add(&places_of_work, worked);
    close(fd);
    return status;
}

static void tell_progress(const struct relocation *relocation, const char *id)
{
    int fds[2];
    char text[MESSAGE_LINE_MAX];
    const struct run_progress progress = {.id = id, .phase = "cycle 1", .cycles_max = 8};
    ck_assert_int_eq(pipe(fds), 0);
    message_send_progress(fds[1], &progress);
    ssize_t length = read(fds[0], text, sizeof(text));
    close(fds[0]);
    close(fds[1]);
    ck_assert_int_gt(length, 0);
    relocation->output(relocation->context, STDOUT_FILENO, text, (size_t)length);
}

/* Like a guest that goes down: the first of all takes a run with it. */
static int failing_relocate(const struct driver_options *options,
                            const struct relocation *relocation, struct error *err)
{
    if (meet() > 0) {
        while (atomic_load(&places_there) < places_wanted + 1)
            clock_sleep_until(clock_now_ns() + NSEC_PER_MSEC);
        return place_relocate(options, relocation, err);
    }
    CLEANUP(freep) char *path = file_join(relocation->work_dir, "trial.3.taken");
    ck_assert_int_eq(mkdir(path, 0700), 0);
    tell_progress(relocation, "trial.3");
    atomic_fetch_add(&places_there, 1);
    return error_set(err, ERROR_ENVIRONMENT, "the guest went down");
}

/* What a guest that has hung leaves: a run that is taken, and half of its folder. */
static int hanging_relocate(const struct driver_options *options,
                            const struct relocation *relocation, struct error *err)
{
    CLEANUP(freep) char *taken = file_join(relocation->work_dir, "trial.taken");
    CLEANUP(freep) char *half = file_join(relocation->work_dir, "trial");
    if (hangs_left == 0)
        return place_relocate(options, relocation, err);
    hangs_left--;
    ck_assert_int_eq(mkdir(taken, 0700), 0);
    ck_assert_int_eq(mkdir(half, 0700), 0);
    tell_progress(relocation, "trial");
    (void)error_set(err, ERROR_INTERNAL, "the guest has stopped responding");
    err->errno_value = ETIMEDOUT;
    return -1;
}

static int count_prepare(const struct driver_options *options, struct driver_options *ret,
                         struct error *err)
{
    (void)err;
    *ret = *options;
    ret->accel = "found";
    atomic_fetch_add(&prepared, 1);
    return 0;
}

static struct session_options options_of(const struct driver *driver, unsigned jobs)
{
    static const struct run_observer observer = {.progress = note_progress};
    places_wanted = jobs;
    return (struct session_options){.driver = driver,
                                    .driver_options = &no_options,
                                    .results_dir = results,
                                    .jobs = jobs,
                                    .observer = &observer,
                                    .record_done = record_done};
}

/* How often this run was handed over. */
static unsigned times_done(const char *id)
{
    unsigned n = 0;
    for (unsigned i = 0; i < done; i++)
        n += strcmp(done_ids[i], id) == 0;
    return n;
}

static unsigned count_entries(const char *path)
{
    DIR *folder = opendir(path);
    ck_assert_ptr_nonnull(folder);
    unsigned n = 0;
    for (const struct dirent *entry = NULL; (entry = readdir(folder)) != NULL;)
        n += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(folder);
    return n;
}

START_TEST(every_run_is_done_once_by_places_that_are_there_at_once)
{
    static const struct driver crowd = {
        .name = "crowd", .prepare = count_prepare, .relocate = place_relocate};
    struct session_options options = options_of(&crowd, 3);
    struct error err = {0};
    ck_assert_msg(session_run(&plan, &options, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(done, RUNS);
    for (int i = 0; i < RUNS; i++)
        ck_assert_uint_eq(times_done(runs[i].id), 1);
    ck_assert_uint_eq(atomic_load(&places_there), 3);
    ck_assert_uint_ge(atomic_load(&places_of_work), 2);
    ck_assert_uint_eq(atomic_load(&prepared), 1);
    ck_assert_uint_gt(progress_seen, 10);
    ck_assert_uint_eq(count_entries(results), RUNS); /* and nothing to work in */
}
END_TEST

START_TEST(there_are_no_more_places_than_runs)
{
    static const struct driver crowd = {
        .name = "crowd", .prepare = count_prepare, .relocate = place_relocate};
    struct session_options options = options_of(&crowd, 1);
    options.jobs = 64;
    plan.n_runs = 1;
    ck_assert_int_eq(session_run(&plan, &options, NULL), 0);
    ck_assert_uint_eq(atomic_load(&places_there), 1);
    ck_assert_uint_eq(atomic_load(&prepared), 0); /* one finds out for itself */
}
END_TEST

START_TEST(a_place_that_fails_loses_its_run_and_the_others_go_on)
{
    static const struct driver crowd = {.name = "crowd", .relocate = failing_relocate};
    struct session_options options = options_of(&crowd, 2);
    struct error err = {0};
    ck_assert_int_eq(session_run(&plan, &options, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_ENVIRONMENT);
    ck_assert_ptr_nonnull(strstr(err.text, " of 2: the guest went down"));
    ck_assert_int_eq(strncmp(err.text, "crowd ", 6), 0);
    ck_assert_uint_eq(done, RUNS - 1);
    ck_assert_uint_eq(times_done("trial.3"), 0);
    ck_assert_str_eq(lost_ids, "trial.3 ");
    ck_assert_uint_eq(count_entries(results), RUNS - 1);
}
END_TEST

START_TEST(a_place_that_hangs_is_tried_once_more)
{
    static const struct driver crowd = {.name = "crowd", .relocate = hanging_relocate};
    struct session_options options = options_of(&crowd, 1);
    struct error err = {0};
    hangs_left = 1;
    ck_assert_msg(session_run(&plan, &options, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(done, RUNS);
    ck_assert_uint_eq(times_done("trial"), 1);
    ck_assert_str_eq(lost_ids, "trial ");
    ck_assert_uint_eq(warned_again, 1); /* the one that was run twice */
    ck_assert_uint_eq(count_entries(results), RUNS);
}
END_TEST

START_TEST(a_place_that_hangs_again_is_given_up)
{
    static const struct driver crowd = {.name = "crowd", .relocate = hanging_relocate};
    struct session_options options = options_of(&crowd, 1);
    struct error err = {0};
    hangs_left = 2;
    ck_assert_int_eq(session_run(&plan, &options, &err), -1);
    ck_assert_str_eq(err.text, "the guest has stopped responding");
    ck_assert_uint_eq(hangs_left, 0);
    ck_assert_uint_eq(done, 0);
    ck_assert_uint_eq(count_entries(results), 0);
}
END_TEST

/* trial and trial.2 take turns, trial.3 and trial.4 do, trial.5 is alone. */
static void make_groups(void)
{
    for (unsigned i = 0; i < RUNS; i++)
        runs[i].group = i < 4 ? 1 + i / 2 : 0;
}

/* Does the place that brought one record back bring the other, too? */
static bool same_place(const char *id, const char *other)
{
    for (unsigned i = 0; i < places_wanted; i++) {
        char name[32];
        char one[64];
        CLEANUP(buffer_done) struct buffer text = BUFFER_INIT((size_t)1 << 20);
        snprintf(name, sizeof(name), "messages-%u", i);
        snprintf(one, sizeof(one), "record\t%s\n", id);
        ck_assert_int_eq(file_read(dir.fd, name, &text, NULL), 0);
        if (strstr(buffer_text(&text), one) == NULL)
            continue;
        snprintf(one, sizeof(one), "record\t%s\n", other);
        return strstr(buffer_text(&text), one) != NULL;
    }
    return false;
}

START_TEST(a_group_is_taken_whole)
{
    static const struct driver crowd = {.name = "crowd", .relocate = place_relocate};
    struct session_options options = options_of(&crowd, 3);
    struct error err = {0};
    make_groups();
    options.jobs = 64; /* no more places than there are parts */
    ck_assert_msg(session_run(&plan, &options, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(atomic_load(&places_there), 3);
    ck_assert_uint_eq(done, RUNS);
    for (int i = 0; i < RUNS; i++)
        ck_assert_uint_eq(times_done(runs[i].id), 1);
    ck_assert(same_place("trial", "trial.2"));
    ck_assert(same_place("trial.3", "trial.4"));
    ck_assert_uint_eq(count_entries(results), RUNS);
}
END_TEST

START_TEST(a_place_that_fails_loses_all_runs_of_its_group)
{
    static const struct driver crowd = {.name = "crowd", .relocate = failing_relocate};
    struct session_options options = options_of(&crowd, 2);
    make_groups();
    ck_assert_int_eq(session_run(&plan, &options, NULL), -1);
    ck_assert_str_eq(lost_ids, "trial.3 trial.4 ");
    ck_assert_uint_eq(done, 3);
    ck_assert_uint_eq(times_done("trial"), 1);
    ck_assert_uint_eq(times_done("trial.2"), 1);
    ck_assert_uint_eq(times_done("trial.5"), 1);
}
END_TEST

static int failing_prepare(const struct driver_options *options, struct driver_options *ret,
                           struct error *err)
{
    (void)options;
    (void)ret;
    return error_set(err, ERROR_ENVIRONMENT, "there is no machine");
}

START_TEST(places_that_cannot_be_prepared_are_not_started)
{
    static const struct driver crowd = {
        .name = "crowd", .prepare = failing_prepare, .relocate = place_relocate};
    struct session_options options = options_of(&crowd, 2);
    struct error err = {0};
    ck_assert_int_eq(session_run(&plan, &options, &err), -1);
    ck_assert_str_eq(err.text, "there is no machine");
    ck_assert_uint_eq(atomic_load(&places_there), 0);
    ck_assert_uint_eq(count_entries(results), 0);
}
END_TEST

START_TEST(an_interrupt_reaches_every_place)
{
    static const struct driver crowd = {.name = "crowd", .relocate = place_relocate};
    struct session_options options = options_of(&crowd, 2);
    interrupt_install();
    raise(SIGINT);
    ck_assert_int_eq(session_run(&plan, &options, NULL), 0);
    ck_assert_uint_eq(atomic_load(&places_there), 2);
    ck_assert_uint_eq(done, 0);
    ck_assert_uint_eq(count_entries(results), 0);
}
END_TEST

/* The other end by itself, in a folder with the plan. */
static void run_for(const char *messages)
{
    struct error err = {0};
    int fd = openat(dir.fd, messages, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    ck_assert_int_ge(fd, 0);
    ck_assert_msg(session_run_for(dir.path, &fake_driver, &no_options, NULL, fd, &err) == 0, "%s",
                  err.text);
    close(fd);
}

START_TEST(what_is_taken_is_left_to_whoever_took_it)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT((size_t)1 << 20);
    plan.n_runs = 3;
    ck_assert_int_eq(plan_write(&plan, &text, NULL), 0);
    temp_dir_write(&dir, RELOCATED_PLAN_FILE, buffer_text(&text));
    ck_assert_int_eq(mkdirat(dir.fd, "trial.2.taken", 0700), 0);
    run_for("first");
    ck_assert(file_exists(dir.fd, "trial/result.json"));
    ck_assert(!file_exists(dir.fd, "trial.2"));
    ck_assert(file_exists(dir.fd, "trial.3/result.json"));

    struct stat before;
    struct stat after;
    ck_assert_int_eq(fstatat(dir.fd, "trial/result.json", &before, 0), 0);
    run_for("second");
    ck_assert_int_eq(fstatat(dir.fd, "trial/result.json", &after, 0), 0);
    ck_assert_msg(before.st_ino == after.st_ino, "it was run again");
    ck_assert_int_eq(fstatat(dir.fd, "second", &after, 0), 0);
    ck_assert_int_eq(after.st_size, 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("relocated");
    TCase *c = tcase_create("several places");
    tcase_set_timeout(c, 60);
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, every_run_is_done_once_by_places_that_are_there_at_once);
    tcase_add_test(c, there_are_no_more_places_than_runs);
    tcase_add_test(c, a_place_that_fails_loses_its_run_and_the_others_go_on);
    tcase_add_test(c, a_place_that_hangs_is_tried_once_more);
    tcase_add_test(c, a_place_that_hangs_again_is_given_up);
    tcase_add_test(c, a_group_is_taken_whole);
    tcase_add_test(c, a_place_that_fails_loses_all_runs_of_its_group);
    tcase_add_test(c, places_that_cannot_be_prepared_are_not_started);
    tcase_add_test(c, an_interrupt_reaches_every_place);
    tcase_add_test(c, what_is_taken_is_left_to_whoever_took_it);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);
