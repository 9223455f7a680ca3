/* ci_openmetrics: cases as OpenMetrics text. check_ci.py has what is kept here read by Prometheus'
 * own parsers. */
#include "report/ci_openmetrics.h"

#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/ci_cases.h"
#include "tests/support/story.h"

START_TEST(a_number_has_a_family_of_each_part)
{
    struct ci_cases all;
    ci_cases_init(&all);
    CLEANUP(freep) char *text = ci_cases_write(ci_openmetrics_write, &all.report, "plain.prom");
    story_expect_text(text,
                      "# TYPE leakcage_floor_bytes gauge\n"
                      "# UNIT leakcage_floor_bytes bytes\n"
                      "# HELP leakcage_floor_bytes What is in use at rest\n"
                      "leakcage_floor_bytes{scenario=\"json-tree\"} 4404019\n"
                      "leakcage_floor_bytes{scenario=\"json-tree\",variant=\"fixed\",build=\"race\""
                      ",allocator=\"jemalloc\"} 4404019\n"
                      "# TYPE leakcage_floor_baseline_bytes gauge\n"
                      "# UNIT leakcage_floor_baseline_bytes bytes\n"
                      "# HELP leakcage_floor_baseline_bytes What is in use at rest, in the "
                      "baseline\n");
    story_expect_text(text, "\nleakcage_floor_allowed_bytes{scenario=\"json-tree\"} 131072\n");
    story_expect_text(text, "\n# HELP leakcage_threads Threads after the load\n"
                            "leakcage_threads{scenario=\"json-tree\"} 17\n");
    ck_assert_ptr_null(strstr(text, "leakcage_threads_baseline"));
    ck_assert_str_eq(text + strlen(text) - 6, "# EOF\n");
}
END_TEST

START_TEST(a_case_has_one_status)
{
    struct ci_cases all;
    ci_cases_init(&all);
    CLEANUP(freep) char *text = ci_cases_write(ci_openmetrics_write, &all.report, "plain.prom");
    story_expect_text(text, "leakcage_case_status{scenario=\"json-tree\",variant=\"slow\","
                            "status=\"failed\"} 0\n");
    story_expect_text(text, "leakcage_case_status{scenario=\"json-tree\",variant=\"slow\","
                            "status=\"undecided\"} 1\n");
    story_expect_text(text, "leakcage_case_verdict{scenario=\"json-tree\",variant=\"fixed\","
                            "build=\"race\",allocator=\"jemalloc\",verdict=\"leak\","
                            "cause=\"heap\"} 1\n");
    story_expect_text(text, "leakcage_case_duration_seconds{scenario=\"json-tree\",variant=\"fixed"
                            "\",build=\"race\",allocator=\"jemalloc\"} 12.5\n");
}
END_TEST

START_TEST(hostile_text_stays_a_label)
{
    struct ci_cases all;
    ci_cases_init_hostile(&all);
    CLEANUP(freep) char *text = ci_cases_write(ci_openmetrics_write, &all.report, "hostile.prom");
    ck_assert_ptr_null(strpbrk(text, "\x01\x1b\x7f\xff\r"));
    ck_assert_ptr_null(strstr(text, "\n::"));
    story_expect_text(text, "scenario=\"<script>alert('1')</script> & \\\"quoted\\\" \\\\ ]]> 100% "
                            "::set-output name=x::y ::error");
}
END_TEST

START_TEST(what_is_no_number_is_left_out)
{
    struct ci_cases all;
    ci_cases_init(&all);
    all.metrics[0].value = NAN;
    all.metrics[0].baseline = -INFINITY;
    all.metrics[0].allowed = 0.1;
    CLEANUP(freep) char *text = ci_cases_write(ci_openmetrics_write, &all.report, "no-number.prom");
    ck_assert_ptr_null(strstr(text, "leakcage_floor_bytes"));
    ck_assert_ptr_null(strstr(text, "leakcage_floor_baseline_bytes"));
    story_expect_text(text, "leakcage_floor_allowed_bytes{scenario=\"json-tree\"} 0.1\n");
}
END_TEST

START_TEST(of_no_cases_there_is_a_document)
{
    const struct ci_report nothing = {.name = "leakcage gate", .version = "0.1.0"};
    CLEANUP(freep) char *text = ci_cases_write(ci_openmetrics_write, &nothing, "nothing.prom");
    ck_assert_str_eq(text, "# TYPE leakcage_build_info gauge\n"
                           "# HELP leakcage_build_info The leakcage that says so; always 1\n"
                           "leakcage_build_info{version=\"0.1.0\"} 1\n"
                           "# EOF\n");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("ci_openmetrics");
    TCase *c = tcase_create("ci_openmetrics");
    tcase_add_test(c, a_number_has_a_family_of_each_part);
    tcase_add_test(c, a_case_has_one_status);
    tcase_add_test(c, hostile_text_stays_a_label);
    tcase_add_test(c, what_is_no_number_is_left_out);
    tcase_add_test(c, of_no_cases_there_is_a_document);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);
