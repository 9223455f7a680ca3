#include "report/pod_status.h"

#include <string.h>

#include "base/cleanup.h"
#include "report/sparkline.h"
#include "tests/support/check_main.h"
#include "tests/support/story.h"

static const char *const indents[2] = {"pod ", "    "};

/* A run of 41 s whose third restart was killed at 39 s. */
static struct record record_of(enum restart_policy policy)
{
    struct record record = {
        .restart = {.policy = policy, .time_scale = 1},
        .has_ready = true,
        .starts = 4,
        .n_ends = 4,
        .duration_ns = 41 * NSEC_PER_SEC,
    };
    strcpy(record.pod, "unclosed-body");
    strcpy(record.id, "id");
    for (unsigned i = 0; i < 4; i++)
        record.ends[i] = (struct run_end){.start = i,
                                          .t_ns = (9 + 10 * (nsec_t)i) * NSEC_PER_SEC,
                                          .reason = END_OOM_KILLED,
                                          .backoff_ns = (nsec_t)i * NSEC_PER_SEC};
    return record;
}

static void expect_written(const struct record *record, const char *text)
{
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(4096);
    ck_assert_int_eq(pod_status_write(record, indents, &out, NULL), 0);
    ck_assert_str_eq(buffer_text(&out), text);
}

START_TEST(a_pod_in_back_off_is_told_as_kubectl_does)
{
    struct record record = record_of(RESTART_ALWAYS);
    expect_written(&record, "pod NAME            READY   STATUS             RESTARTS     AGE\n"
                            "    unclosed-body   0/1     CrashLoopBackOff   3 (2s ago)   41s\n");
}
END_TEST

START_TEST(a_pod_that_runs)
{
    struct record record = record_of(RESTART_ALWAYS);
    record.n_ends = 3;
    expect_written(&record, "pod NAME            READY   STATUS    RESTARTS      AGE\n"
                            "    unclosed-body   1/1     Running   3 (12s ago)   41s\n");
    record.n_ends = 0;
    record.starts = 1;
    record.pod[0] = '\0';
    expect_written(&record, "pod NAME   READY   STATUS    RESTARTS   AGE\n"
                            "    id     1/1     Running   0          41s\n");
    record.has_ready = false;
    expect_written(&record, "pod NAME   READY   STATUS    RESTARTS   AGE\n"
                            "    id     0/1     Running   0          41s\n");
}
END_TEST

START_TEST(a_first_end_is_named_by_its_reason)
{
    struct record record = record_of(RESTART_ALWAYS);
    record.starts = record.n_ends = 1;
    ck_assert_str_eq(pod_status_word(&record), "OOMKilled");
    record.ends[0].reason = END_ERROR;
    ck_assert_str_eq(pod_status_word(&record), "Error");
    record.restart.policy = RESTART_NEVER;
    ck_assert_str_eq(pod_status_word(&record), "Error");
}
END_TEST

START_TEST(what_is_done_is_in_no_back_off)
{
    struct record record = record_of(RESTART_ON_FAILURE);
    record.ends[3].reason = END_COMPLETED;
    ck_assert_str_eq(pod_status_word(&record), "Completed");
    record.restart.policy = RESTART_ALWAYS;
    ck_assert_str_eq(pod_status_word(&record), "CrashLoopBackOff");
}
END_TEST

START_TEST(a_run_without_a_policy_is_no_pod)
{
    struct record record = record_of(RESTART_AT_ONCE);
    expect_written(&record, "");
}
END_TEST

static const struct {
    nsec_t seconds;
    const char *text;
} ages[] = {
    {0, "0s"},     {119, "119s"}, {120, "2m"},     {125, "2m5s"},  {600, "10m"},
    {3600, "60m"}, {10800, "3h"}, {11040, "3h4m"}, {36000, "10h"}, {172800, "2d"},
};

START_TEST(ages_are_kubectls)
{
    char text[POD_AGE_TEXT_MAX];
    ck_assert_str_eq(pod_age_text(ages[_i].seconds * NSEC_PER_SEC, text), ages[_i].text);
}
END_TEST

/* Ten samples in ten seconds; killed in the third, failed in the sixth, down for two seconds. */
START_TEST(ends_are_marked_below_the_memory_line)
{
    CLEANUP(story_done) struct story story = story_new();
    struct record record = {.timeline = story.timeline};
    const struct terminal_style style = {.utf8 = false};
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(4096);
    ck_assert(!sparkline_has_ends(&record));
    for (unsigned i = 0; i < 10; i++) {
        if (i < 3 || i > 4)
            story_sample(&story, 99);
        story_cycle(&story, CYCLE_REST, 0);
    }
    timeline_add_mark(story.timeline, 2 * NSEC_PER_SEC, MARK_OOM_KILL, 1, "");
    timeline_add_mark(story.timeline, 2 * NSEC_PER_SEC + 1, MARK_EXIT, 0, "killed");
    timeline_add_mark(story.timeline, 5 * NSEC_PER_SEC - 1, MARK_START, 1, "");
    record.ends[0] = (struct run_end){.t_ns = 2 * NSEC_PER_SEC, .reason = END_OOM_KILLED};
    record.ends[1] = (struct run_end){.t_ns = 6 * NSEC_PER_SEC, .reason = END_ERROR};
    record.n_ends = 1;
    ck_assert(sparkline_has_ends(&record));
    ck_assert(!sparkline_has_failures(&record));
    record.n_ends = 2;
    ck_assert(sparkline_has_failures(&record));
    ck_assert_int_eq(sparkline_write(story.timeline, 10, 100, &style, &out, NULL), 0);
    ck_assert_str_eq(buffer_text(&out), "###__#####");
    buffer_clear(&out);
    ck_assert_int_eq(sparkline_write_ends(&record, 10, &style, &out, NULL), 0);
    ck_assert_str_eq(buffer_text(&out), "  x   !   ");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("pod_status");
    TCase *c = tcase_create("kubectl");
    tcase_add_test(c, a_pod_in_back_off_is_told_as_kubectl_does);
    tcase_add_test(c, a_pod_that_runs);
    tcase_add_test(c, a_first_end_is_named_by_its_reason);
    tcase_add_test(c, what_is_done_is_in_no_back_off);
    tcase_add_test(c, a_run_without_a_policy_is_no_pod);
    tcase_add_loop_test(c, ages_are_kubectls, 0, (int)ARRAY_LENGTH(ages));
    tcase_add_test(c, ends_are_marked_below_the_memory_line);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);
