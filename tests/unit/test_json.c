#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/json.h"
#include "tests/support/check_main.h"
#include "tests/support/temp_dir.h"

#define LENGTH(array) (int)(sizeof(array) / sizeof((array)[0]))

static struct json_document *load(const char *text)
{
    struct json_document *document = NULL;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(json_load_text("t.json", text, strlen(text), &document, &err) == 0, "%s",
                  err.text);
    return document;
}

static void expect_refused(const char *text, size_t length, const char *message)
{
    struct json_document *document = NULL;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_int_eq(json_load_text("t.json", text, length, &document, &err), -1);
    ck_assert_ptr_null(document);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_msg(strstr(err.text, message) != NULL, "found: %s\nexpected: %s", err.text, message);
}

static const struct {
    const char *text;
    const char *message;
} malformed[] = {
    {"", "t.json: found an empty file, expected JSON"},
    {" \n\t ", "t.json: found an empty file, expected JSON"},
    {"{", "t.json:1:2: found the end of the file, expected a key in quotes"},
    {"{\n  \"a\": 1,\n}", "t.json:3:1: found '}', expected a key in quotes (no comma after"},
    {"[1,]", "t.json:1:4: found ']', expected a value (no comma after the last one)"},
    {"[1 2]", "t.json:1:4: found '2', expected ',' or ']' (opened on line 1)"},
    {"{\"a\" 1}", "t.json:1:6: found '1', expected ':' after the key"},
    {"{a: 1}", "t.json:1:2: found 'a', expected a key in quotes"},
    {"{'a': 1}", "t.json:1:2: found ''' (JSON quotes text with \"), expected a key"},
    {"{\"a\": }", "t.json:1:7: found '}', expected a value"},
    {"// hello\n{}", "t.json:1:1: found '/' (JSON has no comments), expected a value"},
    {"{} {}", "t.json:1:4: found '{', expected the end of the file"},
    {"{}\n\nx", "t.json:3:1: found 'x', expected the end of the file"},
    {"[}", "t.json:1:2: found '}', expected a value"},
    {"{\"a\":[1}", "t.json:1:8: found '}', expected ',' or ']'"},
    {"[tru]", "t.json:1:2: found 't', expected a value"},
    {"[NaN]", "t.json:1:2: found 'N', expected a value"},
    {"[Infinity]", "t.json:1:2: found 'I', expected a value"},
    {"[01]", "t.json:1:2: found a number with a leading zero"},
    {"[-01]", "t.json:1:2: found a number with a leading zero"},
    {"[+1]", "t.json:1:2: found '+', expected a value"},
    {"[.5]", "t.json:1:2: found '.', expected a value"},
    {"[1.]", "t.json:1:4: found ']', expected a digit"},
    {"[1e]", "t.json:1:4: found ']', expected a digit"},
    {"[-]", "t.json:1:3: found ']', expected a digit"},
    {"[0x10]", "t.json:1:3: found 'x', expected ',' or ']'"},
    {"[1111111111111111111111111111111111111111111111111111111111111111]",
     "t.json:1:2: found a number of 64 characters, expected at most 63"},
    {"[\"abc", "t.json:1:6: found the end of the file, expected a closing \""},
    {"[\"abc\n\"]", "t.json:1:6: found the end of the line, expected a closing \""},
    {"[\"a\tb\"]", "t.json:1:4: found the byte 0x09, expected it escaped"},
    {"[\"\\x\"]", "t.json:1:4: found 'x', expected one of"},
    {"[\"\\u12g4\"]", "t.json:1:7: found 'g', expected four hexadecimal digits"},
    {"[\"\\u0000\"]", "found \\u0000, expected text without NUL"},
    {"[\"\\ud800\"]", "found half of a surrogate pair"},
    {"[\"\\ud800\\u0041\"]", "found half of a surrogate pair"},
    {"[\"\\udc00\"]", "found half of a surrogate pair"},
    {"[\"\xc3\xa9\", \xc3\xa9]", "t.json:1:7: found '\xc3\xa9', expected a value"},
    {"\n[\"\xff\"]", "t.json:2:3: found the byte 0xff, expected UTF-8"},
    {"[\"\xc0\xaf\"]", "t.json:1:3: found the byte 0xc0, expected UTF-8"},
    {"[\"\xed\xa0\x80\"]", "found the byte 0xed, expected UTF-8"},
    {"[\"\xf4\x90\x80\x80\"]", "found the byte 0xf4, expected UTF-8"},
    {"[\"\xe2\x82", "found the byte 0xe2, expected UTF-8"},
    {"\xff\xfe{\x7d", "t.json:1:1: found the byte 0xff, expected UTF-8"},
    {"\x1b[31m", "t.json:1:1: found the byte 0x1b, expected a value"},
    {"{\"a\": 1,\n \"b\": 2,\n \"a\": 3}", "t.json:3: found the key \"a\" again (first on line 1)"},
    {"{\"x\": {\"a\": 1,\n \"\\u0061\": 3}}",
     "t.json:2: found the key \"a\" again (first on line 1)"},
    {"{\"\": 1, \"\": 2}", "t.json:1: found the key \"\" again"},
};

START_TEST(malformed_text_is_refused_with_its_place)
{
    expect_refused(malformed[_i].text, strlen(malformed[_i].text), malformed[_i].message);
}
END_TEST

START_TEST(a_nul_byte_is_refused)
{
    expect_refused("{\n\0}", 4, "t.json:2:1: found a NUL byte");
    expect_refused("{}\0", 3, "t.json:1:3: found a NUL byte");
}
END_TEST

START_TEST(nesting_is_bounded)
{
    char text[2 * (JSON_NESTING_MAX + 1)];
    memset(text, '[', JSON_NESTING_MAX + 1);
    memset(text + JSON_NESTING_MAX + 1, ']', JSON_NESTING_MAX + 1);
    expect_refused(text, sizeof(text), "t.json:1:33: found more than 32 levels of nesting");

    struct json_document *document = NULL;
    ck_assert_int_eq(json_load_text("t", text + 1, sizeof(text) - 2, &document, NULL), 0);
    json_free(document);
}
END_TEST

START_TEST(ten_megabytes_of_brackets_are_refused_at_once)
{
    enum { SIZE = 10 * 1024 * 1024 };
    CLEANUP(freep) char *text = malloc(SIZE);
    ck_assert_ptr_nonnull(text);
    memset(text, _i == 0 ? '[' : '{', SIZE);
    expect_refused(text, SIZE, _i == 0 ? "nesting" : "expected a key in quotes");
}
END_TEST

START_TEST(a_long_list_is_read_in_good_time)
{
    enum { ENTRIES = 200000 };
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT((size_t)1 << 20);
    for (int i = 0; i < ENTRIES; i++)
        buffer_append_text(&text, i == 0 ? "[1" : ",1", NULL);
    buffer_append_text(&text, "]", NULL);
    CLEANUP(json_freep) struct json_document *document = load(buffer_text(&text));
    struct json_place root = json_root(document);
    ck_assert_uint_eq(json_length(&root), ENTRIES);
}
END_TEST

START_TEST(a_byte_order_mark_is_passed_over)
{
    CLEANUP(json_freep) struct json_document *document = load("\xef\xbb\xbf{\"a\": 1}");
    struct json_place root = json_root(document);
    ck_assert(json_is_object(&root));
}
END_TEST

START_TEST(every_value_knows_its_line_and_path)
{
    CLEANUP(json_freep)
    struct json_document *document = load("{\n"
                                          "  \"a\": [1,\n"
                                          "        {\"b c\":\n"
                                          "           true}],\n"
                                          "  \"d\": {\"e\": \"x\\n\"}}");
    struct json_place root = json_root(document);
    struct json_place a, second, bc, d, e;
    ck_assert(json_member(&root, "a", &a));
    ck_assert(json_first(&a, &second) && json_next(&a, &second));
    ck_assert(json_member(&second, "b c", &bc));
    ck_assert(json_member(&root, "d", &d));
    ck_assert(json_member(&d, "e", &e));
    ck_assert(!json_next(&a, &second));
    ck_assert(!json_member(&root, "z", &e));
    ck_assert_uint_eq(json_line(&root), 1);
    ck_assert_uint_eq(json_line(&a), 2);
    ck_assert_uint_eq(json_line(&bc), 4);
    ck_assert_uint_eq(json_line(&e), 5);
    ck_assert_str_eq(bc.path, "$.a[1][\"b c\"]");
    ck_assert_str_eq(e.path, "$.d.e");
    ck_assert_str_eq(json_key(&e), "e");
}
END_TEST

START_TEST(a_long_path_is_cut_between_characters)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(4096);
    buffer_append_text(&text, "{\"", NULL);
    for (int i = 0; i < 200; i++)
        buffer_append_text(&text, "\xc3\xa9", NULL);
    buffer_append_text(&text, "\": 1}", NULL);
    CLEANUP(json_freep) struct json_document *document = load(buffer_text(&text));
    struct json_place root = json_root(document);
    struct json_place child;
    ck_assert(json_first(&root, &child));
    size_t length = strlen(child.path);
    ck_assert_uint_lt(length, sizeof(child.path));
    ck_assert_str_eq(child.path + length - 3, "…");
    ck_assert_int_eq((unsigned char)child.path[length - 4], 0xa9);
}
END_TEST

static const struct {
    const char *json;
    uint64_t minimum, maximum;
    uint64_t expected; /* when there is no message */
    const char *message;
} counts[] = {
    {"0", 0, 10, 0, NULL},
    {"-0", 0, 10, 0, NULL},
    {"1e1", 0, 10, 10, NULL},
    {"10.0", 0, 10, 10, NULL},
    {"9007199254740991", 0, UINT64_MAX, 9007199254740991, NULL},
    {"9007199254740992", 0, UINT64_MAX, 0, "found 9007199254740992, expected a whole number"},
    {"9007199254740993", 0, UINT64_MAX, 0, "found 9007199254740993, expected a whole number"},
    {"18446744073709551616", 0, UINT64_MAX, 0, "expected a whole number"},
    {"11", 0, 10, 0, "t.json:1: $: found 11, expected a whole number from 0 to 10"},
    {"0", 1, 10, 0, "found 0, expected a whole number from 1 to 10"},
    {"-1", 0, 10, 0, "found -1, expected a whole number from 0 to 10"},
    {"-3", 1, 1024, 0, "found -3, expected a whole number from 1 to 1024"},
    {"1.5", 0, 10, 0, "found 1.5, expected a whole number"},
    {"1e400", 0, UINT64_MAX, 0, "found 1e400, expected a whole number"},
    {"-1e400", 0, UINT64_MAX, 0, "found -1e400, expected a whole number"},
    {"1e-400", 0, 10, 0, NULL},
    {"\"5\"", 0, 10, 0, "found \"5\", expected a whole number"},
    {"null", 0, 10, 0, "found null, expected a whole number"},
    {"true", 0, 10, 0, "found true, expected a whole number"},
    {"[]", 0, 10, 0, "found an empty array, expected a whole number"},
    {"{\"a\":1}", 0, 10, 0, "found an object, expected a whole number"},
};

START_TEST(a_count_is_whole_and_in_range)
{
    CLEANUP(json_freep) struct json_document *document = load(counts[_i].json);
    struct json_place root = json_root(document);
    struct error err = {.kind = ERROR_NONE};
    uint64_t value = 77;
    int result = json_count(&root, counts[_i].minimum, counts[_i].maximum, &value, &err);
    if (counts[_i].message == NULL) {
        ck_assert_int_eq(result, 0);
        ck_assert_uint_eq(value, counts[_i].expected);
    } else {
        ck_assert_int_eq(result, -1);
        ck_assert_uint_eq(value, 77);
        ck_assert_msg(strstr(err.text, counts[_i].message) != NULL, "%s", err.text);
    }
}
END_TEST

static const struct {
    const char *json;
    uint64_t expected;
    const char *message;
} sizes[] = {
    {"\"64M\"", 67108864, NULL},
    {"67108864", 67108864, NULL},
    {"\"1.5MiB\"", 1572864, NULL},
    {"\"64Q\"", 0, "t.json:1: $: found \"64Q\" with the unknown suffix \"Q\""},
    {"\"-64M\"", 0, "found \"-64M\", expected a size"},
    {"\"512K\"", 0, "found \"512K\", expected a size from 1.0 MiB to 1.0 GiB"},
    {"\"2G\"", 0, "found \"2G\", expected a size from 1.0 MiB to 1.0 GiB"},
    {"-5", 0, "found -5, expected a size such as"},
    {"1.5", 0, "found 1.5, expected a size such as"},
    {"1e400", 0, "found 1e400, expected a size such as"},
    {"false", 0, "found false, expected a size such as"},
    {"\"\\u001b[31m\"", 0, "found \"?[31m\", expected a size"},
};

START_TEST(a_size_is_text_or_bytes)
{
    CLEANUP(json_freep) struct json_document *document = load(sizes[_i].json);
    struct json_place root = json_root(document);
    struct error err = {.kind = ERROR_NONE};
    uint64_t value = 0;
    int result = json_bytes(&root, 1048576, 1073741824, &value, &err);
    ck_assert_int_eq(result, sizes[_i].message == NULL ? 0 : -1);
    if (sizes[_i].message == NULL)
        ck_assert_uint_eq(value, sizes[_i].expected);
    else
        ck_assert_msg(strstr(err.text, sizes[_i].message) != NULL, "%s", err.text);
}
END_TEST

START_TEST(a_time_needs_its_unit)
{
    static const struct {
        const char *json;
        const char *message;
    } rows[] = {
        {"\"10s\"", NULL},
        {"10", "found 10, expected a time with its unit in quotes"},
        {"\"10\"", "found \"10\" without a unit"},
        {"\"2h\"", "found \"2h\", expected a time from"},
    };
    for (int i = 0; i < LENGTH(rows); i++) {
        CLEANUP(json_freep) struct json_document *document = load(rows[i].json);
        struct json_place root = json_root(document);
        struct error err = {.kind = ERROR_NONE};
        nsec_t value = 0;
        int result = json_duration(&root, 0, 3600 * NSEC_PER_SEC, &value, &err);
        ck_assert_int_eq(result, rows[i].message == NULL ? 0 : -1);
        if (rows[i].message == NULL)
            ck_assert_int_eq(value, 10 * NSEC_PER_SEC);
        else
            ck_assert_msg(strstr(err.text, rows[i].message) != NULL, "%s", err.text);
    }
}
END_TEST

START_TEST(a_number_is_in_range)
{
    CLEANUP(json_freep) struct json_document *document = load("[0.5, 1e9, -1, \"1\", 1e400]");
    struct json_place root = json_root(document);
    struct json_place item;
    double value = 0;
    ck_assert(json_first(&root, &item));
    ck_assert_int_eq(json_number(&item, 0.001, 1e6, &value, NULL), 0);
    ck_assert_double_eq(value, 0.5);
    while (json_next(&root, &item)) {
        struct error err = {.kind = ERROR_NONE};
        ck_assert_int_eq(json_number(&item, 0.001, 1e6, &value, &err), -1);
        ck_assert_ptr_nonnull(strstr(err.text, "expected a number from 0.001 to 1000000"));
    }
}
END_TEST

START_TEST(an_unknown_key_is_refused_with_the_nearest_one)
{
    static const char *const known[] = {"limit", "load", "cycles", NULL};
    CLEANUP(json_freep)
    struct json_document *document = load("{\"$schema\": 1,\n \"limit\": 2,\n \"laod\": 3}");
    struct json_place root = json_root(document);
    struct error err = {.kind = ERROR_NONE};
    ck_assert_int_eq(json_check_keys(&root, known, &err), -1);
    ck_assert_str_eq(err.text, "t.json:3: $.laod: found an unknown key, expected one of \"limit\", "
                               "\"load\", \"cycles\"; did you mean \"load\"?");
}
END_TEST

START_TEST(a_dollar_key_passes_at_the_root_only)
{
    static const char *const known[] = {"a", NULL};
    CLEANUP(json_freep) struct json_document *document = load("{\"a\": {\"$x\": 1}}");
    struct json_place root = json_root(document);
    struct json_place a;
    ck_assert(json_member(&root, "a", &a));
    ck_assert_int_eq(json_check_keys(&root, known, NULL), 0);
    ck_assert_int_eq(json_check_keys(&a, known, NULL), -1);
}
END_TEST

START_TEST(the_nearest_word_is_near)
{
    static const char *const words[] = {"limit", "load", "cycles", "concurrency", NULL};
    ck_assert_str_eq(json_nearest("limt", words), "limit");
    ck_assert_str_eq(json_nearest("Limit", words), "limit");
    ck_assert_str_eq(json_nearest("cycels", words), "cycles");
    ck_assert_str_eq(json_nearest("concurency", words), "concurrency");
    ck_assert_ptr_null(json_nearest("service", words));
    ck_assert_ptr_null(json_nearest("", words));
    char huge[2000];
    memset(huge, 'l', sizeof(huge) - 1);
    huge[sizeof(huge) - 1] = '\0';
    ck_assert_ptr_null(json_nearest(huge, words));
}
END_TEST

START_TEST(long_text_is_cut_in_messages)
{
    char text[603];
    snprintf(text, sizeof(text), "\"%0600d\"", 0);
    CLEANUP(json_freep) struct json_document *document = load(text);
    struct json_place root = json_root(document);
    char found[JSON_DESCRIBE_MAX];
    json_describe(&root, found);
    ck_assert_uint_lt(strlen(found), JSON_DESCRIBE_MAX);
    ck_assert_ptr_nonnull(strstr(found, "0…\""));
}
END_TEST

/* Files */

static struct temp_dir folder;

static void set_up_folder(void)
{
    folder = temp_dir_make();
    ck_assert_int_eq(chdir(folder.path), 0);
}

static void tear_down_folder(void)
{
    ck_assert_int_eq(chdir("/"), 0);
    temp_dir_done(&folder);
}

static void expect_file_refused(const char *path, const char *message)
{
    struct json_document *document = NULL;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_int_eq(json_load_file(path, JSON_FILE_MAX_BYTES, &document, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_msg(strstr(err.text, message) != NULL, "%s", err.text);
}

START_TEST(a_file_is_read)
{
    struct json_document *document = NULL;
    temp_dir_write(&folder, "a.json", "{\"a\": 1}");
    ck_assert_int_eq(json_load_file("a.json", JSON_FILE_MAX_BYTES, &document, NULL), 0);
    json_free(document);
}
END_TEST

START_TEST(a_missing_file_is_named)
{
    expect_file_refused("none.json", "cannot open none.json: No such file");
}
END_TEST

START_TEST(a_folder_is_no_file)
{
    expect_file_refused(".", "cannot read .: Is a directory");
}
END_TEST

START_TEST(an_unreadable_file_is_named)
{
    if (geteuid() == 0)
        return; /* root reads everything */
    temp_dir_write(&folder, "a.json", "{}");
    chmod("a.json", 0);
    expect_file_refused("a.json", "cannot open a.json: Permission denied");
}
END_TEST

START_TEST(an_endless_file_is_refused)
{
    expect_file_refused("/dev/zero", "/dev/zero: found more than 1.0 MiB, expected a smaller file");
}
END_TEST

START_TEST(the_limit_of_a_file_is_exact)
{
    struct json_document *document = NULL;
    struct error err = {.kind = ERROR_NONE};
    temp_dir_write(&folder, "a.json", "[1,2,3]");
    ck_assert_int_eq(json_load_file("a.json", 6, &document, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "a.json: found more than 6 B"));
    ck_assert_int_eq(json_load_file("a.json", 7, &document, NULL), 0);
    json_free(document);
}
END_TEST

static Suite *json_suite(void)
{
    Suite *suite = suite_create("json");
    TCase *text = tcase_create("JSON text");
    tcase_add_loop_test(text, malformed_text_is_refused_with_its_place, 0, LENGTH(malformed));
    tcase_add_test(text, a_nul_byte_is_refused);
    tcase_add_test(text, nesting_is_bounded);
    tcase_add_loop_test(text, ten_megabytes_of_brackets_are_refused_at_once, 0, 2);
    tcase_add_test(text, a_long_list_is_read_in_good_time);
    tcase_add_test(text, a_byte_order_mark_is_passed_over);
    tcase_add_test(text, every_value_knows_its_line_and_path);
    tcase_add_test(text, a_long_path_is_cut_between_characters);
    suite_add_tcase(suite, text);

    TCase *values = tcase_create("JSON values");
    tcase_add_loop_test(values, a_count_is_whole_and_in_range, 0, LENGTH(counts));
    tcase_add_loop_test(values, a_size_is_text_or_bytes, 0, LENGTH(sizes));
    tcase_add_test(values, a_time_needs_its_unit);
    tcase_add_test(values, a_number_is_in_range);
    tcase_add_test(values, an_unknown_key_is_refused_with_the_nearest_one);
    tcase_add_test(values, a_dollar_key_passes_at_the_root_only);
    tcase_add_test(values, the_nearest_word_is_near);
    tcase_add_test(values, long_text_is_cut_in_messages);
    suite_add_tcase(suite, values);

    TCase *files = tcase_create("JSON files");
    tcase_add_checked_fixture(files, set_up_folder, tear_down_folder);
    tcase_add_test(files, a_file_is_read);
    tcase_add_test(files, a_missing_file_is_named);
    tcase_add_test(files, a_folder_is_no_file);
    tcase_add_test(files, an_unreadable_file_is_named);
    tcase_add_test(files, an_endless_file_is_refused);
    tcase_add_test(files, the_limit_of_a_file_is_exact);
    suite_add_tcase(suite, files);
    return suite;
}

CHECK_MAIN(json_suite);
