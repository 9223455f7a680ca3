/* process_growth: which of several processes a leak is in. */
#include "verdict/process_growth.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/story.h"

#define KIB ((uint64_t)1024)

/* The first and the last floor of a window, each with the processes that a test puts there. */
struct pair {
    struct story story;
    struct survey *first;
    struct survey *last;
};

static struct pair make_pair(void)
{
    struct pair pair = {.story = story_new()};
    story_cycles(&pair.story, 5, 8 * STORY_MIB, 0);
    struct timeline *timeline = pair.story.timeline;
    pair.first = &timeline->cycles[1].floor;
    pair.last = &timeline->cycles[timeline->n_cycles - 1].floor;
    pair.first->n_processes = 0;
    pair.last->n_processes = 0;
    return pair;
}

static void pair_done(struct pair *pair)
{
    story_done(&pair->story);
}

static struct survey_process *add(struct survey *survey, int32_t pid, const char *name,
                                  uint64_t anon_bytes)
{
    struct survey_process *process = &survey->processes[survey->n_processes++];
    *process = (struct survey_process){
        .pid = pid,
        .anon_bytes = anon_bytes,
        .threads = 1,
        .descriptors = SURVEY_ABSENT,
        .shmem_bytes = SURVEY_ABSENT,
    };
    snprintf(process->name, sizeof(process->name), "%s", name);
    return process;
}

static struct process_growth growth_of(const struct pair *pair, enum cause cause)
{
    struct floor_series series;
    struct process_growth growth;
    indicators_floor_series(pair->story.timeline, 2, &series);
    process_growth_of(&series, cause, &growth);
    return growth;
}

START_TEST(the_one_that_grew_is_named_with_its_share)
{
    CLEANUP(pair_done) struct pair pair = make_pair();
    add(pair.first, 10, "master.py", 900 * KIB);
    add(pair.first, 11, "worker.py", 500 * KIB);
    add(pair.last, 11, "worker.py", 1480 * KIB);
    add(pair.last, 10, "master.py", 920 * KIB);
    struct process_growth growth = growth_of(&pair, CAUSE_HEAP);
    ck_assert_uint_eq(growth.n, 1);
    ck_assert_int_eq(growth.process[0].pid, 11);
    ck_assert_str_eq(growth.process[0].name, "worker.py");
    ck_assert_double_eq_tol(growth.process[0].share, 0.98, 1e-9);
    ck_assert_str_eq(growth.text, "worker.py (pid 11) holds 98 % of the growth");
}
END_TEST

START_TEST(workers_that_grow_alike_are_named_together)
{
    CLEANUP(pair_done) struct pair pair = make_pair();
    add(pair.first, 10, "server", 900 * KIB);
    add(pair.last, 10, "server", 904 * KIB);
    for (int32_t i = 0; i < 3; i++) {
        add(pair.first, 11 + i, "server", 100 * KIB);
        add(pair.last, 11 + i, "server", 500 * KIB + (uint64_t)i * KIB);
    }
    struct process_growth growth = growth_of(&pair, CAUSE_HEAP);
    ck_assert_uint_eq(growth.n, 3);
    ck_assert_str_eq(growth.text, "server (pids 13, 12, 11) hold 100 % of the growth");
}
END_TEST

START_TEST(of_different_ones_each_has_its_share)
{
    CLEANUP(pair_done) struct pair pair = make_pair();
    add(pair.first, 10, "a", 0);
    add(pair.first, 11, "b", 0);
    add(pair.last, 10, "a", 300 * KIB);
    add(pair.last, 11, "b", 700 * KIB);
    ck_assert_str_eq(growth_of(&pair, CAUSE_MAPPINGS).text,
                     "b (pid 11) holds 70 %, a (pid 10) holds 30 % of the growth");
}
END_TEST

START_TEST(of_many_the_first_are_written_out)
{
    CLEANUP(pair_done) struct pair pair = make_pair();
    for (int32_t i = 0; i < 20; i++)
        add(pair.last, 100 + i, "pool", 100 * KIB);
    struct process_growth growth = growth_of(&pair, CAUSE_HEAP);
    ck_assert_uint_eq(growth.n, PROCESS_GROWTH_MAX);
    ck_assert_uint_eq(growth.n_more, 18 - PROCESS_GROWTH_MAX);
    ck_assert_str_eq(growth.text,
                     "pool (pids 100, 101, 102, 103 and 14 more) hold 40 % of the growth");
}
END_TEST

START_TEST(a_worker_that_was_replaced_has_not_grown_by_all_it_has)
{
    CLEANUP(pair_done) struct pair pair = make_pair();
    add(pair.first, 10, "master", 1000 * KIB);
    add(pair.first, 11, "worker", 5000 * KIB);
    add(pair.last, 10, "master", 1900 * KIB);
    add(pair.last, 12, "worker", 5050 * KIB);
    struct process_growth growth = growth_of(&pair, CAUSE_HEAP);
    ck_assert_uint_eq(growth.n, 1);
    ck_assert_int_eq(growth.process[0].pid, 10);
    ck_assert_double_eq_tol(growth.process[0].share, 900.0 / 950, 1e-9);
}
END_TEST

START_TEST(one_that_a_full_list_had_no_room_for_did_not_start_at_nothing)
{
    CLEANUP(pair_done) struct pair pair = make_pair();
    for (int32_t i = 0; i < SURVEY_PROCESSES_MAX; i++)
        add(pair.first, 100 + i, "pool", 1000 * KIB);
    add(pair.last, 500, "other", 1010 * KIB);
    add(pair.last, 100, "pool", 1990 * KIB);
    struct process_growth growth = growth_of(&pair, CAUSE_HEAP);
    ck_assert_uint_eq(growth.n, 1);
    ck_assert_int_eq(growth.process[0].pid, 100);
}
END_TEST

static const struct {
    enum cause cause;
    const char *text;
} causes[] = {
    {CAUSE_HEAP, "a (pid 10) holds 100 % of the growth"},
    {CAUSE_THREADS, "b (pid 11) has 100 % of the new threads"},
    {CAUSE_SOCKETS, "b (pid 11) has 100 % of the new descriptors"},
    {CAUSE_FILES, "b (pid 11) has 100 % of the new descriptors"},
    {CAUSE_KERNEL, "b (pid 11) has 100 % of the new descriptors"},
    {CAUSE_SHMEM, "b (pid 11) maps 100 % of the new shared memory"},
    {CAUSE_TRANSIENT, ""},
};

START_TEST(what_is_compared_follows_from_the_cause)
{
    CLEANUP(pair_done) struct pair pair = make_pair();
    add(pair.first, 10, "a", 0);
    struct survey_process *before = add(pair.first, 11, "b", 100);
    add(pair.last, 10, "a", 100);
    struct survey_process *after = add(pair.last, 11, "b", 100);
    before->descriptors = before->shmem_bytes = 5;
    after->threads = after->descriptors = after->shmem_bytes = 50;
    ck_assert_str_eq(growth_of(&pair, causes[_i].cause).text, causes[_i].text);
}
END_TEST

START_TEST(what_is_not_known_is_no_growth)
{
    CLEANUP(pair_done) struct pair pair = make_pair();
    add(pair.first, 10, "a", 0);
    add(pair.first, 11, "b", 0);
    add(pair.last, 10, "a", 100)->descriptors = 7;
    add(pair.last, 11, "b", 0);
    ck_assert_uint_eq(growth_of(&pair, CAUSE_SOCKETS).n, 0);
    ck_assert_str_eq(growth_of(&pair, CAUSE_SOCKETS).text, "");
}
END_TEST

START_TEST(one_process_is_not_named_unless_it_is_a_daemon)
{
    CLEANUP(pair_done) struct pair pair = make_pair();
    add(pair.first, 10, "a", 0);
    add(pair.last, 10, "a", 100);
    pair.last->value[SURVEY_FIRST] = SURVEY_ABSENT;
    ck_assert_uint_eq(growth_of(&pair, CAUSE_HEAP).n, 0);
    pair.last->value[SURVEY_FIRST] = 1;
    ck_assert_uint_eq(growth_of(&pair, CAUSE_HEAP).n, 0);
    pair.last->value[SURVEY_FIRST] = 0;
    ck_assert_uint_eq(growth_of(&pair, CAUSE_HEAP).n, 1);
}
END_TEST

START_TEST(without_floors_there_is_nothing_to_say)
{
    struct floor_series none = {.n = 0};
    struct process_growth growth = {.n = 3};
    process_growth_of(&none, CAUSE_HEAP, &growth);
    ck_assert_uint_eq(growth.n, 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("process_growth");
    TCase *shares = tcase_create("shares");
    tcase_add_test(shares, the_one_that_grew_is_named_with_its_share);
    tcase_add_test(shares, workers_that_grow_alike_are_named_together);
    tcase_add_test(shares, of_different_ones_each_has_its_share);
    tcase_add_test(shares, of_many_the_first_are_written_out);
    tcase_add_test(shares, a_worker_that_was_replaced_has_not_grown_by_all_it_has);
    tcase_add_test(shares, one_that_a_full_list_had_no_room_for_did_not_start_at_nothing);
    tcase_add_loop_test(shares, what_is_compared_follows_from_the_cause, 0,
                        (int)ARRAY_LENGTH(causes));
    tcase_add_test(shares, what_is_not_known_is_no_growth);
    tcase_add_test(shares, one_process_is_not_named_unless_it_is_a_daemon);
    tcase_add_test(shares, without_floors_there_is_nothing_to_say);
    suite_add_tcase(s, shares);
    return s;
}

CHECK_MAIN(suite);
