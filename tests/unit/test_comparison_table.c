/* comparison_table: a comparison on a terminal and in Markdown. */
#include "report/comparison_table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "report/line_text.h"
#include "tests/support/check_main.h"
#include "tests/support/compared.h"
#include "tests/support/story.h"

static char *written(const struct compared *compared, enum table_format format,
                     const struct terminal_style *style)
{
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(1 << 20);
    struct error err = {0};
    ck_assert_msg(comparison_table_write(&compared->report, format, style, &out, &err) == 0, "%s",
                  err.text);
    return strdup(buffer_text(&out));
}

static char *on_terminal(const struct compared *compared, unsigned width)
{
    const struct terminal_style style = {.utf8 = true, .width = width};
    return written(compared, TABLE_TERMINAL, &style);
}

/* No line is wider, and none ends with a space. */
static void expect_width(const char *text, size_t width)
{
    while (*text != '\0') {
        const char *end = strchr(text, '\n');
        ck_assert_ptr_nonnull(end);
        char line[4096];
        snprintf(line, sizeof(line), "%.*s", (int)(end - text), text);
        ck_assert_msg(line_text_columns(line) <= width, "\"%s\" is wider than %zu", line, width);
        ck_assert_msg(end == text || end[-1] != ' ', "\"%s\" ends with a space", line);
        text = end + 1;
    }
}

START_TEST(variants_stand_side_by_side)
{
    CLEANUP(compared_freep) struct compared *compared = compared_new();
    compared_record(compared, 70);
    CLEANUP(freep) char *text = on_terminal(compared, 80);
    ck_assert_str_eq(
        text, "json-tree · 3 variants · 4 repeats · limit 64.0 MiB · driver vm (6.1.0, tcg)\n"
              "\n"
              "                        plain          race         asan\n"
              "  verdict               CLEAN          LEAK    CLEAN 3/4\n"
              "  cause                     -          heap            -\n"
              "  growth/request   KiB   <0.1          61.2 *       <0.1\n"
              "    low to high    KiB   <0.1  58.2 to 64.3         <0.1\n"
              "  floor            MiB    6.8          58.2 *       20.0\n"
              "  peak             MiB    8.8          63.8 *       38.1\n"
              "  retained         MiB    0.2          52.5 *        7.8\n"
              "  requests/s              812           240 *        310 *\n"
              "  p50               ms   2.10          7.40 *       3.10\n"
              "  p99               ms   4.10          9.90 *       4.40\n"
              "  CPU/request       ms   0.92          3.10 *       2.80\n"
              "  killed after    req.      -         1,024            -\n"
              "\n"
              "  × plain (97.1 % interval)\n"
              "                              race                   asan\n"
              "  floor        8.59 (8.08 to 9.11) *  2.96 (2.66 to 3.25)\n"
              "  peak         7.27 (6.84 to 7.71) *  4.35 (3.91 to 4.78)\n"
              "  retained        275 (258 to 292) *  41.0 (36.9 to 45.1)\n"
              "  requests/s   0.30 (0.28 to 0.31) *  0.38 (0.36 to 0.40) *\n"
              "  p50          3.52 (3.31 to 3.74) *  1.48 (1.33 to 1.62)\n"
              "  p99          2.41 (2.27 to 2.56) *  1.07 (0.97 to 1.18)\n"
              "  CPU/request  3.37 (3.17 to 3.57) *  3.04 (2.74 to 3.35)\n"
              "\n"
              "  race leaks 61.2 KiB per request where plain is clean\n"
              "\n"
              "  * differs from plain: p ≤ 0.05 by an exact permutation test over 4 repeats,\n"
              "    corrected for all figures and variants\n"
              "  asan: quarantine held to 4 MiB (ASAN_OPTIONS)\n"
              "\n");
}
END_TEST

START_TEST(ascii_where_there_is_no_more)
{
    CLEANUP(compared_freep) struct compared *compared = compared_new();
    const struct terminal_style style = {.width = 80};
    compared->comparison.variant[1].name = "r\xc3\xa4"
                                           "ce\033[2J\xff";
    CLEANUP(freep) char *text = written(compared, TABLE_TERMINAL, &style);
    for (const char *c = text; *c != '\0'; c++)
        ck_assert(*c == '\n' || (*c >= ' ' && *c < 0x7f));
    story_expect_text(text, "r?ce?[2J?");
    story_expect_text(text, "  x plain (97.1 % interval)\n");
    story_expect_text(text, "p <= 0.05");
}
END_TEST

START_TEST(colours_say_better_and_worse)
{
    CLEANUP(compared_freep) struct compared *compared = compared_new();
    const struct terminal_style style = {.color = true, .utf8 = true, .width = 80};
    struct comparison_figure *figure = compared_set(compared, 2, FIGURE_P99, 1e6);
    compared_differs(figure, 0.25, 0.2, 0.3);
    CLEANUP(freep) char *text = written(compared, TABLE_TERMINAL, &style);
    story_expect_text(text, "\033[1;31mLEAK\033[0m");
    story_expect_text(text, "\033[1;32mCLEAN 3/4\033[0m");
    story_expect_text(text, "\033[1;31m240 *\033[0m"); /* fewer requests are worse */
    story_expect_text(text, "\033[1;31m9.90 *\033[0m");
    story_expect_text(text, "\033[1;32m1.00 *\033[0m");
    story_expect_text(text, " 38.1\n");                           /* not claimed: plain… */
    story_expect_text(text, "\033[2m4.35 (3.91 to 4.78)\033[0m"); /* …and dim */
    story_expect_text(text, "\033[1m  race leaks 61.2 KiB");
}
END_TEST

START_TEST(what_was_not_measured_is_a_dash)
{
    CLEANUP(compared_freep) struct compared *compared = compared_new();
    for (unsigned i = 0; i < 3; i++)
        for (unsigned k = 0; k < FIGURE_COMPARED_MAX_; k++)
            compared->comparison.variant[i].figure[k] = (struct comparison_figure){0};
    CLEANUP(freep) char *text = on_terminal(compared, 80);
    story_expect_text(text, "  peak                  -     -          -\n");
    ck_assert_ptr_null(strstr(text, "killed"));
    ck_assert_ptr_null(strstr(text, "×"));
    ck_assert_ptr_null(strstr(text, " 0"));
    story_expect_text(text, "no figure differs from plain at 5 %, over 4 repeats");
}
END_TEST

START_TEST(no_number_is_none)
{
    static const double odd[] = {NAN, INFINITY, -INFINITY, 1e308, -1e308, 5e-324};
    CLEANUP(compared_freep) struct compared *compared = compared_new();
    for (unsigned i = 0; i < 3; i++) {
        for (unsigned k = 0; k < FIGURE_COMPARED_MAX_; k++) {
            double value = odd[(i + k + (unsigned)_i) % 6];
            compared_differs(compared_set(compared, i, (enum figure)k, value), value, -value,
                             odd[(unsigned)_i]);
        }
    }
    for (unsigned width = 0; width <= 80; width += 40) {
        CLEANUP(freep) char *text = on_terminal(compared, width);
        ck_assert_ptr_null(strstr(text, "nan"));
        ck_assert_ptr_null(strstr(text, "inf"));
    }
}
END_TEST

START_TEST(too_few_repeats_are_said)
{
    CLEANUP(compared_freep) struct compared *compared = compared_new();
    compared->comparison.repeats = 1;
    compared->comparison.repeats_needed = 4;
    for (unsigned i = 0; i < 3; i++) {
        compared->comparison.variant[i].runs = 1;
        compared->comparison.variant[i].agree = 1;
        for (unsigned k = 0; k < FIGURE_COMPARED_MAX_; k++) {
            compared->comparison.variant[i].figure[k].n = 1;
            compared->comparison.variant[i].figure[k].confidence = 0;
            compared->comparison.variant[i].figure[k].differs = false;
        }
    }
    CLEANUP(freep) char *text = on_terminal(compared, 80);
    story_expect_text(text, "1 repeat can show no difference at 5 %: at least 4\n");
    story_expect_text(text, " · 1 repeat\n");
    story_expect_text(text, "    95 %  ");
    story_expect_text(text, "\n  × plain\n");
    story_expect_text(text, "  floor        8.59  2.96\n");
    ck_assert_ptr_null(strchr(text, '*'));
}
END_TEST

START_TEST(what_the_sentence_says_is_not_said_again)
{
    CLEANUP(compared_freep) struct compared *compared = compared_new();
    struct comparison *comparison = &compared->comparison;
    comparison->repeats_needed = 4;
    compared->members[2].n_notes = 0;
    snprintf(comparison->sentence, sizeof(comparison->sentence),
             "all are clean: 3 repeats can show no difference at 5 %%: at least 4 are needed");
    CLEANUP(freep) char *text = on_terminal(compared, 0);
    const char *end = text + strlen(text) - strlen("at least 4 are needed\n\n");
    ck_assert_str_eq(end, "at least 4 are needed\n\n");
    const char *once = strstr(text, "can show no difference");
    ck_assert_ptr_nonnull(once);
    ck_assert_ptr_null(strstr(once + 1, "can show no difference"));
}
END_TEST

START_TEST(repeats_that_agree_have_a_range_too)
{
    CLEANUP(compared_freep) struct compared *compared = compared_new();
    struct comparison_figure *growth = compared_set(compared, 0, FIGURE_GROWTH, 0);
    ck_assert_double_eq(growth->low, growth->high);
    CLEANUP(freep) char *text = on_terminal(compared, 80);
    story_expect_text(text, "\n  growth/request   KiB    0.0          61.2 *       <0.1\n");
    story_expect_text(text, "\n    low to high    KiB    0.0  58.2 to 64.3         <0.1\n");
}
END_TEST

START_TEST(why_there_is_no_verdict_stands_below)
{
    CLEANUP(compared_freep) struct compared *compared = compared_new();
    compared_record(compared, 70);
    struct comparison *comparison = &compared->comparison;
    unsigned skipped = compared_add(compared, "tcmalloc", 0);
    comparison->variant[skipped] = (struct comparison_variant){
        .name = "tcmalloc", .skipped = "libtcmalloc is missing; fix: apt-get install it"};
    error_set(&compared->records[2][1]->error, ERROR_SERVICE, "exited:\n\033[31mno port");
    comparison->variant[2].failed = 1;
    comparison->variant[2].figure[FIGURE_P99].n = 2;
    compared->records[1][3]->verdict.kind = VERDICT_INCONCLUSIVE;
    snprintf(compared->records[1][3]->verdict.reason, 40, "only 2 cycles were measured");
    record_warn(compared->records[0][2], "the machine was busy");
    CLEANUP(freep) char *text = on_terminal(compared, 80);
    story_expect_text(text, " tcmalloc\n");
    story_expect_text(text, " skipped\n");
    story_expect_text(text, " 4.40 (2/3) ");
    story_expect_text(text, "\n  tcmalloc: skipped: libtcmalloc is missing; fix: apt-get");
    story_expect_text(text, "\n  asan: 1 of 4 runs failed: exited: \xef\xbf\xbd[31mno port\n");
    story_expect_text(text, "\n  race: not all runs agree: inconclusive 1, leak 3\n");
    story_expect_text(text, "\n  race: inconclusive: only 2 cycles were measured\n");
    story_expect_text(text, "\n  plain: warning in 1 of 4 runs: the machine was busy\n");
    expect_width(text, 80);
}
END_TEST

START_TEST(any_number_of_variants_fits)
{
    static char names[COMPARISON_VARIANTS_MAX][64];
    CLEANUP(compared_freep) struct compared *compared = compared_new();
    while (compared->comparison.n < (unsigned)_i) {
        unsigned n = compared->comparison.n;
        snprintf(names[n], sizeof(names[n]), "release-with-debug-%u+tcmalloc_minimal", n);
        compared_add(compared, names[n], 1e6);
    }
    for (unsigned width = 60; width <= 200; width += 20) {
        CLEANUP(freep) char *text = on_terminal(compared, width);
        expect_width(text, width);
        for (unsigned i = 3; i < (unsigned)_i; i++)
            story_expect_text(text, names[i]);
    }
}
END_TEST

START_TEST(limits_that_differ_are_a_row)
{
    CLEANUP(compared_freep) struct compared *compared = compared_new();
    compared_record(compared, 70);
    for (unsigned k = 0; k < 4; k++)
        compared->records[1][k]->question.limit_bytes = 512 * STORY_MIB;
    CLEANUP(freep) char *text = on_terminal(compared, 80);
    story_expect_text(text, "  limit            MiB   64.0         512.0         64.0\n");
    story_expect_text(text, "json-tree · 3 variants · 4 repeats · driver");
}
END_TEST

START_TEST(markdown_is_two_tables)
{
    CLEANUP(compared_freep) struct compared *compared = compared_new();
    const struct terminal_style style = {.color = true, .width = 40};
    compared->comparison.variant[1].name = "race|<b>";
    CLEANUP(freep) char *text = written(compared, TABLE_MARKDOWN, &style);
    story_expect_text(text, "**json-tree** · 3 variants · 4 repeats\n\n**race leaks 61.2 KiB");
    story_expect_text(text,
                      "\n|  | plain | race\\|\\<b\\> | asan |\n| --- | ---: | ---: | ---: |\n");
    story_expect_text(text, "\n| floor (MiB) | 6.8 | **58.2** \\* | 20.0 |\n");
    story_expect_text(text, "\n\n× plain (97.1 % interval)\n\n|  | race");
    story_expect_text(text, "\n| floor | **8.59 (8.08 to 9.11)** \\* | 2.96 (2.66 to 3.25) |\n");
    story_expect_text(text, "\n- asan: quarantine held to 4 MiB (ASAN\\_OPTIONS)\n");
    ck_assert_ptr_null(strchr(text, '\033'));
}
END_TEST

START_TEST(nothing_to_compare_is_said)
{
    CLEANUP(compared_freep) struct compared *compared = compared_new();
    compared->comparison.sentence[0] = '\0';
    compared->comparison.n = (unsigned)_i;
    CLEANUP(freep) char *text = on_terminal(compared, 80);
    story_expect_text(text, _i == 0 ? "no variant was judged: nothing to compare with"
                                    : "one variant was judged: nothing to compare with");
}
END_TEST

START_TEST(a_text_that_does_not_fit_is_an_error)
{
    CLEANUP(compared_freep) struct compared *compared = compared_new();
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(500);
    const struct terminal_style style = {.utf8 = true, .width = 80};
    struct error err = {0};
    ck_assert_int_eq(comparison_table_write(&compared->report, TABLE_TERMINAL, &style, &out, &err),
                     -1);
    ck_assert_int_eq(err.kind, ERROR_INTERNAL);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("comparison_table");
    TCase *c = tcase_create("comparison_table");
    tcase_add_test(c, variants_stand_side_by_side);
    tcase_add_test(c, ascii_where_there_is_no_more);
    tcase_add_test(c, colours_say_better_and_worse);
    tcase_add_test(c, what_was_not_measured_is_a_dash);
    tcase_add_loop_test(c, no_number_is_none, 0, 6);
    tcase_add_test(c, too_few_repeats_are_said);
    tcase_add_test(c, what_the_sentence_says_is_not_said_again);
    tcase_add_test(c, repeats_that_agree_have_a_range_too);
    tcase_add_test(c, why_there_is_no_verdict_stands_below);
    tcase_add_loop_test(c, any_number_of_variants_fits, 3, COMPARISON_VARIANTS_MAX + 1);
    tcase_add_test(c, limits_that_differ_are_a_row);
    tcase_add_test(c, markdown_is_two_tables);
    tcase_add_loop_test(c, nothing_to_compare_is_said, 0, 2);
    tcase_add_test(c, a_text_that_does_not_fit_is_an_error);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);
