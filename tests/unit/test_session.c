/* session: a plan run by run, here and elsewhere, and what is left when it is over: the results. */
#include "run/session.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/owner.h"
#include "tests/support/check_main.h"
#include "tests/support/fake_driver.h"
#include "tests/support/temp_dir.h"

static struct temp_dir dir;
static char results[PATH_MAX + 16];
static struct run_spec runs[2];
static struct plan plan;
static const struct driver_options no_options;

/* What the session handed over. */
static unsigned done;
static char done_ids[2][2 * SCENARIO_NAME_MAX + 16];
static char done_dirs[2][PATH_MAX + 256];
static char done_drivers[2][16];
static enum verdict_kind done_verdicts[2];
static unsigned progress_seen;
static int feed_fds[2] = {-1, -1}; /* the runs' live feeds, open since their first word */

static void record_done(void *context, struct record *record, const char *where)
{
    (void)context;
    ck_assert_uint_lt(done, 2);
    int64_t ended_unix_ms = record->started_unix_ms + record->duration_ns / NSEC_PER_MSEC;
    ck_assert_int_le(llabs(ended_unix_ms - clock_wall_ms()), 60000);
    snprintf(done_ids[done], sizeof(done_ids[done]), "%s", record->id);
    snprintf(done_dirs[done], sizeof(done_dirs[done]), "%s", where);
    snprintf(done_drivers[done], sizeof(done_drivers[done]), "%s", record->driver);
    done_verdicts[done++] = record->verdict.kind;
    record_free(record);
}

static void note_progress(void *context, const struct run_progress *progress)
{
    (void)context;
    ck_assert_ptr_nonnull(progress->phase);
    progress_seen++;
}

static const struct run_observer observer = {.progress = note_progress};

/* A run has told something: its feed is there. */
static void note_feed(void *context, const struct run_progress *progress)
{
    char owner[OWNER_NAME_MAX];
    char path[PATH_MAX];
    int *fd = &feed_fds[strcmp(progress->id, "trial") != 0];
    note_progress(context, progress);
    if (*fd >= 0)
        return;
    ck_assert_int_eq(owner_name(owner, NULL), 0);
    snprintf(path, sizeof(path), "results/.work-%s/live/%s.jsonl", owner, progress->id);
    *fd = openat(dir.fd, path, O_RDONLY | O_CLOEXEC);
    ck_assert_msg(*fd >= 0, "%s", path);
}

static void make_run(struct run_spec *run, const char *id, const char *const *command)
{
    struct settings *settings = &run->settings;
    settings_defaults(settings);
    snprintf(run->id, sizeof(run->id), "%s", id);
    run->scenario = "trial";
    run->source = "trial.json";
    settings->service.command = command;
    settings->limit_bytes = (uint64_t)64 * 1024 * 1024;
    settings->load.concurrency = 4;
    settings->load.n_requests = 1;
    settings->load.requests[0] = (struct request_kind){.method = "GET", .path = "/ok", .weight = 1};
    settings->cycle_requests = 16;
    settings->warmup_requests = 16;
    settings->settle_ns = NSEC_PER_MSEC;
}

static void setup(void)
{
    static const char *const leaks[] = {"/bin/sh", "keep=16384", "write", NULL};
    static const char *const clean[] = {"/bin/sh", "serve", "write", NULL};
    dir = temp_dir_make();
    snprintf(results, sizeof(results), "%s/results", dir.path);
    make_run(&runs[0], "trial", leaks);
    make_run(&runs[1], "trial.fixed", clean);
    runs[1].variant = "fixed";
    plan = (struct plan){.runs = runs, .n_runs = 2};
}

static void teardown(void)
{
    temp_dir_done(&dir);
}

static struct session_options options_of(const struct driver *driver)
{
    return (struct session_options){.driver = driver,
                                    .driver_options = &no_options,
                                    .results_dir = results,
                                    .observer = &observer,
                                    .record_done = record_done};
}

/* How many entries there are, hidden ones too. */
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

static void expect_results(const char *driver)
{
    static const char *const names[] = {"result.json", "timeline.csv", "cycles.csv", "service.log",
                                        "run.json"};
    ck_assert_uint_eq(done, 2);
    ck_assert_str_eq(done_ids[0], "trial");
    ck_assert_str_eq(done_ids[1], "trial.fixed");
    ck_assert_int_eq(done_verdicts[0], VERDICT_LEAK);
    ck_assert_int_eq(done_verdicts[1], VERDICT_CLEAN);
    ck_assert_uint_eq(count_entries(results), 2); /* and nothing to work in */
    for (int i = 0; i < 2; i++) {
        CLEANUP(freep) char *expected = file_join(results, done_ids[i]);
        ck_assert_str_eq(done_drivers[i], driver);
        ck_assert_str_eq(done_dirs[i], expected);
        ck_assert_uint_eq(count_entries(expected), 5);
        for (size_t k = 0; k < ARRAY_LENGTH(names); k++) {
            CLEANUP(freep) char *path = file_join(expected, names[k]);
            ck_assert_msg(access(path, R_OK) == 0, "%s", path);
        }
    }
    ck_assert_uint_gt(progress_seen, 10);
}

START_TEST(the_plan_is_run_and_its_files_appear)
{
    struct session_options options = options_of(&fake_driver);
    struct error err = {0};
    ck_assert_msg(session_run(&plan, &options, &err) == 0, "%s", err.text);
    expect_results("fake");
}
END_TEST

/* Takes the plan "elsewhere": the other end of a session in this process, its words in crumbs. */
static int elsewhere_relocate(const struct driver_options *options,
                              const struct relocation *relocation, struct error *err)
{
    ck_assert_str_eq(relocation->arguments[0], "guest");
    ck_assert_str_eq(relocation->arguments[1], relocation->work_dir);
    int fd = openat(dir.fd, "messages", O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    ck_assert_int_ge(fd, 0);
    int status = session_run_for(relocation->work_dir, &fake_driver, options, NULL, fd, err);
    lseek(fd, 0, SEEK_SET);
    char crumb[7];
    for (ssize_t part; (part = read(fd, crumb, sizeof(crumb))) > 0;)
        relocation->output(relocation->context, STDOUT_FILENO, crumb, (size_t)part);
    close(fd);
    return status;
}

static const struct driver elsewhere = {.name = "elsewhere", .relocate = elsewhere_relocate};

START_TEST(a_plan_that_is_run_elsewhere_looks_the_same)
{
    struct session_options options = options_of(&elsewhere);
    struct error err = {0};
    ck_assert_msg(session_run(&plan, &options, &err) == 0, "%s", err.text);
    expect_results("elsewhere");
}
END_TEST

static void expect_feed(int fd, const char *id, const char *verdict)
{
    static char text[1 << 20];
    char expected[256];
    ck_assert_int_ge(fd, 0);
    ssize_t length = read(fd, text, sizeof(text) - 1);
    ck_assert_int_gt(length, 0);
    text[length] = '\0';
    snprintf(expected, sizeof(expected), "{\"schema\":\"leakcage.live/1\",\"id\":\"%s\",", id);
    ck_assert_int_eq(strncmp(text, expected, strlen(expected)), 0);
    ck_assert_ptr_nonnull(strstr(text, "\"phase\":\"warm-up\""));
    ck_assert_ptr_nonnull(strstr(text, "\"phase\":\"cycle 2\""));
    ck_assert_ptr_nonnull(strstr(text, "\"current_bytes\":"));
    snprintf(expected, sizeof(expected), "\n{\"end\":true,\"verdict\":\"%s\",\"dir\":", verdict);
    ck_assert_ptr_nonnull(strstr(text, expected));
    close(fd);
}

START_TEST(what_a_run_tells_can_be_watched_here_and_elsewhere)
{
    const struct run_observer watching = {.progress = note_feed};
    struct session_options options = options_of(_i == 0 ? &fake_driver : &elsewhere);
    struct error err = {0};
    options.observer = &watching;
    ck_assert_msg(session_run(&plan, &options, &err) == 0, "%s", err.text);
    expect_results(options.driver->name);
    expect_feed(feed_fds[0], "trial", "leak");
    expect_feed(feed_fds[1], "trial.fixed", "clean");
}
END_TEST

/* A run has the name of the folder that the feeds are in: where it is run elsewhere, its record is
 * stored there on its way. */
START_TEST(a_run_may_be_called_as_the_feeds_folder_is)
{
    struct session_options options = options_of(_i == 0 ? &fake_driver : &elsewhere);
    struct error err = {0};
    runs[0].scenario = "live";
    snprintf(runs[0].id, sizeof(runs[0].id), "live");
    ck_assert_msg(session_run(&plan, &options, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(done, 2);
    ck_assert_str_eq(done_ids[0], "live");
    ck_assert_int_eq(faccessat(dir.fd, "results/live/result.json", R_OK, 0), 0);
    ck_assert_int_eq(faccessat(dir.fd, "results/trial.fixed/result.json", R_OK, 0), 0);
    ck_assert_uint_eq(count_entries(results), 2);
}
END_TEST

static int lost_relocate(const struct driver_options *options, const struct relocation *relocation,
                         struct error *err)
{
    (void)options;
    (void)err;
    const char *text = "record\t../../etc\nrubbish\n";
    relocation->output(relocation->context, STDOUT_FILENO, text, strlen(text));
    return 0;
}

START_TEST(records_that_do_not_come_back_are_an_error)
{
    static const struct driver lost = {.name = "lost", .relocate = lost_relocate};
    struct session_options options = options_of(&lost);
    struct error err = {0};
    ck_assert_int_eq(session_run(&plan, &options, &err), -1);
    ck_assert_str_eq(err.text, "the lost driver brought back 0 of 2 records");
    ck_assert_uint_eq(count_entries(results), 0);
}
END_TEST

static int lying_relocate(const struct driver_options *options, const struct relocation *relocation,
                          struct error *err)
{
    (void)options;
    (void)err;
    relocation->output(relocation->context, STDOUT_FILENO, "record\ttrial\n", 13);
    return 0;
}

START_TEST(a_record_that_is_not_there_is_an_error_that_names_it)
{
    static const struct driver lying = {.name = "lying", .relocate = lying_relocate};
    struct session_options options = options_of(&lying);
    struct error err = {0};
    ck_assert_int_eq(session_run(&plan, &options, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "shared/trial"));
}
END_TEST

START_TEST(a_later_session_replaces_the_results)
{
    struct session_options options = options_of(&fake_driver);
    plan.n_runs = 1;
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(session_run(&plan, &options, NULL), 0);
        ck_assert_uint_eq(count_entries(results), 1);
        temp_dir_write(&dir, "results/trial/mine", "x");
        done = 0;
    }
    ck_assert_uint_eq(count_entries(results), 1);
}
END_TEST

START_TEST(an_interrupted_session_stops_and_that_is_no_error_of_it)
{
    struct session_options options = options_of(&fake_driver);
    interrupt_install();
    raise(SIGINT);
    ck_assert_int_eq(session_run(&plan, &options, NULL), 0);
    ck_assert_uint_le(done, 1);
    ck_assert_uint_eq(count_entries(results), done);
}
END_TEST

START_TEST(results_that_cannot_be_written_are_an_error)
{
    struct session_options options = options_of(&fake_driver);
    struct error err = {0};
    temp_dir_write(&dir, "results", "a file");
    ck_assert_int_eq(session_run(&plan, &options, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_ENVIRONMENT);
}
END_TEST

/* RESULTS/.work-NAME with something in it. */
static void make_work_dir(const char *name)
{
    char path[2 * OWNER_NAME_MAX];
    snprintf(path, sizeof(path), "results/.work-%s/trial.run/service.log", name);
    temp_dir_write(&dir, path, "x");
}

START_TEST(what_a_dead_session_left_is_swept_and_a_living_one_is_not)
{
    char living[OWNER_NAME_MAX];
    char dead[OWNER_NAME_MAX] = "";
    int fds[2];
    ck_assert_int_eq(pipe(fds), 0);
    pid_t pid = fork();
    if (pid == 0) {
        owner_name(dead, NULL);
        _exit(write(fds[1], dead, sizeof(dead)) < 0);
    }
    ck_assert_int_eq(read(fds[0], dead, sizeof(dead)), sizeof(dead));
    waitpid(pid, NULL, 0);
    ck_assert_int_eq(owner_name(living, NULL), 0);

    make_work_dir(living);
    make_work_dir(dead);
    make_work_dir("notes-of-mine");
    temp_dir_write(&dir, "results/trial/result.json", "{}");
    ck_assert_uint_eq(session_sweep(results), 1);
    ck_assert_uint_eq(count_entries(results), 3);
    ck_assert_uint_eq(session_sweep(results), 0);
    ck_assert_uint_eq(session_sweep("/nowhere/at/all"), 0);
    make_work_dir(dead);
    struct session_options options = options_of(&fake_driver);
    plan.n_runs = 0;
    ck_assert_int_eq(session_run(&plan, &options, NULL), 0); /* the next session does it, too */
    ck_assert_uint_eq(count_entries(results), 2);            /* its own is gone as well */
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("session");
    TCase *c = tcase_create("plans");
    TCase *leftovers = tcase_create("leftovers");
    tcase_set_timeout(c, 60);
    tcase_set_timeout(leftovers, 60);
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_checked_fixture(leftovers, setup, teardown);
    tcase_add_test(c, the_plan_is_run_and_its_files_appear);
    tcase_add_test(c, a_plan_that_is_run_elsewhere_looks_the_same);
    tcase_add_loop_test(c, what_a_run_tells_can_be_watched_here_and_elsewhere, 0, 2);
    tcase_add_loop_test(c, a_run_may_be_called_as_the_feeds_folder_is, 0, 2);
    tcase_add_test(c, records_that_do_not_come_back_are_an_error);
    tcase_add_test(c, a_record_that_is_not_there_is_an_error_that_names_it);
    tcase_add_test(c, a_later_session_replaces_the_results);
    tcase_add_test(c, an_interrupted_session_stops_and_that_is_no_error_of_it);
    tcase_add_test(c, results_that_cannot_be_written_are_an_error);
    tcase_add_test(leftovers, what_a_dead_session_left_is_swept_and_a_living_one_is_not);
    suite_add_tcase(s, c);
    suite_add_tcase(s, leftovers);
    return s;
}

CHECK_MAIN(suite);
