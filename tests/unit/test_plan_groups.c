/* plan groups: which runs of a plan belong together, what they need, and which cannot be. */
#include "scenario/plan_groups.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"

#define MIB ((uint64_t)1 << 20)

enum { RUNS_MAX = PLAN_GROUP_MAX + 1 };

static struct run_spec runs[RUNS_MAX];
static struct plan plan = {.runs = runs};

/* Runs of these groups, with limits of 1 MiB, 2 MiB, … */
static void make_plan(const unsigned *groups, size_t n)
{
    plan.n_runs = n;
    for (size_t i = 0; i < n; i++) {
        settings_defaults(&runs[i].settings);
        snprintf(runs[i].id, sizeof(runs[i].id), "run-%zu", i);
        runs[i].group = groups[i];
        runs[i].settings.limit_bytes = (i + 1) * MIB;
    }
}

static void expect_refused(const char *text)
{
    struct error err = {.kind = ERROR_NONE};
    ck_assert_int_eq(plan_check_groups(&plan, &err), -1);
    ck_assert_msg(strstr(err.text, text) != NULL, "%s", err.text);
}

START_TEST(a_part_is_a_run_or_a_group)
{
    static const unsigned groups[] = {0, 0, 1, 1, 1, 2, 0, 3, 3};
    make_plan(groups, ARRAY_LENGTH(groups));
    ck_assert_uint_eq(plan_count_parts(&plan), 6);
    ck_assert_uint_eq(plan_part_length(&plan, 0), 1);
    ck_assert_uint_eq(plan_part_length(&plan, 2), 3);
    ck_assert_uint_eq(plan_part_length(&plan, 5), 1);
    ck_assert_uint_eq(plan_part_length(&plan, 7), 2);
    ck_assert_int_eq(plan_check_groups(&plan, NULL), 0);
    plan.n_runs = 0;
    ck_assert_uint_eq(plan_count_parts(&plan), 0);
    ck_assert_int_eq(plan_check_groups(&plan, NULL), 0);
}
END_TEST

START_TEST(the_memory_is_that_of_the_group_that_may_have_the_most)
{
    static const unsigned groups[] = {1, 1, 2, 2, 0, 3};
    make_plan(groups, ARRAY_LENGTH(groups));
    ck_assert_uint_eq(plan_group_memory_bytes(&plan), 7 * MIB);
    runs[3].settings.limit_bytes = SCENARIO_NO_LIMIT;
    ck_assert_uint_eq(plan_group_memory_bytes(&plan), 3 * MIB);
    runs[0].settings.limit_bytes = SCENARIO_NO_LIMIT - 1;
    ck_assert_uint_eq(plan_group_memory_bytes(&plan), UINT64_MAX); /* and not what it wraps to */
    for (size_t i = 0; i < plan.n_runs; i++)
        runs[i].group = 0;
    ck_assert_uint_eq(plan_group_memory_bytes(&plan), 0);
}
END_TEST

START_TEST(a_group_that_stands_in_two_places_is_refused)
{
    static const unsigned groups[] = {1, 1, 2, 1};
    make_plan(groups, ARRAY_LENGTH(groups));
    expect_refused("run-3: found a run of group 1 apart");
}
END_TEST

START_TEST(a_crowd_is_refused)
{
    unsigned groups[RUNS_MAX];
    for (size_t i = 0; i < RUNS_MAX; i++)
        groups[i] = 7;
    make_plan(groups, RUNS_MAX);
    expect_refused("group 7: found 17 runs that take turns, expected at most 16");
    make_plan(groups, PLAN_GROUP_MAX);
    ck_assert_int_eq(plan_check_groups(&plan, NULL), 0);
}
END_TEST

START_TEST(what_there_is_once_only_is_refused_beside_others)
{
    static const unsigned groups[] = {1, 1, 2};
    make_plan(groups, ARRAY_LENGTH(groups));
    runs[2].settings.service.port = 8080; /* alone in its group */
    ck_assert_int_eq(plan_check_groups(&plan, NULL), 0);
    runs[1].settings.service.port = 8081;
    expect_refused("run-1: port 8081 is fixed");
    runs[1].settings.image = "an-image"; /* has ports of its own */
    ck_assert_int_eq(plan_check_groups(&plan, NULL), 0);
    runs[0].settings.n_dependencies = 1;
    runs[0].settings.dependencies[0].port = 5432;
    expect_refused("run-0: port 5432 is fixed");
    runs[0].settings.n_dependencies = 0;
    runs[0].settings.attach = "4711";
    expect_refused("run-0: what runs already cannot take turns");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("plan groups");
    TCase *c = tcase_create("groups");
    tcase_add_test(c, a_part_is_a_run_or_a_group);
    tcase_add_test(c, the_memory_is_that_of_the_group_that_may_have_the_most);
    tcase_add_test(c, a_group_that_stands_in_two_places_is_refused);
    tcase_add_test(c, a_crowd_is_refused);
    tcase_add_test(c, what_there_is_once_only_is_refused_beside_others);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);
