/* comparison_html: a comparison as one file that needs nothing else. */
#include "report/comparison_html.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/compared.h"
#include "tests/support/page.h"

#define HOSTILE "</title><script>alert(\"1\")</script>\x1b[2J\xff'"
#define HOSTILE_ESCAPED                                                              \
    "&lt;/title&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;\xe2\x90\x9b[2J" \
    "\xef\xbf\xbd&#39;"

static char *written(const struct compared *compared)
{
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(1 << 22);
    struct error err = {0};
    ck_assert_msg(comparison_html_write(&compared->report, &out, &err) == 0, "%s", err.text);
    page_expect(&out, COMPARISON_HTML_BYTES_MAX);
    return strdup(buffer_text(&out));
}

START_TEST(it_says_what_the_table_says)
{
    CLEANUP(compared_freep) struct compared *compared = compared_new();
    compared_record(compared, 700);
    CLEANUP(freep) char *text = written(compared);
    page_expect_part(text, "<title>json-tree: comparison</title>");
    page_expect_part(text, "<p class=\"sentence\">race leaks 61.2 KiB per request where");
    page_expect_part(text, "leakcage compare · 3 variants · 4 repeats · limit 64.0 MiB · driver");
    page_expect_part(text, "<td class=\"verdict bad\">LEAK<small>heap</small></td>");
    page_expect_part(text, "<td class=\"verdict good\">CLEAN 3/4</td>");
    page_expect_part(text, "<th scope=\"row\">floor <small>MiB</small></th>");
    page_expect_part(text, "<td class=\"claimed bad\" title=\"55.3 to 61.1 MiB over the repeats; "
                           "p = 0.0286\">58.2 *<small>× 8.59 (8.08 to 9.11)</small></td>");
    page_expect_part(text, "<b>asan</b>: quarantine held to 4 MiB (ASAN_OPTIONS)");
}
END_TEST

START_TEST(both_charts_have_every_variant)
{
    CLEANUP(compared_freep) struct compared *compared = compared_new();
    compared_record(compared, 700);
    CLEANUP(freep) char *text = written(compared);
    ck_assert_uint_eq(page_count(text, "<svg "), 2);
    ck_assert_uint_eq(page_count(text, ">race</text>"), 2);
    ck_assert_uint_eq(page_count(text, "<title>race, repeat 1</title>"), 2);
    ck_assert_uint_eq(page_count(text, "<title>race, repeat 4</title>"), 1);
    ck_assert_uint_eq(page_count(text, "<title>asan, repeat 4</title>"), 1);
    ck_assert_uint_eq(page_count(text, "<title>race: killed for memory, repeat 1</title>"), 1);
    page_expect_part(text, ">limit 64.0 MiB</text>");
    page_expect_part(text, ">completed requests</text>");
    /* Of each turn's ten seconds one is its own. */
    page_expect_part(text, ">time in its own turns, s</text>");
    page_expect_part(text, ">6</text>");
    ck_assert_ptr_null(strstr(text, ">8</text>"));
}
END_TEST

START_TEST(whatever_names_hold_is_text)
{
    CLEANUP(compared_freep) struct compared *compared = compared_new();
    compared_record(compared, 70);
    const char *const notes[] = {HOSTILE};
    compared->report.scenario = HOSTILE;
    compared->report.notes = notes;
    compared->report.n_notes = 1;
    for (unsigned i = 0; i < 3; i++)
        compared->comparison.variant[i].name = HOSTILE;
    snprintf(compared->comparison.sentence, sizeof(compared->comparison.sentence), HOSTILE);
    snprintf(compared->records[0][0]->driver, sizeof(compared->records[0][0]->driver), "<vm>");
    error_set(&compared->records[2][0]->error, ERROR_SERVICE, "%s", HOSTILE);
    compared->comparison.variant[2].failed = 1;
    CLEANUP(freep) char *text = written(compared);
    page_expect_part(text, "<title>" HOSTILE_ESCAPED ": comparison</title>");
    page_expect_part(text, "<h1>" HOSTILE_ESCAPED "</h1>");
    page_expect_part(text, "<p class=\"sentence\">" HOSTILE_ESCAPED "</p>");
    page_expect_part(text, "<th scope=\"col\" title=\"" HOSTILE_ESCAPED "\">" HOSTILE_ESCAPED);
    page_expect_part(text, "<title>&lt;/title&gt;&lt;script&gt;alert(&quot;1&quot;)");
    page_expect_part(text, "<b>" HOSTILE_ESCAPED "</b>: 1 of 4 runs failed: " HOSTILE_ESCAPED);
    page_expect_part(text, "<li>" HOSTILE_ESCAPED "</li>");
    page_expect_part(text, "driver &lt;vm&gt;");
}
END_TEST

START_TEST(without_recordings_there_is_a_table)
{
    CLEANUP(compared_freep) struct compared *compared = compared_new();
    CLEANUP(freep) char *text = written(compared);
    ck_assert_uint_eq(page_count(text, "nothing was measured"), 2);
    page_expect_part(text, "58.2 *");
    compared->comparison.n = (unsigned)_i;
    CLEANUP(freep) char *less = written(compared);
    page_expect_part(less, "nothing to compare with");
}
END_TEST

START_TEST(what_was_not_measured_is_a_dash)
{
    CLEANUP(compared_freep) struct compared *compared = compared_new();
    compared->comparison.variant[0].figure[FIGURE_CPU] = (struct comparison_figure){0};
    compared->comparison.variant[1].figure[FIGURE_CPU] = (struct comparison_figure){0};
    compared_differs(compared_set(compared, 2, FIGURE_CPU, NAN), NAN, NAN, NAN);
    CLEANUP(freep) char *text = written(compared);
    const char *row = strstr(text, "CPU/request</th>");
    ck_assert_ptr_nonnull(row);
    ck_assert_int_eq(strncmp(row, "CPU/request</th><td>-</td><td>-</td><td class=\"claimed\"", 55),
                     0);
}
END_TEST

START_TEST(the_largest_comparison_stays_small)
{
    static char names[COMPARISON_VARIANTS_MAX][200];
    CLEANUP(compared_freep) struct compared *compared = compared_new();
    while (compared->comparison.n < COMPARISON_VARIANTS_MAX) {
        unsigned n = compared->comparison.n;
        memset(names[n], '<', sizeof(names[n]) - 1);
        compared_add(compared, names[n], 1e6);
    }
    compared_record(compared, 3500);
    for (unsigned i = 0; i < COMPARISON_VARIANTS_MAX; i++) {
        compared->comparison.variant[i].failed = 1;
        struct error *error = &compared->records[i][0]->error;
        error->kind = ERROR_SERVICE;
        memset(error->text, '"', sizeof(error->text) - 1);
    }
    CLEANUP(freep) char *text = written(compared);
    ck_assert_uint_gt(strlen(text), 100000);
}
END_TEST

START_TEST(what_does_not_fit_the_buffer_is_an_error)
{
    CLEANUP(compared_freep) struct compared *compared = compared_new();
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(1000);
    struct error err = {0};
    ck_assert_int_eq(comparison_html_write(&compared->report, &out, &err), -1);
    ck_assert_uint_eq(out.length, 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("comparison_html");
    TCase *c = tcase_create("comparison_html");
    tcase_add_test(c, it_says_what_the_table_says);
    tcase_add_test(c, both_charts_have_every_variant);
    tcase_add_test(c, whatever_names_hold_is_text);
    tcase_add_loop_test(c, without_recordings_there_is_a_table, 0, 2);
    tcase_add_test(c, what_was_not_measured_is_a_dash);
    tcase_add_test(c, the_largest_comparison_stays_small);
    tcase_add_test(c, what_does_not_fit_the_buffer_is_an_error);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);
