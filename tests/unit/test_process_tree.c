/* process_tree: of a family that this test starts. */
#include "memory/process_tree.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "memory/process_survey.h"
#include "tests/support/check_main.h"
#include "tests/support/family.h"

static int proc_fd = -1;

static struct process_tree *tree_of(const struct process_id *root)
{
    struct process_tree *tree = NULL;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(process_tree_new(proc_fd, root, &tree, &err) == 0, "%s", err.text);
    return tree;
}

static size_t members(const struct process_tree *tree)
{
    size_t n = 0;
    process_tree_members(tree, &n);
    return n;
}

START_TEST(has_the_root_and_its_children_and_nobody_else)
{
    CLEANUP(family_done) struct family family = family_start(3);
    struct process_id root = family_id(family.parent);
    CLEANUP(process_tree_freep) struct process_tree *tree = tree_of(&root);
    ck_assert_uint_eq(members(tree), 4);
    ck_assert(process_tree_has(tree, family.parent));
    for (unsigned i = 0; i < 3; i++)
        ck_assert(process_tree_has(tree, family.children[i]));
    ck_assert(!process_tree_has(tree, getpid()));
}
END_TEST

START_TEST(has_grandchildren)
{
    CLEANUP(family_done) struct family family = family_start(2);
    struct process_id ourselves = family_id(getpid());
    CLEANUP(process_tree_freep) struct process_tree *tree = tree_of(&ourselves);
    ck_assert_uint_eq(members(tree), 4);
    ck_assert(process_tree_has(tree, family.children[1]));
}
END_TEST

START_TEST(finds_a_new_child)
{
    struct process_id ourselves = family_id(getpid());
    CLEANUP(process_tree_freep) struct process_tree *tree = tree_of(&ourselves);
    ck_assert_uint_eq(members(tree), 1);
    CLEANUP(family_done) struct family family = family_start(1);
    ck_assert_int_eq(process_tree_refresh(tree, NULL), 0);
    ck_assert_uint_eq(members(tree), 3);
    ck_assert(process_tree_has(tree, family.parent));
}
END_TEST

START_TEST(keeps_a_child_whose_parent_has_ended)
{
    CLEANUP(family_done) struct family family = family_start(2);
    struct process_id root = family_id(family.parent);
    CLEANUP(process_tree_freep) struct process_tree *tree = tree_of(&root);
    family_end_parent(&family);
    ck_assert_int_eq(process_tree_refresh(tree, NULL), 0);
    ck_assert_uint_eq(members(tree), 2);
    ck_assert(process_tree_has(tree, family.children[0]));
    ck_assert(process_tree_has(tree, family.children[1]));
}
END_TEST

START_TEST(a_zombie_is_no_member)
{
    CLEANUP(family_done) struct family family = family_start(0);
    struct process_id ourselves = family_id(getpid());
    CLEANUP(process_tree_freep) struct process_tree *tree = tree_of(&ourselves);
    ck_assert_uint_eq(members(tree), 2);
    siginfo_t info;
    kill(family.parent, SIGKILL);
    ck_assert_int_eq(waitid(P_PID, (id_t)family.parent, &info, WEXITED | WNOWAIT), 0);
    ck_assert_int_eq(process_tree_refresh(tree, NULL), 0);
    ck_assert_uint_eq(members(tree), 1);
}
END_TEST

START_TEST(a_pid_that_is_used_again_is_another_process)
{
    CLEANUP(family_done) struct family family = family_start(1);
    struct process_id before = family_id(family.parent);
    before.start_ticks--;
    struct process_tree *tree = NULL;
    ck_assert_int_eq(process_tree_new(proc_fd, &before, &tree, NULL), 1);
    ck_assert_ptr_null(tree);
}
END_TEST

START_TEST(sums_what_is_resident)
{
    CLEANUP(family_done) struct family family = family_start(2);
    struct process_id root = family_id(family.parent);
    struct process_id child = family_id(family.children[0]);
    CLEANUP(process_tree_freep) struct process_tree *all = tree_of(&root);
    CLEANUP(process_tree_freep) struct process_tree *one = tree_of(&child);
    uint64_t all_bytes = 0;
    uint64_t one_bytes = 0;
    ck_assert_uint_eq(process_tree_rss(all, &all_bytes), 3);
    ck_assert_uint_eq(process_tree_rss(one, &one_bytes), 1);
    ck_assert_uint_gt(one_bytes, 0);
    ck_assert_uint_gt(all_bytes, one_bytes);
    ck_assert_uint_eq(all_bytes % (uint64_t)sysconf(_SC_PAGESIZE), 0);
}
END_TEST

START_TEST(is_surveyed_by_pid_and_start_time)
{
    CLEANUP(family_done) struct family family = family_start(1);
    struct process_id both[] = {family_id(family.parent), family_id(family.children[0])};
    struct survey survey;
    survey_init(&survey);
    ck_assert_int_eq(process_survey_take_these(both, 2, proc_fd, 0, &survey, NULL), 0);
    ck_assert_uint_eq(survey.value[SURVEY_PROCESSES], 2);
    ck_assert_uint_eq(survey.value[SURVEY_THREADS], 2);
    ck_assert(survey_has(&survey, SURVEY_PSS_ANON));
    ck_assert_uint_eq(survey.memory.present, 0);

    both[1].start_ticks++;
    ck_assert_int_eq(process_survey_take_these(both, 2, proc_fd, 0, &survey, NULL), 0);
    ck_assert_uint_eq(survey.value[SURVEY_PROCESSES], 1);
    ck_assert_int_eq(survey.processes[0].pid, family.parent);
}
END_TEST

static Suite *process_tree_suite(void)
{
    Suite *suite = suite_create("process_tree");
    TCase *tcase = tcase_create("families");
    proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    tcase_add_test(tcase, has_the_root_and_its_children_and_nobody_else);
    tcase_add_test(tcase, has_grandchildren);
    tcase_add_test(tcase, finds_a_new_child);
    tcase_add_test(tcase, keeps_a_child_whose_parent_has_ended);
    tcase_add_test(tcase, a_zombie_is_no_member);
    tcase_add_test(tcase, a_pid_that_is_used_again_is_another_process);
    tcase_add_test(tcase, sums_what_is_resident);
    tcase_add_test(tcase, is_surveyed_by_pid_and_start_time);
    suite_add_tcase(suite, tcase);
    return suite;
}
CHECK_MAIN(process_tree_suite);
