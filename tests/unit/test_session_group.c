/* session, groups: runs that take turns, as those see it who watch: in what order they work, what a
 * run's times say of its waiting, and that one's end is not the end of the others. */
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "run/session.h"
#include "tests/support/check_main.h"
#include "tests/support/fake_driver.h"
#include "tests/support/temp_dir.h"

enum { RUNS = 4 };

static struct temp_dir dir;
static char results[PATH_MAX + 16];
static struct run_spec runs[RUNS];
static struct plan plan = {.runs = runs, .n_runs = RUNS};
static const struct driver_options no_options;

static atomic_bool called; /* the session's caller is being called */
static struct record *records[RUNS];
static unsigned done;
/* "a:start a:ready … b:start …": a word whenever another phase, or another run, is told of. */
static char story[16384];
static char last[128];
static const char *break_at; /* in this phase the results' folder becomes a file */
static const char *interrupt_at;

static void enter_caller(void)
{
    ck_assert_msg(!atomic_exchange(&called, true), "called from two threads at once");
}

static void leave_caller(void)
{
    atomic_store(&called, false);
}

static void record_done(void *context, struct record *record, const char *where)
{
    (void)context;
    enter_caller();
    ck_assert(file_exists(AT_FDCWD, where));
    ck_assert_uint_lt(done, RUNS);
    records[done++] = record;
    leave_caller();
}

static void note_progress(void *context, const struct run_progress *progress)
{
    (void)context;
    char word[128];
    enter_caller();
    snprintf(word, sizeof(word), "%s:%s", progress->id, progress->phase);
    if (strcmp(word, last) != 0) {
        snprintf(story + strlen(story), sizeof(story) - strlen(story), "%s ", word);
        if (break_at != NULL && strcmp(word, break_at) == 0) {
            ck_assert_int_eq(file_remove_tree(results, NULL), 0);
            temp_dir_write(&dir, "results", "a file");
        }
        if (interrupt_at != NULL && strcmp(word, interrupt_at) == 0)
            raise(SIGINT);
    }
    snprintf(last, sizeof(last), "%s", word);
    leave_caller();
}

static const struct run_observer observer = {.progress = note_progress};

static void make_run(unsigned index, unsigned group, const char *const *command)
{
    struct run_spec *run = &runs[index];
    struct settings *settings = &run->settings;
    settings_defaults(settings);
    snprintf(run->id, sizeof(run->id), "%c", (char)('a' + index));
    run->scenario = "trial";
    run->source = "trial.json";
    run->group = group;
    settings->service.command = command;
    settings->limit_bytes = (uint64_t)64 * 1024 * 1024;
    settings->load.n_requests = 1;
    settings->load.requests[0] = (struct request_kind){.method = "GET", .path = "/ok", .weight = 1};
    settings->cycle_requests = 16;
    settings->warmup_requests = 16;
    settings->settle_ns = NSEC_PER_MSEC;
}

static const char *const clean[] = {"/bin/sh", "serve", "write", NULL};
static const char *const leaks[] = {"/bin/sh", "keep=16384", NULL};

static void setup(void)
{
    dir = temp_dir_make();
    snprintf(results, sizeof(results), "%s/results", dir.path);
    make_run(0, 1, clean);
    make_run(1, 1, leaks);
    make_run(2, 1, clean);
    make_run(3, 2, leaks);
}

static void teardown(void)
{
    for (unsigned i = 0; i < done; i++)
        record_free(records[i]);
    temp_dir_done(&dir);
}

static int run_session(struct error *err)
{
    const struct session_options options = {.driver = &fake_driver,
                                            .driver_options = &no_options,
                                            .results_dir = results,
                                            .observer = &observer,
                                            .record_done = record_done};
    return session_run(&plan, &options, err);
}

static const struct record *find(const char *id)
{
    for (unsigned i = 0; i < done; i++)
        if (strcmp(records[i]->id, id) == 0)
            return records[i];
    ck_abort_msg("there is no record of %s", id);
}

START_TEST(runs_of_a_group_take_turns_cycle_by_cycle)
{
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(run_session(&err) == 0, "%s", err.text);
    static const char begin[] = "a:start a:ready a:warm-up b:start b:ready b:warm-up "
                                "c:start c:ready c:warm-up a:cycle 1 b:cycle 1 c:cycle 1 "
                                "a:cycle 2 b:cycle 2 c:cycle 2 a:cycle 3 b:cycle 3 c:cycle 3 ";
    ck_assert_msg(strncmp(story, begin, strlen(begin)) == 0, "%s", story);
    /* The next group begins when this one is over. */
    const char *next = strstr(story, "d:start");
    ck_assert_ptr_nonnull(next);
    ck_assert_ptr_null(strstr(next, "a:"));
    ck_assert_ptr_null(strstr(next, "b:"));
    ck_assert_ptr_null(strstr(next, "c:"));

    ck_assert_uint_eq(done, RUNS);
    for (unsigned i = 0; i < RUNS; i++) {
        const struct record *record = find(runs[i].id);
        ck_assert_msg(record->error.kind == ERROR_NONE, "%s", record->error.text);
        ck_assert_uint_eq(record->group, runs[i].group);
        ck_assert_int_eq(record->verdict.kind,
                         runs[i].settings.service.command == leaks ? VERDICT_LEAK : VERDICT_CLEAN);
    }
}
END_TEST

/* How long nothing was read, in all gaps of the marks of waiting. */
static nsec_t time_without_samples(const struct timeline *timeline, unsigned *ret_waits)
{
    nsec_t sum_ns = 0;
    *ret_waits = 0;
    for (size_t i = 0; i < timeline->n_marks; i++) {
        const struct mark *mark = &timeline->marks[i];
        if (strcmp(mark->text, "the others' turn") != 0)
            continue;
        ck_assert_uint_lt(i + 1, timeline->n_marks);
        nsec_t until_ns = timeline->marks[i + 1].t_ns;
        /* The first reading afterwards may be a moment older than the mark. */
        unsigned readings = 0;
        for (size_t k = 0; k < timeline->n_memory; k++)
            readings +=
                timeline->memory[k].t_ns > mark->t_ns && timeline->memory[k].t_ns < until_ns;
        ck_assert_msg(readings <= 1, "it was read while it waited");
        sum_ns += until_ns - mark->t_ns;
        (*ret_waits)++;
    }
    return sum_ns;
}

START_TEST(waiting_is_told_and_does_not_count)
{
    for (int i = 0; i < 3; i++)
        runs[i].settings.settle_ns = 20 * NSEC_PER_MSEC;
    runs[0].settings.budget_ns = 60 * NSEC_PER_SEC;
    plan.n_runs = 3;
    ck_assert_int_eq(run_session(NULL), 0);
    for (int i = 0; i < 3; i++) {
        const struct record *record = find(runs[i].id);
        unsigned waits = 0;
        nsec_t without_ns = time_without_samples(record->timeline, &waits);
        ck_assert_uint_ge(waits, 3);
        ck_assert_int_ge(without_ns, record->waited_ns);
        ck_assert_int_le(without_ns, record->waited_ns + (nsec_t)waits * NSEC_PER_SEC);
        ck_assert_int_gt(record->waited_ns, 0);
        ck_assert_int_gt(record->duration_ns, record->waited_ns);
        ck_assert(record->has_decided);
        ck_assert_int_gt(record->decided_ns, record->ready_ns);
        ck_assert_int_le(record->decided_ns, record->duration_ns - record->waited_ns);
    }
}
END_TEST

START_TEST(the_budget_stands_still_while_a_run_waits)
{
    plan.n_runs = 2;
    /* Alone it would need a tenth of it; the other one rests for longer than it in its turns. */
    runs[0].settings.budget_ns = 2 * NSEC_PER_SEC;
    runs[1].settings.service.command = clean;
    runs[1].settings.settle_ns = 350 * NSEC_PER_MSEC;
    ck_assert_int_eq(run_session(NULL), 0);
    const struct record *record = find("a");
    ck_assert_int_gt(record->waited_ns, 2 * NSEC_PER_SEC);
    ck_assert_int_eq(record->termination, TERMINATION_DECIDED);
    ck_assert_int_eq(record->verdict.kind, VERDICT_CLEAN);
}
END_TEST

START_TEST(a_run_that_fails_does_not_stop_the_others)
{
    static const char *const cannot[] = {"/bin/sh", "cannot-start", NULL};
    static const char *const ends[] = {"/bin/sh", "exit-after=40:3", NULL};
    runs[0].settings.service.command = cannot;
    runs[2].settings.service.command = ends;
    ck_assert_int_eq(run_session(NULL), 0);
    ck_assert_uint_eq(done, RUNS);
    ck_assert_int_eq(find("a")->termination, TERMINATION_SERVICE_FAILED);
    ck_assert_int_eq(find("c")->termination, TERMINATION_SERVICE_FAILED);
    ck_assert_ptr_nonnull(strstr(find("c")->error.text, "ended during the run"));
    ck_assert_int_eq(find("b")->verdict.kind, VERDICT_LEAK);
    ck_assert_int_eq(find("d")->verdict.kind, VERDICT_LEAK);
}
END_TEST

START_TEST(a_kill_while_it_waits_is_one_of_the_cycle_after)
{
    static const char *const idles[] = {"/bin/sh", "serve", "oom-idle=400", NULL};
    plan.n_runs = 2;
    runs[0].settings.service.command = idles;
    runs[1].settings.service.command = clean;
    runs[1].settings.settle_ns = 500 * NSEC_PER_MSEC;
    ck_assert_int_eq(run_session(NULL), 0);
    const struct record *record = find("a");
    const struct timeline *timeline = record->timeline;
    ck_assert_msg(record->error.kind == ERROR_NONE, "%s", record->error.text);
    ck_assert_uint_gt(record->starts, 1);
    size_t i = 0;
    while (i < timeline->n_cycles && timeline->cycles[i].oom_kills == 0)
        i++;
    ck_assert_uint_lt(i, timeline->n_cycles);
    ck_assert_int_eq(timeline->cycles[i].kind, CYCLE_MEASURE);
    ck_assert(!timeline->cycles[i].complete);
    ck_assert_uint_eq(timeline->cycles[i].oom_kills, 1);
    ck_assert_int_eq(find("b")->verdict.kind, VERDICT_CLEAN);
}
END_TEST

START_TEST(a_record_that_cannot_be_stored_ends_all_of_them)
{
    struct error err = {.kind = ERROR_NONE};
    break_at = "c:cycle 2";
    ck_assert_int_eq(run_session(&err), -1);
    ck_assert_int_eq(err.kind, ERROR_ENVIRONMENT);
    ck_assert_uint_eq(done, 0);
    ck_assert_ptr_null(strstr(story, "d:"));
    /* Whoever is decided first cannot store; the others end in their next turn. */
    ck_assert_ptr_null(strstr(story, "cycle 9"));
}
END_TEST

START_TEST(an_interrupt_ends_all_of_them)
{
    interrupt_install();
    interrupt_at = "b:cycle 2";
    ck_assert_int_eq(run_session(NULL), 0);
    ck_assert_uint_eq(done, 3);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_int_eq(records[i]->termination, TERMINATION_INTERRUPTED);
    ck_assert_str_eq(records[0]->id, "b"); /* who had the turn, then the others in their order */
    ck_assert_str_eq(records[1]->id, "c");
    ck_assert_str_eq(records[2]->id, "a");
    ck_assert_ptr_null(strstr(story, "d:"));
}
END_TEST

START_TEST(a_group_that_cannot_be_is_refused_before_anything_runs)
{
    struct error err = {.kind = ERROR_NONE};
    runs[1].settings.service.port = 8080;
    ck_assert_int_eq(run_session(&err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_str_eq(story, "");
    ck_assert(!file_exists(AT_FDCWD, results));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("session group");
    TCase *c = tcase_create("groups");
    tcase_set_timeout(c, 60);
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, runs_of_a_group_take_turns_cycle_by_cycle);
    tcase_add_test(c, waiting_is_told_and_does_not_count);
    tcase_add_test(c, the_budget_stands_still_while_a_run_waits);
    tcase_add_test(c, a_run_that_fails_does_not_stop_the_others);
    tcase_add_test(c, a_kill_while_it_waits_is_one_of_the_cycle_after);
    tcase_add_test(c, a_record_that_cannot_be_stored_ends_all_of_them);
    tcase_add_test(c, an_interrupt_ends_all_of_them);
    tcase_add_test(c, a_group_that_cannot_be_is_refused_before_anything_runs);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);
