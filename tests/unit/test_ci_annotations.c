/* ci_annotations: cases as GitHub's workflow commands. */
#include "report/ci_annotations.h"

#include <string.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/ci_cases.h"
#include "tests/support/story.h"

START_TEST(the_worst_comes_first)
{
    struct ci_cases all;
    ci_cases_init(&all);
    CLEANUP(freep) char *text = ci_cases_write(ci_annotations_write, &all.report, "plain.txt");
    ck_assert_str_eq(
        text,
        "::error file=scenarios/json-tree.json,line=7,title=leakcage gate%3A json-tree.fixed "
        "[race+jemalloc]::floor +5.0 %25 (4.0 to 4.2 MiB; +3 %25 is allowed)%0Afloor: 4.0 MiB in "
        "the baseline, 4.2 MiB now%0Aresult: results/a\n"
        "::error file=scenarios/json-tree.json,line=1,title=leakcage gate%3A json-tree.new::the "
        "baseline has no such case\n"
        "::warning file=scenarios/json-tree.json,line=1,title=leakcage gate%3A json-tree.slow::2 "
        "of 4 runs are inconclusive\n"
        "::notice file=scenarios/json-tree.json,line=1,title=leakcage gate%3A json-tree.gone::in "
        "the baseline only\n");
}
END_TEST

START_TEST(what_passed_is_told_when_there_is_a_word_to_say)
{
    struct ci_cases all;
    ci_cases_init(&all);
    all.report.n_cases = 1;
    CLEANUP(freep) char *nothing = ci_cases_write(ci_annotations_write, &all.report, "nothing.txt");
    ck_assert_str_eq(nothing, "");
    all.cases[0].remark = "floor is less";
    all.cases[0].file = NULL;
    CLEANUP(freep) char *text = ci_cases_write(ci_annotations_write, &all.report, "notice.txt");
    ck_assert_str_eq(text, "::notice title=leakcage gate%3A json-tree::floor is less\n");
}
END_TEST

/* Whatever is said: a line is one command of ours, and there are no others. */
START_TEST(hostile_text_is_no_command)
{
    struct ci_cases all;
    ci_cases_init_hostile(&all);
    CLEANUP(freep) char *text = ci_cases_write(ci_annotations_write, &all.report, "hostile.txt");
    unsigned lines = 0;
    ck_assert_ptr_null(strpbrk(text, "\x01\x1b\x7f\xff\r"));
    for (char *rest = text, *line = strsep(&rest, "\n"); rest != NULL; line = strsep(&rest, "\n")) {
        const char *end = strstr(line + 2, "::");
        ck_assert(strncmp(line, "::error ", 8) == 0 || strncmp(line, "::warning ", 10) == 0 ||
                  strncmp(line, "::notice ", 9) == 0);
        /* Of the properties, three commas at most and no colon: each is one of ours. */
        ck_assert_ptr_nonnull(end);
        ck_assert_ptr_null(memchr(line + 2, ':', (size_t)(end - line - 2)));
        unsigned commas = 0;
        for (const char *c = line; c < end; c++)
            commas += *c == ',';
        ck_assert_uint_eq(commas, 2);
        lines++;
    }
    ck_assert_uint_eq(lines, CI_CASES_N);
}
END_TEST

START_TEST(line_ends_and_percents_are_escaped)
{
    struct ci_cases all;
    ci_cases_init(&all);
    all.report.n_cases = 1;
    all.cases[0].status = CI_FAILED;
    all.cases[0].file = "a,b:c%.json";
    all.cases[0].message = "50%: one,\r\ntwo\rthree\n::stop-commands::x";
    CLEANUP(freep) char *text = ci_cases_write(ci_annotations_write, &all.report, "escapes.txt");
    ck_assert_str_eq(text, "::error file=a%2Cb%3Ac%25.json,line=1,title=leakcage gate%3A json-tree"
                           "::50%25: one,%0Atwo%0Athree%0A::stop-commands::x\n");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("ci_annotations");
    TCase *c = tcase_create("ci_annotations");
    tcase_add_test(c, the_worst_comes_first);
    tcase_add_test(c, what_passed_is_told_when_there_is_a_word_to_say);
    tcase_add_test(c, hostile_text_is_no_command);
    tcase_add_test(c, line_ends_and_percents_are_escaped);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);
