/* gate_html: a gate as one file that needs nothing else. */
#include "report/gate_html.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/gated.h"
#include "tests/support/page.h"

#define HOSTILE_ESCAPED \
    "&lt;/td&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;|&amp;amp;&#39;`"

static const struct gated_runs leak = {
    .now = "slow-leak", .before = "slow-leak.fixed", .n_now = 6, .n_before = 8};

static char *written(const struct gated *gated)
{
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(1 << 22);
    struct error err = {0};
    ck_assert_msg(gate_html_write(&gated->report, &out, &err) == 0, "%s", err.text);
    page_expect(&out, GATE_HTML_BYTES_MAX);
    return strdup(buffer_text(&out));
}

START_TEST(it_says_what_the_table_says)
{
    CLEANUP(gated_freep) struct gated *gated = gated_new();
    CLEANUP(freep) char *text = written(gated);
    page_expect_part(text, "<title>leakcage gate: not passed</title>");
    page_expect_part(text, "<p class=\"facts\">against leakcage.json · 5 cases · driver vm");
    page_expect_part(text, "<p class=\"sentence bad\">1 of 5 cases regressed: json-tree</p>");
    page_expect_part(text, "<tr><th scope=\"row\" class=\"bad\">regressed</th><td>"
                           "<a href=\"#case-1\">json-tree</a></td>"
                           "<td class=\"bad\">clean → leak 3/4 *</td>");
    page_expect_part(text,
                     "<td class=\"bad claimed\" title=\"4.0 MiB to 4.2 MiB before, +210.0 KiB "
                     "allowed; p = 0.000999\">8.2 MiB (+100 %) *</td>");
    page_expect_part(text, "<h2 id=\"case-1\"><b class=\"bad\">regressed</b> json-tree</h2>\n<ul>\n"
                           "<li>turned from clean to leak");
    page_expect_part(text, "<li>1 not run, only in the baseline: slow-leak</li>");
    ck_assert_uint_eq(page_count(text, "<svg "), 0);
    for (unsigned i = 0; i < gated->report.n_cases; i++)
        gated->cases[i].status = GATE_CASE_PASSED;
    CLEANUP(freep) char *passed = written(gated);
    page_expect_part(passed, "<title>leakcage gate: passed</title>");
    page_expect_part(passed, "<p class=\"sentence good\">");
}
END_TEST

START_TEST(what_did_not_pass_has_charts_of_all_repeats)
{
    CLEANUP(gated_freep) struct gated *gated = gated_new();
    gated_recorded(gated, 1, GOLDEN_RUNS, &leak);
    ck_assert_uint_eq(gated->cases[1].status, GATE_CASE_REGRESSED);
    CLEANUP(freep) char *text = written(gated);
    ck_assert_uint_eq(page_count(text, "<svg "), 2);
    ck_assert_uint_eq(page_count(text, "<title>now, repeat 6</title>"), 2);
    ck_assert_uint_eq(page_count(text, "<title>baseline, repeat 8</title>"), 2);
    ck_assert_uint_eq(page_count(text, ">now</text>"), 2);
    ck_assert_uint_eq(page_count(text, ">baseline</text>"), 2);
    ck_assert_uint_eq(page_count(text, ">floor that the budget allows</text>"), 1);
    ck_assert_uint_eq(page_count(text, ">peaks of the baseline</text>"), 1);
    page_expect_part(text, ">completed requests</text>");
}
END_TEST

/* A floor that is beyond its budget, a leak, and a case that is as it was. */
START_TEST(recorded_runs_are_told_apart)
{
    static const struct gated_runs larger = {
        .now = "bounded-cache.larger", .before = "bounded-cache", .n_now = 6, .n_before = 8};
    static const struct gated_runs same = {
        .now = "clean", .before = "clean", .n_now = 6, .n_before = 8};
    CLEANUP(gated_freep) struct gated *gated = gated_new();
    gated_recorded(gated, gated_add(gated, "clean", GATE_CASE_PASSED), GOLDEN_RUNS, &same);
    gated_recorded(gated, gated_add(gated, "bounded-cache", GATE_CASE_PASSED), GOLDEN_RUNS,
                   &larger);
    gated_recorded(gated, gated_add(gated, "slow-leak", GATE_CASE_PASSED), GOLDEN_RUNS, &leak);
    gated->report.cases += 6;
    gated->report.n_cases = 3;
    gated->report.against = "main~1";
    gated->report.sentence = "2 of 3 cases regressed: bounded-cache, slow-leak";
    CLEANUP(freep) char *text = written(gated);
    gated->report.cases -= 6;
    gated->report.n_cases = 9;
    page_expect_part(text, "<h2 id=\"case-1\"><b class=\"bad\">regressed</b> bounded-cache</h2>");
    page_expect_part(text, "<h2 id=\"case-2\"><b class=\"bad\">regressed</b> slow-leak</h2>");
    page_expect_part(text, "<h2 id=\"case-3\"><b class=\"good\">passed</b> clean</h2>");
    ck_assert_uint_eq(page_count(text, "<svg "), 6);
}
END_TEST

/* All cases have charts when they are few; of many those that passed have none. */
START_TEST(what_passed_has_charts_when_there_are_few)
{
    static const struct gated_runs same = {
        .now = "clean", .before = "clean", .n_now = 4, .n_before = 0};
    CLEANUP(gated_freep) struct gated *gated = gated_new();
    gated_recorded(gated, 0, GOLDEN_RUNS, &same);
    gated->cases[0].status = GATE_CASE_PASSED;
    gated->report.n_cases = (unsigned)_i;
    CLEANUP(freep) char *text = written(gated);
    ck_assert_uint_eq(page_count(text, "<svg "), _i == 1 ? 2 : 0);
    gated->report.n_cases = 6;
}
END_TEST

START_TEST(whatever_names_hold_is_text)
{
    CLEANUP(gated_freep) struct gated *gated = gated_new();
    gated_recorded(gated, 1, GOLDEN_RUNS, &leak);
    gated_say(gated, 1, GATED_HOSTILE);
    gated->cases[5].id = GATED_HOSTILE;
    gated->report.sentence = gated->report.against = gated->report.environment = GATED_HOSTILE;
    CLEANUP(freep) char *text = written(gated);
    page_expect_part(text, "<p class=\"facts\">against " HOSTILE_ESCAPED);
    page_expect_part(text, "<p class=\"sentence bad\">" HOSTILE_ESCAPED);
    page_expect_part(text, "<a href=\"#case-1\">" HOSTILE_ESCAPED);
    page_expect_part(text, "<li>" HOSTILE_ESCAPED);
    page_expect_part(text, "only in the baseline: " HOSTILE_ESCAPED);
    page_expect_part(text, "\xe2\x90\x9b[2J \xef\xbf\xbd\xef\xbf\xbd*x*");
}
END_TEST

/* Six hundred cases with the longest of texts, and a hundred with recordings. */
START_TEST(the_largest_gate_stays_small_and_says_what_is_left_out)
{
    static const struct gated_runs one = {
        .now = "json-tree", .before = "clean", .n_now = 2, .n_before = 0};
    CLEANUP(gated_freep) struct gated *gated = gated_new();
    char text[250];
    memset(text, '"', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    for (unsigned i = 0; i < 40; i++) {
        unsigned place = gated_add(gated, "recorded", GATE_CASE_REGRESSED);
        gated_recorded(gated, place, GOLDEN_RUNS, &one);
        gated->cases[place].status = GATE_CASE_REGRESSED;
    }
    if (_i > 0)
        while (gated->report.n_cases < GATED_CASES_MAX)
            gated_say(gated, gated_add(gated, "", GATE_CASE_REGRESSED), text);
    CLEANUP(freep) char *page = written(gated);
    if (_i == 0) {
        ck_assert_uint_eq(page_count(page, "<svg "), 80);
        ck_assert_ptr_null(strstr(page, "there is no room"));
        return;
    }
    ck_assert_uint_gt(strlen(page), 300 * 1000);
    ck_assert_uint_gt(page_count(page, "<svg "), 4);
    page_expect_part(page, "there is no room here for the charts of ");
    page_expect_part(page, "some of which failed: gate.json has all of them");
    page_expect_part(page, "How sure this is");
}
END_TEST

START_TEST(an_empty_gate_says_so)
{
    CLEANUP(gated_freep) struct gated *gated = gated_new();
    gated->report = (struct gate_report){.cases = gated->cases};
    CLEANUP(freep) char *text = written(gated);
    page_expect_part(text, "<li>nothing was compared</li>");
}
END_TEST

START_TEST(what_does_not_fit_the_buffer_is_an_error)
{
    CLEANUP(gated_freep) struct gated *gated = gated_new();
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(1000);
    struct error err = {0};
    ck_assert_int_eq(gate_html_write(&gated->report, &out, &err), -1);
    ck_assert_uint_eq(out.length, 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("gate_html");
    TCase *c = tcase_create("gate_html");
    tcase_add_test(c, it_says_what_the_table_says);
    tcase_add_test(c, what_did_not_pass_has_charts_of_all_repeats);
    tcase_add_test(c, recorded_runs_are_told_apart);
    tcase_add_loop_test(c, what_passed_has_charts_when_there_are_few, 1, 2);
    tcase_add_test(c, whatever_names_hold_is_text);
    tcase_add_loop_test(c, the_largest_gate_stays_small_and_says_what_is_left_out, 0, 2);
    tcase_add_test(c, an_empty_gate_says_so);
    tcase_add_test(c, what_does_not_fit_the_buffer_is_an_error);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);
