/* gate_table: a gate on a terminal and in Markdown. */
#include "report/gate_table.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/utf8.h"
#include "report/line_text.h"
#include "tests/support/check_main.h"
#include "tests/support/gated.h"

static char *written(const struct gated *gated, enum table_format format,
                     const struct terminal_style *style)
{
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT((size_t)16 << 20);
    struct error err = {0};
    ck_assert_msg(gate_table_write(&gated->report, format, style, &out, &err) == 0, "%s", err.text);
    return strdup(buffer_text(&out));
}

static char *on_terminal(const struct gated *gated, unsigned width)
{
    const struct terminal_style style = {.utf8 = true, .width = width};
    return written(gated, TABLE_TERMINAL, &style);
}

static size_t count(const char *text, const char *part)
{
    size_t n = 0;
    for (; (text = strstr(text, part)) != NULL; text++)
        n++;
    return n;
}

static void expect_part(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "no \"%s\" in:\n%.20000s", part, text);
}

/* No line is wider, none ends with a space, and nothing controls the terminal. */
static void expect_width(const char *text, size_t width)
{
    while (*text != '\0') {
        const char *end = strchr(text, '\n');
        ck_assert_ptr_nonnull(end);
        char line[4096];
        snprintf(line, sizeof(line), "%.*s", (int)(end - text), text);
        ck_assert_msg(line_text_columns(line) <= width, "\"%s\" is wider than %zu", line, width);
        ck_assert_msg(end == text || end[-1] != ' ', "\"%s\" ends with a space", line);
        for (const char *c = line; *c != '\0'; c++)
            ck_assert((unsigned char)*c >= ' ');
        text = end + 1;
    }
}

static void expect_utf8(const char *text)
{
    for (size_t length = 0; *text != '\0'; text += length) {
        length = utf8_length(text);
        ck_assert_uint_gt(length, 0);
    }
}

START_TEST(a_case_is_a_row)
{
    CLEANUP(gated_freep) struct gated *gated = gated_new();
    CLEANUP(freep) char *text = on_terminal(gated, 200);
    static const char expected[] =
        "leakcage gate · against leakcage.json · 5 cases · driver vm (6.1.0-22-amd64, tcg, 2 "
        "CPUs)\n"
        "\n"
        "  status     case          verdict                       growth/request               "
        "floor                peak            retained\n"
        "  regressed  json-tree     clean → leak 3/4 *      61.2 KiB (was 0.1 B) *  8.2 MiB (+100 "
        "%) *  8.8 MiB (+0.2 %)  195.7 KiB (+0.2 %)\n"
        "  refused    gc-sawtooth   -                                          -                   "
        "-                   -                   -\n"
        "  new        warm-up       -                                          -                   "
        "-                   -                   -\n"
        "  undecided  page-cache    clean → inconclusive                   0.4 B    3.9 MiB (+0.2 "
        "%)    8.8 MiB (+0.2 %)  195.7 KiB (+0.2 %)\n"
        "  passed     clean [race]  clean                                  0.4 B    3.9 MiB (+0.2 "
        "%)    8.8 MiB (+0.2 %)  195.7 KiB (+0.2 %)\n"
        "\n"
        "  regressed  json-tree\n"
        "    turned from clean to leak (heap): 61.2 KiB per request; floor +100 % (8.1 to 8.3 MiB; "
        "+5 % is allowed)\n"
        "    1 of 4 runs says clean\n"
        "    runs: results/json-tree and 3 more\n"
        "\n"
        "  refused    gc-sawtooth\n"
        "    kernel 6.1 in the baseline, 6.12 here: make a baseline here (--update), or gate with "
        "--against\n"
        "\n"
        "  new        warm-up\n"
        "    leakcage.json has no entry of it: `leakcage gate --update --baseline leakcage.json "
        "warm-up` makes one\n"
        "\n"
        "  undecided  page-cache\n"
        "    4 of 4 runs are inconclusive\n"
        "\n"
        "  1 of 5 cases regressed: json-tree\n"
        "\n"
        "  * grew by more than its budget allows: 10 repeats of the baseline and 4 now, exact "
        "one-sided permutation test, at most 1 % false alarms per gate\n"
        "  clean [race]: kernel 6.1.0-18 in the baseline, 6.1.0-22 here\n"
        "  repeats ran in turns, a round each\n"
        "  1 not run, only in the baseline: slow-leak\n"
        "\n";
    ck_assert_msg(strcmp(text, expected) == 0, "%.8000s", text);
    expect_width(text, 200);
}
END_TEST

START_TEST(where_it_is_narrow_a_case_is_some_lines)
{
    CLEANUP(gated_freep) struct gated *gated = gated_new();
    CLEANUP(freep) char *text = on_terminal(gated, 80);
    expect_width(text, 80);
    expect_part(text, "\n  regressed  json-tree\n"
                      "             clean → leak 3/4 *  growth/request 61.2 KiB (was 0.1 B) *\n"
                      "             floor 8.2 MiB (+100 %) *  peak 8.8 MiB (+0.2 %)\n"
                      "             retained 195.7 KiB (+0.2 %)\n"
                      "             turned from clean to leak (heap): 61.2 KiB per request;");
    expect_part(text, "\n  new        warm-up\n             leakcage.json has no entry of it:");
    expect_part(text, "\n  passed     clean [race]\n"
                      "             clean  growth/request 0.4 B  floor 3.9 MiB (+0.2 %)\n");
    ck_assert_uint_eq(count(text, "json-tree\n"), 2);
    CLEANUP(freep) char *tiny = on_terminal(gated, 62);
    expect_width(tiny, 62);
}
END_TEST

START_TEST(ascii_and_colours_where_they_are_asked_for)
{
    CLEANUP(gated_freep) struct gated *gated = gated_new();
    const struct terminal_style plain = {.width = 150};
    CLEANUP(freep) char *ascii = written(gated, TABLE_TERMINAL, &plain);
    expect_part(ascii, "leakcage gate | against leakcage.json | 5 cases");
    expect_part(ascii, "clean -> leak 3/4 *");
    for (const char *c = ascii; *c != '\0'; c++)
        ck_assert(*c == '\n' || ((unsigned char)*c >= ' ' && (unsigned char)*c < 0x7f));
    const struct terminal_style colored = {.width = 150, .color = true, .utf8 = true};
    const struct gate_figure_result less = {
        .present = true, .base = 9e6, .now = 4e6, .allowed = 2e5, .p = 0.001};
    gated_figure(gated, 0, GATE_PEAK, &less);
    CLEANUP(freep) char *color = written(gated, TABLE_TERMINAL, &colored);
    expect_part(color, "\033[1;31mregressed\033[0m");
    expect_part(color, "\033[1;31m8.2 MiB (+100 %) *\033[0m");
    expect_part(color, "\033[1;32m3.8 MiB (-56 %)\033[0m");
    expect_part(color, "\033[1m  1 of 5 cases regressed: json-tree\033[0m\n\n");
}
END_TEST

/* Threads and open files have a column when there is something to tell of them. */
START_TEST(what_nothing_is_to_be_told_of_has_no_column)
{
    CLEANUP(gated_freep) struct gated *gated = gated_new();
    CLEANUP(freep) char *without = on_terminal(gated, 200);
    ck_assert_ptr_null(strstr(without, gate_figure_info[GATE_THREADS].key));
    const struct gate_figure_result more = {
        .present = true, .base = 3, .now = 5, .allowed = 0, .p = 0.001};
    gated_figure(gated, 0, GATE_THREADS, &more);
    gated->results[1].figure[GATE_THREADS].present = false;
    CLEANUP(freep) char *with = on_terminal(gated, 200);
    expect_part(with, "5 (+2) *\n");
    const char *row = strstr(with, "\n  regressed  json-tree ");
    ck_assert_ptr_nonnull(row);
    ck_assert_int_eq(strncmp(strchr(row + 1, '\n') - 2, " -", 2), 0);
}
END_TEST

START_TEST(of_hundreds_those_that_failed_come_first_and_none_is_lost)
{
    CLEANUP(gated_freep) struct gated *gated = gated_new();
    for (unsigned i = 0; i < 500; i++) {
        char id[64];
        snprintf(id, sizeof(id), "case-%03u", i);
        gated_add(gated, id, i == 499 ? GATE_CASE_FAILED : GATE_CASE_PASSED);
    }
    CLEANUP(freep) char *text = on_terminal(gated, 150);
    expect_width(text, 150);
    ck_assert_uint_eq(count(text, "case-"), 501); /* the failed one twice */
    expect_part(text, "\n  failed     case-499 ");
    expect_part(text, "\n  500 more passed: clean [race], case-000, case-001, ");
    ck_assert(strstr(text, "case-499") < strstr(text, "case-000"));
    CLEANUP(freep) char *markdown = written(gated, TABLE_MARKDOWN, &(struct terminal_style){0});
    expect_part(markdown, "<details><summary>500 passed</summary>\n\n| status |");
    expect_part(markdown, "</details>\n");
    ck_assert_uint_eq(count(markdown, "case-"), 501);
    ck_assert(strstr(markdown, "case-499") < strstr(markdown, "<details>"));
    ck_assert_uint_le(strlen(markdown), GATE_MARKDOWN_BYTES_MAX);
}
END_TEST

/* What is remarked on cases that passed is not lost, and not told of each when it is the same. */
START_TEST(notes_of_many_cases_are_one)
{
    CLEANUP(gated_freep) struct gated *gated = gated_new();
    for (unsigned i = 0; i < 100; i++) {
        char id[64];
        snprintf(id, sizeof(id), "case-%03u", i);
        unsigned place = gated_add(gated, id, GATE_CASE_PASSED);
        struct gate_result *result = &gated->results[place];
        snprintf(result->remarks[0], sizeof(result->remarks[0]), "3 of 5 runs that are needed");
        if (i >= 50)
            snprintf(result->remarks[1], sizeof(result->remarks[1]), "number %u", i);
    }
    CLEANUP(freep) char *text = on_terminal(gated, 200);
    expect_part(text, "\n  100 cases that passed: 3 of 5 runs that are needed\n");
    expect_part(text, "\n  case-050: number 50\n");
    expect_part(text, "\n  and 20 more notes on cases that passed, in gate.json\n");
}
END_TEST

START_TEST(markdown_is_a_headline_a_table_and_why)
{
    CLEANUP(gated_freep) struct gated *gated = gated_new();
    CLEANUP(freep) char *text = written(gated, TABLE_MARKDOWN, &(struct terminal_style){0});
    expect_part(text,
                "## \xe2\x9d\x8c leakcage gate: 1 of 5 cases regressed: json-tree\n\n"
                "against leakcage.json · 5 cases · driver vm (6.1.0-22-amd64, tcg, 2 CPUs)\n\n"
                "| status | case | verdict | growth/request | floor | peak | retained |\n"
                "| --- | --- | --- | ---: | ---: | ---: | ---: |\n"
                "| regressed | json-tree | **clean → leak 3/4** \\* |");
    expect_part(text, "\n**json-tree**: regressed\n\n- turned from clean to leak (heap)");
    expect_part(text, "| passed | clean \\[race\\] | clean |");
    expect_part(text, "\n---\n\n- \\* grew by more than its budget allows");
    expect_part(text, "\n- 1 not run, only in the baseline: slow-leak\n");
    ck_assert_ptr_null(strstr(text, "<details>"));
    for (unsigned i = 1; i < gated->report.n_cases; i++)
        gated->cases[i].status = GATE_CASE_PASSED;
    CLEANUP(freep) char *passed = written(gated, TABLE_MARKDOWN, &(struct terminal_style){0});
    ck_assert_int_eq(strncmp(passed, "## \xe2\x9c\x85 leakcage gate", 18), 0);
}
END_TEST

START_TEST(whatever_names_hold_is_text)
{
    CLEANUP(gated_freep) struct gated *gated = gated_new();
    gated_say(gated, 1, GATED_HOSTILE);
    gated->cases[5].id = GATED_HOSTILE;
    gated->report.sentence = gated->report.against = gated->report.environment = GATED_HOSTILE;
    CLEANUP(freep) char *wide = on_terminal(gated, 200);
    expect_width(wide, 200);
    expect_part(wide, "</td><script>alert(\"1\")</script>|&amp;'`\xef\xbf\xbd[2J ");
    CLEANUP(freep) char *narrow = on_terminal(gated, 60);
    expect_width(narrow, 60);
    CLEANUP(freep) char *markdown = written(gated, TABLE_MARKDOWN, &(struct terminal_style){0});
    ck_assert_ptr_null(strstr(markdown, "\n\\`"));
    expect_part(markdown,
                "\\</td\\>\\<script\\>alert(\"1\")\\</script\\>\\|\\&amp;'\\`\xef\xbf\xbd");
    for (const char *c = markdown; *c != '\0'; c++) {
        ck_assert(*c == '\n' || (unsigned char)*c >= ' ');
        if (*c == '<' || *c == '&')
            ck_assert_int_eq(c[-1], '\\');
    }
}
END_TEST

/* A name that no row has room for is told in full, in a list. */
START_TEST(a_long_name_is_told_in_full)
{
    CLEANUP(gated_freep) struct gated *gated = gated_new();
    char name[260];
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    gated_say(gated, 1, name);
    CLEANUP(freep) char *wide = on_terminal(gated, 200);
    expect_width(wide, 200);
    expect_part(wide, "\n  passed     clean [race]\n             clean  growth/request");
    CLEANUP(freep) char *any = on_terminal(gated, 0);
    expect_part(any, name);
}
END_TEST

/* Marks above a letter take bytes and no columns: a cell is cut between characters. */
START_TEST(a_name_of_many_bytes_leaves_the_row_whole)
{
    for (size_t pad = 0; pad < 8; pad++) {
        CLEANUP(gated_freep) struct gated *gated = gated_new();
        char name[300] = "";
        memset(name, 'x', pad);
        for (size_t at = pad; at + 6 < 290; at += 5)
            memcpy(name + at, "\xcc\x81\xcc\x81*", 6);
        gated_say(gated, 0, name);
        CLEANUP(freep) char *text = written(gated, TABLE_MARKDOWN, &(struct terminal_style){0});
        const char *row = strstr(text, "\n| passed | ");
        ck_assert_ptr_nonnull(row);
        const char *end = strstr(row, " | clean | 0.4 B |");
        ck_assert_ptr_nonnull(end);
        ck_assert_int_ne(end[-1], '\\');
        expect_utf8(text);
    }
}
END_TEST

/* The most there can be to say, and not a byte more than GitHub takes. */
START_TEST(markdown_stays_below_what_a_summary_may_be)
{
    CLEANUP(gated_freep) struct gated *gated = gated_new();
    char text[250];
    memset(text, '<', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    while (gated->report.n_cases < GATED_CASES_MAX)
        gated_say(gated, gated_add(gated, "", GATE_CASE_REGRESSED), text);
    CLEANUP(freep) char *markdown = written(gated, TABLE_MARKDOWN, &(struct terminal_style){0});
    ck_assert_uint_le(strlen(markdown), GATE_MARKDOWN_BYTES_MAX);
    ck_assert_uint_gt(strlen(markdown), 300 * 1000);
    expect_part(markdown, " more: gate.json has all of them\n");
    expect_part(markdown, "permutation test");
}
END_TEST

START_TEST(an_empty_gate_says_so)
{
    struct gated *gated = calloc(1, sizeof(*gated));
    ck_assert_ptr_nonnull(gated);
    gated->report = (struct gate_report){.cases = gated->cases};
    CLEANUP(freep) char *text = on_terminal(gated, 80);
    expect_part(text, "leakcage gate · 0 cases\n");
    expect_part(text, "\n  nothing was compared\n");
    CLEANUP(freep) char *markdown = written(gated, TABLE_MARKDOWN, &(struct terminal_style){0});
    expect_part(markdown, "- nothing was compared\n");
    gated_free(gated);
}
END_TEST

START_TEST(what_does_not_fit_the_buffer_is_an_error)
{
    CLEANUP(gated_freep) struct gated *gated = gated_new();
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(300);
    const struct terminal_style style = {.width = 80};
    struct error err = {0};
    enum table_format format = _i == 0 ? TABLE_TERMINAL : TABLE_MARKDOWN;
    ck_assert_int_eq(gate_table_write(&gated->report, format, &style, &out, &err), -1);
    ck_assert_str_ne(err.text, "");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("gate_table");
    TCase *c = tcase_create("gate_table");
    tcase_add_test(c, a_case_is_a_row);
    tcase_add_test(c, where_it_is_narrow_a_case_is_some_lines);
    tcase_add_test(c, ascii_and_colours_where_they_are_asked_for);
    tcase_add_test(c, what_nothing_is_to_be_told_of_has_no_column);
    tcase_add_test(c, of_hundreds_those_that_failed_come_first_and_none_is_lost);
    tcase_add_test(c, notes_of_many_cases_are_one);
    tcase_add_test(c, markdown_is_a_headline_a_table_and_why);
    tcase_add_test(c, whatever_names_hold_is_text);
    tcase_add_test(c, a_long_name_is_told_in_full);
    tcase_add_test(c, a_name_of_many_bytes_leaves_the_row_whole);
    tcase_add_test(c, markdown_stays_below_what_a_summary_may_be);
    tcase_add_test(c, an_empty_gate_says_so);
    tcase_add_loop_test(c, what_does_not_fit_the_buffer_is_an_error, 0, 2);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);
