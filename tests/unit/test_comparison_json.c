/* comparison_json: a comparison as other programs read it. */
#include "report/comparison_json.h"

#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "tests/support/check_main.h"
#include "tests/support/compared.h"
#include "tests/support/story.h"

static char *written(const struct compared *compared)
{
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(1 << 20);
    struct json_writer writer;
    struct error err = {0};
    json_writer_begin(&writer, &out);
    comparison_json_write(&writer, NULL, &compared->report);
    ck_assert_msg(json_writer_end(&writer, &err) == 0, "%s", err.text);
    return strdup(buffer_text(&out));
}

static struct json_document *read_back(const char *text)
{
    struct json_document *document = NULL;
    struct error err = {0};
    ck_assert_msg(json_load_text("comparison", text, strlen(text), &document, &err) == 0, "%s",
                  err.text);
    return document;
}

/* The value at "variants.1.figures"; fails the test when there is none. */
static struct json_place at(const struct json_document *document, const char *path)
{
    struct json_place place = json_root(document);
    CLEANUP(freep) char *words = strdup(path);
    char *rest = words;
    for (char *word = strsep(&rest, "."); word != NULL; word = strsep(&rest, ".")) {
        struct json_place next;
        if (json_is_array(&place)) {
            ck_assert(json_first(&place, &next));
            for (int i = word[0] - '0'; i > 0; i--)
                ck_assert_msg(json_next(&place, &next), "%s: %s", path, word);
        } else {
            ck_assert_msg(json_member(&place, word, &next), "%s: no %s", path, word);
        }
        place = next;
    }
    return place;
}

static void expect_text(const struct json_document *document, const char *path, const char *text)
{
    const char *found = NULL;
    struct json_place place = at(document, path);
    ck_assert_int_eq(json_string(&place, &found, NULL), 0);
    ck_assert_str_eq(found, text);
}

static void expect_number(const struct json_document *document, const char *path, double number)
{
    double found = 0;
    struct json_place place = at(document, path);
    ck_assert_int_eq(json_number(&place, -1e300, 1e300, &found, NULL), 0);
    ck_assert_double_eq(found, number);
}

static void expect_absent(const struct json_document *document, const char *path, const char *key)
{
    struct json_place place = at(document, path);
    struct json_place none;
    ck_assert_msg(!json_member(&place, key, &none), "%s.%s is there", path, key);
}

START_TEST(what_is_promised_is_there)
{
    CLEANUP(compared_freep) struct compared *compared = compared_new();
    compared_record(compared, 70);
    CLEANUP(freep) char *text = written(compared);
    CLEANUP(json_freep) struct json_document *read = read_back(text);
    expect_text(read, "schema", "leakcage.comparison/1");
    expect_text(read, "scenario", "json-tree");
    expect_text(read, "sentence", "race leaks 61.2 KiB per request where plain is clean");
    expect_number(read, "repeats", 4);
    expect_number(read, "alpha", 0.05);
    expect_text(read, "variants.1.name", "race");
    expect_text(read, "variants.1.label", "race");
    expect_text(read, "variants.1.build", "race");
    expect_text(read, "variants.1.verdict", "leak");
    expect_text(read, "variants.1.cause", "heap");
    expect_number(read, "variants.2.agree", 3);
    expect_number(read, "variants.2.runs", 4);
    expect_number(read, "variants.2.failed", 0);
    expect_number(read, "variants.1.figures.floor_bytes.median", 61e6);
    expect_number(read, "variants.1.figures.floor_bytes.low", 0.95 * 61e6);
    expect_number(read, "variants.1.figures.floor_bytes.high", 1.05 * 61e6);
    expect_number(read, "variants.1.figures.floor_bytes.n", 4);
    expect_number(read, "variants.1.figures.floor_bytes.ratio.estimate", 61 / 7.1);
    expect_number(read, "variants.1.figures.floor_bytes.ratio.confidence", 0.9714);
    expect_number(read, "variants.1.figures.floor_bytes.p", 2.0 / 70);
    expect_text(read, "variants.0.results.3", "results/json-tree");
    expect_text(read, "variants.2.notes.0", "quarantine held to 4 MiB (ASAN_OPTIONS)");
    expect_absent(read, "variants.0.figures.floor_bytes", "ratio");
    expect_absent(read, "variants.0.figures", "requests_to_kill");
    expect_absent(read, "variants.0", "skipped");
    expect_absent(read, "variants.0", "malloc");
    story_expect_text(text, "\"differs\": true");
    story_expect_text(text, "\"differs\": false");
}
END_TEST

START_TEST(what_was_not_run_has_no_figures)
{
    CLEANUP(compared_freep) struct compared *compared = compared_new();
    compared->comparison.repeats_needed = 4;
    compared->comparison.variant[1].skipped = "no such \"build\"\x01";
    compared->comparison.variant[1].has_verdict = false;
    compared->comparison.variant[2].failed = 4;
    compared->comparison.variant[2].has_verdict = false;
    CLEANUP(freep) char *text = written(compared);
    CLEANUP(json_freep) struct json_document *read = read_back(text);
    expect_number(read, "repeats_needed", 4);
    expect_text(read, "variants.1.skipped", "no such \"build\"\x01");
    expect_absent(read, "variants.1", "figures");
    expect_absent(read, "variants.1", "verdict");
    expect_absent(read, "variants.2", "verdict");
    expect_absent(read, "variants.2", "agree");
    expect_absent(read, "variants.2", "results");
    expect_number(read, "variants.2.failed", 4);
}
END_TEST

START_TEST(what_is_no_number_is_left_out)
{
    CLEANUP(compared_freep) struct compared *compared = compared_new();
    compared_differs(compared_set(compared, 1, FIGURE_PEAK, NAN), INFINITY, -INFINITY, NAN);
    CLEANUP(freep) char *text = written(compared);
    CLEANUP(json_freep) struct json_document *read = read_back(text);
    ck_assert_ptr_null(strstr(text, "nan"));
    ck_assert_ptr_null(strstr(text, "inf"));
    expect_absent(read, "variants.1.figures.peak_bytes", "median");
    expect_absent(read, "variants.1.figures.peak_bytes.ratio", "estimate");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("comparison_json");
    TCase *c = tcase_create("comparison_json");
    tcase_add_test(c, what_is_promised_is_there);
    tcase_add_test(c, what_was_not_run_has_no_figures);
    tcase_add_test(c, what_is_no_number_is_left_out);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);
