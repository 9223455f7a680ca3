/* ci_sarif: cases as SARIF. check_ci.py holds what is kept here against the schema of OASIS. */
#include "report/ci_sarif.h"

#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "report/ci_rules.h"
#include "tests/support/check_main.h"
#include "tests/support/ci_cases.h"
#include "tests/support/story.h"

static unsigned count(const char *text, const char *part)
{
    unsigned n = 0;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at += strlen(part))
        n++;
    return n;
}

START_TEST(what_has_not_passed_is_a_result)
{
    struct ci_cases all;
    ci_cases_init(&all);
    CLEANUP(freep) char *text = ci_cases_write(ci_sarif_write, &all.report, "plain.sarif");
    ck_assert_uint_eq(count(text, "\"ruleId\": "), 3);
    story_expect_text(text, "\"ruleId\": \"floor\"");
    story_expect_text(text, "\"ruleId\": \"baseline-missing\"");
    story_expect_text(text, "\"ruleId\": \"undecided\"");
    story_expect_text(text, "\"level\": \"warning\",\n          \"message\"");
    story_expect_text(text, "\"uri\": \"scenarios/json-tree.json\"");
    story_expect_text(text, "\"startLine\": 7,");
    story_expect_text(text, "\"executionSuccessful\": false");
    story_expect_text(text, "\"baseline\": 4194304,\n                \"allowed\": 131072");
}
END_TEST

START_TEST(all_passed_is_a_success_without_results)
{
    struct ci_cases all;
    ci_cases_init(&all);
    all.report.n_cases = 1;
    CLEANUP(freep) char *text = ci_cases_write(ci_sarif_write, &all.report, "passed.sarif");
    story_expect_text(text, "\"executionSuccessful\": true");
    story_expect_text(text, "\"results\": []");
}
END_TEST

START_TEST(hostile_text_stays_text)
{
    struct ci_cases all;
    ci_cases_init_hostile(&all);
    CLEANUP(freep) char *text = ci_cases_write(ci_sarif_write, &all.report, "hostile.sarif");
    ck_assert_ptr_null(strpbrk(text, "\x01\x1b\x7f\xff\r"));
    story_expect_text(text, "& \\\"quoted\\\" \\\\ ]]> 100%\\n::set-output name=x::y\\n");
    story_expect_text(text, "\"uri\": \"%3Cscript%3Ealert%28%271%27%29%3C/script%3E%20%26%20");
    story_expect_text(text, "\"ruleId\": \"verdict\""); /* for a rule that nobody knows */
}
END_TEST

/* The uri of a file, as seen from a directory. */
static const char *uri_of(const char *file, const char *directory)
{
    static char uri[256];
    struct ci_cases all;
    ci_cases_init(&all);
    all.cases[1].file = file;
    all.report.directory = directory;
    all.report.cases = &all.cases[1];
    all.report.n_cases = 1;
    CLEANUP(freep) char *text = ci_cases_write(ci_sarif_write, &all.report, "uri.sarif");
    const char *at = strstr(text, "\"uri\": \"");
    ck_assert_ptr_nonnull(at);
    at += strlen("\"uri\": \"");
    snprintf(uri, sizeof(uri), "%.*s", (int)strcspn(at, "\""), at);
    return uri;
}

START_TEST(files_are_told_relative_to_the_working_directory)
{
    ck_assert_str_eq(uri_of("a.json", NULL), "a.json");
    ck_assert_str_eq(uri_of("./x//y/../a b.json", NULL), "x/a%20b.json");
    ck_assert_str_eq(uri_of("/src/x/a.json", "/src"), "x/a.json");
    ck_assert_str_eq(uri_of("/src/x/../a.json", "/src"), "a.json");
    ck_assert_str_eq(uri_of("/srcs/a.json", "/src"), "file:///srcs/a.json");
    ck_assert_str_eq(uri_of("/src/../a.json", "/src"), "file:///a.json");
    ck_assert_str_eq(uri_of("../../a.json", "/src"), "../../a.json");
    ck_assert_str_eq(uri_of("/../a.json", NULL), "file:///a.json");
    ck_assert_str_eq(uri_of("c:d/\xc3\xa4.json", NULL), "c%3Ad/%C3%A4.json");
}
END_TEST

START_TEST(without_a_file_it_is_put_where_the_report_says)
{
    struct ci_cases all;
    ci_cases_init(&all);
    all.cases[1].file = NULL;
    all.report.file = "ci/leakcage.json";
    CLEANUP(freep) char *text = ci_cases_write(ci_sarif_write, &all.report, "no-file.sarif");
    story_expect_text(text, "\"uri\": \"ci/leakcage.json\"\n                },\n"
                            "                \"region\": {\n"
                            "                  \"startLine\": 1,");
    all.report.file = NULL;
    CLEANUP(freep) char *bare = ci_cases_write(ci_sarif_write, &all.report, "no-place.sarif");
    story_expect_text(bare, "\"uri\": \"json-tree.fixed%20%5Brace%2Bjemalloc%5D\"");
}
END_TEST

/* The first fingerprint of what has this message. */
static const char *fingerprint(const char *message, const char *variant_id)
{
    static char hash[2][32];
    static unsigned which;
    struct ci_cases all;
    ci_cases_init(&all);
    all.cases[1].message = message;
    all.cases[1].id = variant_id;
    all.report.cases = &all.cases[1];
    all.report.n_cases = 1;
    CLEANUP(freep) char *text = ci_cases_write(ci_sarif_write, &all.report, "same.sarif");
    const char *at = strstr(text, "\"primaryLocationLineHash\": \"");
    ck_assert_ptr_nonnull(at);
    which = 1 - which;
    snprintf(hash[which], sizeof(hash[which]), "%.18s",
             at + strlen("\"primaryLocationLineHash\": \""));
    return hash[which];
}

START_TEST(the_same_finding_tomorrow_is_the_same_alert)
{
    ck_assert_str_eq(fingerprint("floor +5 %", "a"), fingerprint("floor +6 %", "a"));
    ck_assert_str_ne(fingerprint("floor +5 %", "a"), fingerprint("floor +5 %", "b"));
}
END_TEST

START_TEST(what_is_no_number_is_left_out)
{
    struct ci_cases all;
    ci_cases_init(&all);
    all.metrics[0].value = NAN;
    CLEANUP(freep) char *text = ci_cases_write(ci_sarif_write, &all.report, "no-number.sarif");
    ck_assert_ptr_null(strstr(text, "nan"));
}
END_TEST

START_TEST(every_rule_says_what_to_do)
{
    for (size_t i = 0; i < n_ci_rules; i++) {
        size_t found = n_ci_rules;
        ck_assert(ci_rule_find(ci_rules[i].id, &found));
        ck_assert_uint_eq(found, i);
        ck_assert_uint_gt(strlen(ci_rules[i].help), 40);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("ci_sarif");
    TCase *c = tcase_create("ci_sarif");
    tcase_add_test(c, what_has_not_passed_is_a_result);
    tcase_add_test(c, all_passed_is_a_success_without_results);
    tcase_add_test(c, hostile_text_stays_text);
    tcase_add_test(c, files_are_told_relative_to_the_working_directory);
    tcase_add_test(c, without_a_file_it_is_put_where_the_report_says);
    tcase_add_test(c, the_same_finding_tomorrow_is_the_same_alert);
    tcase_add_test(c, what_is_no_number_is_left_out);
    tcase_add_test(c, every_rule_says_what_to_do);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);
