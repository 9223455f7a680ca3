/* baseline: files that are broken, or made to break what reads them. */
#include "base/cleanup.h"
#include "scenario/baseline.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/baselines.h"
#include "tests/support/check_main.h"
#include "tests/support/temp_dir.h"

#define SOURCE "b.json"

static char *text;
static size_t length;

/* One case, with everything that there is to write: what is tried at every byte should be short. */
static void setup_short(void)
{
    struct baseline_entry entry = baselines_entry("a");
    strcpy(entry.key.variant, "b");
    strcpy(entry.key.build, "O2");
    strcpy(entry.key.allocator, "c");
    entry.n_runs = 2;
    entry.runs[1].figures.present = 1 << FIGURE_FLOOR;
    entry.work.rate_per_s = 12.5;
    CLEANUP(baseline_freep) struct baseline *baseline = baselines_new(&entry, 1);
    text = baselines_text(baseline);
    length = strlen(text);
}

/* Two cases, so that there is something behind each thing. */
static void setup(void)
{
    struct baseline_entry entries[] = {baselines_entry("a"), baselines_entry("b")};
    strcpy(entries[0].key.variant, "fixed");
    strcpy(entries[0].key.build, "O2");
    strcpy(entries[0].key.allocator, "jemalloc");
    entries[0].n_runs = 2;
    entries[1].n_runs = 3;
    entries[1].work.rate_per_s = 12.5;
    CLEANUP(baseline_freep) struct baseline *baseline = baselines_new(entries, 2);
    text = baselines_text(baseline);
    length = strlen(text);
}

static void teardown(void)
{
    free(text);
}

/* What holds of any text: it is a baseline, which is the same when it is written and read again, or
 * an error of the user's that names the file. Returns whether it is one. */
static bool is_read(const char *data, size_t size)
{
    CLEANUP(baseline_freep) struct baseline *baseline = NULL;
    CLEANUP(baseline_freep) struct baseline *again = NULL;
    struct error err = {0};
    int status = baseline_load_text(SOURCE, data, size, &baseline, &err);
    if (status < 0) {
        ck_assert_ptr_null(baseline);
        ck_assert_msg(err.kind == ERROR_USAGE, "%s", err.text);
        ck_assert_msg(strncmp(err.text, SOURCE ":", strlen(SOURCE) + 1) == 0, "%s", err.text);
        for (const char *c = err.text; *c != '\0'; c++)
            ck_assert_msg((unsigned char)*c >= ' ' && *c != 0x7f, "%s", err.text);
        return false;
    }
    ck_assert_int_eq(status, 0);
    CLEANUP(freep) char *written = baselines_text(baseline);
    ck_assert_msg(baseline_load_text(SOURCE, written, strlen(written), &again, &err) == 0,
                  "%s\n%.*s", err.text, (int)size, data);
    CLEANUP(freep) char *twice = baselines_text(again);
    ck_assert_str_eq(twice, written);
    return true;
}

START_TEST(a_file_cut_at_any_byte_is_an_error)
{
    ck_assert(is_read(text, length));
    ck_assert(is_read(text, length - 1)); /* but for the last newline */
    for (size_t size = 0; size < length - 1; size++) {
        CLEANUP(freep) char *part = strndup(text, size); /* of its own, so that ASan sees its end */
        ck_assert_msg(!is_read(part, size), "cut to %zu bytes", size);
    }
}
END_TEST

/* All blanks of an indentation are alike. */
static bool is_worth_it(size_t i)
{
    return i == 0 || text[i] != ' ' || text[i - 1] != ' ';
}

START_TEST(a_file_with_a_bit_flipped_is_a_baseline_or_an_error)
{
    unsigned read = 0;
    unsigned refused = 0;
    for (size_t i = 0; i < length; i++) {
        char old = text[i];
        if (!is_worth_it(i))
            continue;
        text[i] = (char)(old ^ (1 << _i));
        if (is_read(text, length))
            read++;
        else
            refused++;
        text[i] = old;
    }
    ck_assert_uint_gt(refused, 0);
    ck_assert_msg(_i >= 3 || read > 0, "a digit may be another one");
}
END_TEST

START_TEST(a_file_with_a_byte_replaced_is_a_baseline_or_an_error)
{
    static const char bytes[] = {'\0', '"', ']', ',', 'e'};
    for (size_t i = 0; i < length; i++) {
        char old = text[i];
        for (size_t b = 0; is_worth_it(i) && b < sizeof(bytes); b++) {
            text[i] = bytes[b];
            (void)is_read(text, length);
        }
        text[i] = old;
    }
    ck_assert(is_read(text, length));
}
END_TEST

START_TEST(a_file_without_any_of_its_bytes_or_lines_is_a_baseline_or_an_error)
{
    CLEANUP(freep) char *without = malloc(length + 1);
    for (size_t i = 0; i < length; i++) {
        memcpy(without, text, i);
        memcpy(without + i, text + i + 1, length - i);
        if (is_worth_it(i))
            (void)is_read(without, length - 1);
        if (i > 0 && text[i - 1] != '\n')
            continue;
        size_t line = strcspn(text + i, "\n") + 1;
        memcpy(without + i, text + i + line, length - i - line + 1);
        (void)is_read(without, length - line);
    }
}
END_TEST

/* The valid text with one piece replaced: the first that stands behind `after`. */
static const struct {
    const char *from, *to;
    const char *error; /* a part of it */
} faults[] = {
    {"\"schema\": \"leakcage.baseline/1\",", "", "b.json:1: $: found no \"schema\""},
    {"leakcage.baseline/1", "leakcage.baseline/2",
     "b.json:2: $.schema: found \"leakcage.baseline/2\", made by a later leakcage; this one reads "
     "/1"},
    {"leakcage.baseline/1", "leakcage.baseline/10", "made by a later leakcage"},
    {"leakcage.baseline/1", "leakcage.baseline/0", "expected \"leakcage.baseline/1\""},
    {"leakcage.baseline/1", "leakcage.result/1",
     "found \"leakcage.result/1\", expected \"leakcage.baseline/1\""},
    {"\"leakcage.baseline/1\"", "1", "$.schema: found 1, expected text"},
    {"\"entries\"", "\"cases\"", "$.cases: found an unknown key"},
    {"\"entries\"", "\"entires\"", "did you mean \"entries\"?"},
    {"\"scenario\": \"a\",", "", "b.json:4: $.entries[0]: found no \"scenario\""},
    {"\"scenario\": \"a\"", "\"scenario\": \"A b\"", "$.entries[0].scenario: found \"A b\""},
    {"\"scenario\": \"a\"", "\"scenario\": \"../../etc\"", "expected a name"},
    {"\"scenario\": \"a\"", "\"scenario\": null", "found null"},
    {"\"variant\": \"fixed\"", "\"variant\": \"\"", "$.entries[0].variant"},
    {"\"variant\"", "\"varaint\"", "did you mean \"variant\"?"},
    {"\"O2\"", "\"-O2\"", "a build's name"},
    {"\"jemalloc\"", "\"/lib/libjemalloc.so\"", "$.entries[0].malloc"},
    {"\"kernel\": \"6.1.0-18-amd64\",", "", "$.entries[0].environment: found no \"kernel\""},
    {"\"6.1.0-18-amd64\"", "\"6.1\\u001b[31m\"", "visible"},
    {"\"6.1.0-18-amd64\"", "\"\"", "visible"},
    {"\"6.1.0-18-amd64\"", "\"01234567890123456789012345678901234567890123456789012345678901234\"",
     "1 to 64"},
    {"\"kernel\"", "\"kernal\"", "did you mean \"kernel\"?"},
    {"\"cpus\": 2", "\"cpus\": 0", "$.entries[0].environment.cpus: found 0"},
    {"\"cpus\": 2", "\"cpus\": 2.5", "found 2.5"},
    {"\"cpus\": 2", "\"cpus\": 4294967296", "found 4294967296"},
    {"\"page_bytes\": 4096", "\"page_bytes\": -4096", "found -4096"},
    {"\"thp\": \"never\"", "\"thp\": \"newer\"", "did you mean \"never\"?"},
    {"\"environment\": {", "\"environment\": [{", "expected"},
    {"\"limit_bytes\": 67108864", "\"limit_bytes\": \"64M\"", "found \"64M\""},
    {"\"cycle_requests\": 250,", "", "found no \"cycle_requests\""},
    {"\"concurrency\": 8", "\"concurrency\": -8", "found -8"},
    {"\"rate_per_s\": 12.5", "\"rate_per_s\": 1e400", "found 1e400"},
    {"[\"clean\", \"clean\"]", "[]",
     "$.entries[0].verdict: found an empty array, expected 1 to 32"},
    {"[\"clean\", \"clean\"]", "[\"clean\", \"claen\"]", "did you mean \"clean\"?"},
    {"[\"clean\", \"clean\"]", "[\"clean\", null]", "$.entries[0].verdict[1]: found null"},
    {"[\"clean\", \"clean\"]", "\"clean\"", "expected an array"},
    {"[\"clean\", \"clean\"]", "[\"clean\"]",
     "found 2 repeats in \"cause\", expected 1, as many as in \"verdict\""},
    {"[\"none\", \"none\"]", "[\"none\", \"nine\"]", "did you mean \"none\"?"},
    {"\"cause\": [\"none\", \"none\"],", "", "found no \"cause\""},
    {"[945192, 949288]", "[945192]",
     "$.entries[0].floor_bytes: found 1 repeats in \"floor_bytes\", expected 2"},
    {"[945192, 949288]", "[945192, 949288, null]", "found 3 repeats in \"floor_bytes\""},
    {"[945192, 949288]", "[945192, -1]", "$.entries[0].floor_bytes[1]: found -1"},
    {"[945192, 949288]", "[945192, 0.5]", "found 0.5, expected a whole number, or null"},
    {"[945192, 949288]", "[945192, NaN]", "found 'N'"},
    {"[945192, 949288]", "[945192, 1e400]", "found 1e400"},
    {"[945192, 949288]", "[945192, 1e16]", "found 1e16"},
    {"[945192, 949288]", "[945192, \"949288\"]", "found \"949288\""},
    {"[945192, 949288]", "[945192, true]", "found true"},
    {"\"floor_bytes\"", "\"flor_bytes\"", "did you mean \"floor_bytes\"?"},
    {"[-0.5, -0.25]", "[-1e400, 0]", "found -1e400"},
    {"[5, 5]", "[5, -1]", "threads_count[1]: found -1"},
    {"\"scenario\": \"b\"",
     "\"scenario\": \"a\", \"variant\": \"fixed\", \"build\": \"O2\", \"malloc\": \"jemalloc\"",
     "found the case a.fixed [O2+jemalloc] again (first on line 4), expected every case once"},
    {"\"concurrency\": 8,", "\"concurrency\": 8, \"concurrency\": 8,", "again"},
    {"{\n  \"schema\"", "[\n  \"schema\"", "b.json:2:"},
};

static char *replace(const char *from, const char *to)
{
    CLEANUP(buffer_done) struct buffer changed = BUFFER_INIT(100000);
    const char *place = strstr(text, from);
    ck_assert_msg(place != NULL, "there is no %s", from);
    ck_assert_int_eq(buffer_append(&changed, text, (size_t)(place - text), NULL), 0);
    ck_assert_int_eq(buffer_append_text(&changed, to, NULL), 0);
    ck_assert_int_eq(buffer_append_text(&changed, place + strlen(from), NULL), 0);
    return strdup(buffer_text(&changed));
}

START_TEST(what_is_wrong_is_named_with_what_was_expected)
{
    CLEANUP(freep) char *changed = replace(faults[_i].from, faults[_i].to);
    CLEANUP(baseline_freep) struct baseline *baseline = NULL;
    struct error err = {0};
    ck_assert_int_eq(baseline_load_text(SOURCE, changed, strlen(changed), &baseline, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_msg(strstr(err.text, faults[_i].error) != NULL, "found \"%s\", expected \"%s\"",
                  err.text, faults[_i].error);
    ck_assert(!is_read(changed, strlen(changed)));
}
END_TEST

/* What is odd and says what it means. */
static const struct {
    const char *from, *to;
} oddities[] = {
    {"[945192, 949288]", "[null, null]"},
    {"[945192, 949288]", "[-0, 0.0]"},
    {"[-0.5, -0.25]", "[-0.0, 1E-400]"},
    {"\"schema\"", "\"$schema\": \"x\", \"schema\""},
    {"\"threads_count\": [5, 5]", "\"descriptors_count\": [5, 5]"},
    {"6.1.0-18-amd64", "Linux \\u0041"},
};

START_TEST(what_is_odd_but_plain_is_read)
{
    CLEANUP(freep) char *changed = replace(oddities[_i].from, oddities[_i].to);
    ck_assert(is_read(changed, strlen(changed)));
}
END_TEST

START_TEST(minus_nothing_is_nothing)
{
    CLEANUP(freep) char *changed = replace("[-0.5, -0.25]", "[-0.0, -0]");
    CLEANUP(baseline_freep) struct baseline *baseline = NULL;
    ck_assert_int_eq(baseline_load_text(SOURCE, changed, strlen(changed), &baseline, NULL), 0);
    CLEANUP(freep) char *written = baselines_text(baseline);
    ck_assert_ptr_nonnull(strstr(written, "\"growth_bytes_per_request\": [0, 0]"));
}
END_TEST

/* `lead`, so many times `piece`, and `tail`. */
static struct buffer many(const char *lead, const char *piece, size_t n, const char *tail)
{
    struct buffer ret = BUFFER_INIT((size_t)32 * 1024 * 1024);
    ck_assert_int_eq(buffer_append_text(&ret, lead, NULL), 0);
    for (size_t i = 0; i < n; i++)
        ck_assert_int_eq(buffer_append_text(&ret, piece, NULL), 0);
    ck_assert_int_eq(buffer_append_text(&ret, tail, NULL), 0);
    return ret;
}

static void expect_refused(const struct buffer *data, const char *part)
{
    CLEANUP(baseline_freep) struct baseline *baseline = NULL;
    struct error err = {0};
    ck_assert_int_eq(baseline_load_text(SOURCE, buffer_text(data), data->length, &baseline, &err),
                     -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_msg(strstr(err.text, part) != NULL, "found \"%.200s\", expected \"%s\"", err.text,
                  part);
}

#define HEAD "{\"schema\": \"leakcage.baseline/1\", \"entries\": ["

START_TEST(more_than_there_is_room_for_is_an_error)
{
    CLEANUP(buffer_done) struct buffer deep = many(HEAD, "[", 100000, "");
    CLEANUP(buffer_done) struct buffer entries = many(HEAD, "{},", 5000, "{}]}");
    expect_refused(&deep, "levels");
    expect_refused(&entries, "found 5001 entries, expected at most 4096");

    CLEANUP(buffer_done) struct buffer runs = many("[", "\"clean\", ", GATE_RUNS_MAX, "\"clean\"]");
    CLEANUP(freep) char *changed = replace("[\"clean\", \"clean\"]", buffer_text(&runs));
    ck_assert(!is_read(changed, strlen(changed)));
}
END_TEST

START_TEST(a_file_that_is_too_large_is_an_error_before_it_is_read)
{
    CLEANUP(baseline_freep) struct baseline *baseline = NULL;
    struct error err = {0};
    ck_assert_int_eq(baseline_load("/dev/zero", &baseline, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_msg(strstr(err.text, "found more than 16.0 MiB, expected a smaller file") != NULL,
                  "%s", err.text);
}
END_TEST

START_TEST(an_empty_file_is_no_empty_baseline)
{
    CLEANUP(baseline_freep) struct baseline *baseline = NULL;
    struct error err = {0};
    ck_assert_int_eq(baseline_load("/dev/null", &baseline, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_msg(strstr(err.text, "/dev/null: found an empty file") != NULL, "%s", err.text);
}
END_TEST

static Suite *baseline_hostile_suite(void)
{
    Suite *suite = suite_create("baseline_hostile");
    TCase *mutated = tcase_create("a mutated baseline");
    tcase_add_checked_fixture(mutated, setup_short, teardown);
    tcase_set_timeout(mutated, 120);
    tcase_add_test(mutated, a_file_cut_at_any_byte_is_an_error);
    tcase_add_loop_test(mutated, a_file_with_a_bit_flipped_is_a_baseline_or_an_error, 0, 8);
    tcase_add_test(mutated, a_file_with_a_byte_replaced_is_a_baseline_or_an_error);
    tcase_add_test(mutated, a_file_without_any_of_its_bytes_or_lines_is_a_baseline_or_an_error);
    suite_add_tcase(suite, mutated);

    TCase *tcase = tcase_create("a broken baseline");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, what_is_wrong_is_named_with_what_was_expected, 0,
                        ARRAY_LENGTH(faults));
    tcase_add_loop_test(tcase, what_is_odd_but_plain_is_read, 0, ARRAY_LENGTH(oddities));
    tcase_add_test(tcase, minus_nothing_is_nothing);
    tcase_add_test(tcase, more_than_there_is_room_for_is_an_error);
    tcase_add_test(tcase, a_file_that_is_too_large_is_an_error_before_it_is_read);
    tcase_add_test(tcase, an_empty_file_is_no_empty_baseline);
    suite_add_tcase(suite, tcase);
    return suite;
}

CHECK_MAIN(baseline_hostile_suite);
