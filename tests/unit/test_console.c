/* console: several runs at a time: each phase once, and records in the order of the plan. */
#include "cli/console.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "tests/support/check_main.h"
#include "tests/support/temp_dir.h"

static struct temp_dir dir;
static struct options options;
static struct console console;
static int standard_error;

/* What is said goes to a file. */
static void setup(void)
{
    dir = temp_dir_make();
    options = (struct options){.no_color = true};
    int fd = openat(dir.fd, "said", O_RDWR | O_CREAT | O_APPEND, 0600);
    ck_assert_int_ge(fd, 0);
    fflush(stderr);
    standard_error = dup(STDERR_FILENO);
    dup2(fd, STDERR_FILENO);
    close(fd);
    console_init(&console, &options);
    options.json = true; /* no block for each record */
}

static void teardown(void)
{
    fflush(stderr);
    dup2(standard_error, STDERR_FILENO);
    close(standard_error);
    console_done(&console);
    temp_dir_done(&dir);
}

static void expect_said(const char *expected)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(65536);
    fflush(stderr);
    ck_assert_int_eq(file_read(dir.fd, "said", &text, NULL), 0);
    ck_assert_str_eq(buffer_text(&text), expected);
}

static void tell(const char *id, const char *phase)
{
    const struct run_progress progress = {
        .id = id, .phase = phase, .memory_bytes = SURVEY_ABSENT, .elapsed_ns = NSEC_PER_SEC};
    console_progress(&console, &progress);
}

static void finish(const char *id)
{
    static const struct run_spec nothing = {.scenario = ""};
    struct record *record = NULL;
    ck_assert_int_eq(record_new(&nothing, &record, NULL), 0);
    snprintf(record->id, sizeof(record->id), "%s", id);
    console_record_done(&console, record, "results/x");
}

START_TEST(a_phase_is_told_once_however_many_runs_there_are)
{
    for (int i = 0; i < 3; i++) {
        tell("a", "start");
        tell("b", "cycle 1");
    }
    tell("a", "cycle 1");
    tell("b", "cycle 1");
    expect_said("  a: start (1.0 s)\n  b: cycle 1 (1.0 s)\n  a: cycle 1 (1.0 s)\n");
}
END_TEST

START_TEST(all_runs_that_go_on_share_the_live_line)
{
    console.live = true;
    console.n_planned = 3;
    console.style = (struct terminal_style){.width = 80};
    tell("a", "start");
    tell("b", "start");
    tell("a", "cycle 1");
    finish("a");
    tell("b", "cycle 1");
    expect_said("\r\033[K  a  start       1.0 s"
                "\r\033[K  0 of 3 done | a start | b start"
                "\r\033[K  0 of 3 done | a cycle 1 | b start"
                "\r\033[K"
                "\r\033[K  b  cycle 1     1.0 s");
}
END_TEST

START_TEST(more_runs_than_there_is_room_for_do_no_harm)
{
    for (int i = 0; i < OPTIONS_JOBS_MAX + 3; i++) {
        char id[16];
        snprintf(id, sizeof(id), "run-%d", i);
        tell(id, "start");
    }
    ck_assert_uint_eq(console.n_running, OPTIONS_JOBS_MAX);
    finish("run-0");
    tell("late", "start");
    ck_assert_str_eq(console.running[0].id, "run-1");
    ck_assert_str_eq(console.running[OPTIONS_JOBS_MAX - 1].id, "late");
}
END_TEST

START_TEST(records_come_in_the_order_of_the_plan)
{
    struct run_spec runs[] = {{.id = "a"}, {.id = "b"}, {.id = "c"}, {.id = "d"}};
    const struct plan plan = {.runs = runs, .n_runs = ARRAY_LENGTH(runs)};
    finish("d");
    finish("b");
    finish("a"); /* c did not get done */
    console_sort(&console, &plan);
    ck_assert_uint_eq(console.n_records, 3);
    ck_assert_str_eq(console.records[0]->id, "a");
    ck_assert_str_eq(console.records[1]->id, "b");
    ck_assert_str_eq(console.records[2]->id, "d");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("console");
    TCase *c = tcase_create("several runs");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, a_phase_is_told_once_however_many_runs_there_are);
    tcase_add_test(c, all_runs_that_go_on_share_the_live_line);
    tcase_add_test(c, more_runs_than_there_is_room_for_do_no_harm);
    tcase_add_test(c, records_come_in_the_order_of_the_plan);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);
