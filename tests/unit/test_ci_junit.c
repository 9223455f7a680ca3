/* ci_junit: cases as JUnit XML. check_ci.py holds what is kept here against Jenkins' schema. */
#include "report/ci_junit.h"

#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/ci_cases.h"
#include "tests/support/story.h"

START_TEST(each_status_is_what_readers_know)
{
    struct ci_cases all;
    ci_cases_init(&all);
    CLEANUP(freep) char *text = ci_cases_write(ci_junit_write, &all.report, "plain.xml");
    story_expect_text(text, "<testsuites name=\"leakcage gate\" tests=\"5\" failures=\"1\" "
                            "errors=\"2\" time=\"21.500\">\n");
    story_expect_text(text, "time=\"21.500\" skipped=\"1\">\n");
    story_expect_text(text, "<testcase classname=\"leakcage.json-tree\" name=\"json-tree\" "
                            "time=\"9.000\" file=\"scenarios/json-tree.json\">\n"
                            "      <system-out>as in the baseline\nverdict clean\nfloor_bytes "
                            "4404019, baseline 4194304, +131072 allowed\nthreads 17\n");
    story_expect_text(text, "file=\"scenarios/json-tree.json\" line=\"7\">\n"
                            "      <failure message=\"floor +5.0 % (4.0 to 4.2 MiB; +3 % is "
                            "allowed)\" type=\"floor\">floor +5.0 % (4.0 to 4.2 MiB; +3 % is "
                            "allowed)\nfloor: 4.0 MiB in the baseline, 4.2 MiB now\n"
                            "result: results/a\n</failure>\n");
    story_expect_text(text, "<error message=\"the baseline has no such case\" "
                            "type=\"baseline-missing\">");
    story_expect_text(text, "<error message=\"2 of 4 runs are inconclusive\" type=\"undecided\">");
    story_expect_text(text, "<skipped>in the baseline only\n</skipped>");
    story_expect_text(text, "<property name=\"json-tree.fixed [race+jemalloc]: floor_bytes.baseline"
                            "\" value=\"4194304\"/>");
}
END_TEST

START_TEST(hostile_text_stays_text)
{
    struct ci_cases all;
    ci_cases_init_hostile(&all);
    all.cases[0].details = "\xff\n\n\n";
    CLEANUP(freep) char *text = ci_cases_write(ci_junit_write, &all.report, "hostile.xml");
    ck_assert_ptr_null(strstr(text, "<script"));
    ck_assert_ptr_null(strstr(text, "]]>"));
    ck_assert_ptr_null(strpbrk(text, "\x01\x1b\x7f\xff\r"));
    ck_assert_ptr_null(strstr(text, "\xef\xbf\xbe"));
    ck_assert_ptr_null(strstr(text, "\xe2\x80\xae"));
    story_expect_text(text, "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; "
                            "&quot;quoted&quot; \\ ]]&gt; 100%\n&#58;:set-output name=x::y\n");
    ck_assert_ptr_null(strstr(text, "\n::"));
    story_expect_text(text, "no\xe2\x90\x9b[31mred\xe2\x90\x81"); /* their pictures */
}
END_TEST

START_TEST(what_is_no_number_is_left_out)
{
    struct ci_cases all;
    ci_cases_init(&all);
    all.metrics[0].value = NAN;
    all.metrics[0].baseline = INFINITY;
    CLEANUP(freep) char *text = ci_cases_write(ci_junit_write, &all.report, "no-number.xml");
    ck_assert_ptr_null(strstr(text, "floor_bytes\""));
    ck_assert_ptr_null(strstr(text, "floor_bytes.baseline"));
    ck_assert_ptr_null(strstr(text, "nan"));
    ck_assert_ptr_null(strstr(text, "inf\""));
}
END_TEST

START_TEST(of_no_cases_there_is_a_document)
{
    const struct ci_report nothing = {.name = "leakcage gate", .version = "0.1.0"};
    CLEANUP(freep) char *text = ci_cases_write(ci_junit_write, &nothing, "nothing.xml");
    story_expect_text(text, "tests=\"0\" failures=\"0\" errors=\"0\"");
}
END_TEST

START_TEST(what_does_not_fit_is_an_error)
{
    struct ci_cases all;
    struct error err = {0};
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(1000);
    ci_cases_init(&all);
    ck_assert_int_eq(ci_junit_write(&all.report, &out, &err), -1);
    ck_assert_str_ne(err.text, "");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("ci_junit");
    TCase *c = tcase_create("ci_junit");
    tcase_add_test(c, each_status_is_what_readers_know);
    tcase_add_test(c, hostile_text_stays_text);
    tcase_add_test(c, what_is_no_number_is_left_out);
    tcase_add_test(c, of_no_cases_there_is_a_document);
    tcase_add_test(c, what_does_not_fit_is_an_error);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);
