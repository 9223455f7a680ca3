/* shard: which runs of a plan are whose. */
#include "cli/shard.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"

static const char *const variables[] = {"JOB_COMPLETION_INDEX", "JOB_COMPLETIONS",
                                        "CI_NODE_INDEX",        "CI_NODE_TOTAL",
                                        "CIRCLE_NODE_INDEX",    "CIRCLE_NODE_TOTAL"};

static void forget_environment(void)
{
    for (size_t i = 0; i < ARRAY_LENGTH(variables); i++)
        unsetenv(variables[i]);
}

/* A plan of runs that are alike: their ids get numbers. */
static struct plan *make_plan(unsigned n)
{
    struct plan *plan = NULL;
    const struct run_spec run = {.scenario = "clean"};
    ck_assert_int_eq(plan_new(&plan, NULL), 0);
    for (unsigned i = 0; i < n; i++)
        ck_assert_int_eq(plan_append(plan, &run, NULL), 0);
    return plan;
}

static void expect_shard(const char *text, size_t index, size_t count)
{
    struct shard shard = {0};
    struct error err = {0};
    ck_assert_msg(shard_parse(text, &shard, &err) == 0, "%s: %s", text, err.text);
    ck_assert_uint_eq(shard.index, index);
    ck_assert_uint_eq(shard.count, count);
}

static void expect_error(const char *text, const char *part)
{
    struct shard shard = {.index = 77};
    struct error err = {0};
    ck_assert_msg(shard_parse(text, &shard, &err) == -1, "%s was taken", text);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_msg(strstr(err.text, part) != NULL, "%s: %s", text, err.text);
    ck_assert_uint_eq(shard.index, 77);
}

START_TEST(index_and_count_are_read)
{
    expect_shard("0/1", 0, 1);
    expect_shard("0/4", 0, 4);
    expect_shard("3/4", 3, 4);
    expect_shard("4095/4096", 4095, 4096);
}
END_TEST

START_TEST(what_is_wrong_is_said)
{
    forget_environment();
    expect_error("", "found \"\", expected I/N");
    expect_error("2", "found \"2\", expected I/N, the first of four being 0/4");
    expect_error("2/", "expected I/N");
    expect_error("/4", "expected I/N");
    expect_error("4/4", "4/4: found \"4\"");
    expect_error("-1/4", "-1/4: found \"-1\"");
    expect_error("0/0", "0/0: found \"0\"");
    expect_error("1/2/3", "1/2/3: found \"2/3\"");
    expect_error("a/4", "a/4: found \"a\"");
    expect_error("0/4097", "found \"4097\"");
    expect_error("auto", "JOB_COMPLETION_INDEX");
}
END_TEST

START_TEST(auto_asks_the_scheduler)
{
    forget_environment();
    setenv("JOB_COMPLETION_INDEX", "2", 1);
    expect_error("auto", "found JOB_COMPLETION_INDEX=2 in the environment, but not "
                         "JOB_COMPLETIONS");
    setenv("JOB_COMPLETIONS", "5", 1);
    expect_shard("auto", 2, 5);
    setenv("JOB_COMPLETION_INDEX", "5", 1);
    expect_error("auto", "auto: JOB_COMPLETION_INDEX and JOB_COMPLETIONS: found \"5\"");

    forget_environment();
    setenv("CI_NODE_INDEX", "1", 1);
    setenv("CI_NODE_TOTAL", "3", 1);
    expect_shard("auto", 0, 3);
    setenv("CI_NODE_INDEX", "3", 1);
    expect_shard("auto", 2, 3);
    setenv("CI_NODE_INDEX", "0", 1);
    expect_error("auto", "CI_NODE_INDEX");

    forget_environment();
    setenv("CIRCLE_NODE_INDEX", "0", 1);
    setenv("CIRCLE_NODE_TOTAL", "2", 1);
    expect_shard("auto", 0, 2);
    forget_environment();
}
END_TEST

START_TEST(the_environment_counts_only_when_asked)
{
    setenv("JOB_COMPLETION_INDEX", "7", 1);
    setenv("JOB_COMPLETIONS", "8", 1);
    expect_shard("1/2", 1, 2);
    forget_environment();
}
END_TEST

START_TEST(every_run_is_in_one_shard_under_its_own_id)
{
    for (unsigned count = 1; count <= 9; count++) {
        CLEANUP(plan_freep) struct plan *whole = make_plan(7);
        unsigned seen = 0;
        for (unsigned index = 0; index < count; index++) {
            CLEANUP(plan_freep) struct plan *plan = make_plan(7);
            const struct shard shard = {.index = index, .count = count};
            shard_select(&shard, plan);
            for (size_t i = 0; i < plan->n_runs; i++)
                ck_assert_str_eq(plan->runs[i].id, whole->runs[index + i * count].id);
            seen += (unsigned)plan->n_runs;
        }
        ck_assert_uint_eq(seen, 7);
    }
}
END_TEST

START_TEST(a_shard_beyond_the_plan_is_empty)
{
    CLEANUP(plan_freep) struct plan *plan = make_plan(2);
    shard_select(&(struct shard){.index = 5, .count = 6}, plan);
    ck_assert_uint_eq(plan->n_runs, 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("shard");
    TCase *c = tcase_create("shard");
    tcase_add_test(c, index_and_count_are_read);
    tcase_add_test(c, what_is_wrong_is_said);
    tcase_add_test(c, auto_asks_the_scheduler);
    tcase_add_test(c, the_environment_counts_only_when_asked);
    tcase_add_test(c, every_run_is_in_one_shard_under_its_own_id);
    tcase_add_test(c, a_shard_beyond_the_plan_is_empty);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);
