#include "base/yaml.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#include "tests/support/check_main.h"
#include "tests/support/hostile_texts.h"
#include "tests/support/temp_dir.h"

#define LENGTH(array) (int)(sizeof(array) / sizeof((array)[0]))

static struct arena *arena;

static void setup(void)
{
    arena = arena_new();
    ck_assert_ptr_nonnull(arena);
}

static void teardown(void)
{
    arena_free(arena);
}

static const struct yaml_node *load(const char *text)
{
    struct yaml_node *root = NULL;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(yaml_load_text("a.yaml", text, arena, &root, &err) == 0, "%s", err.text);
    return root;
}

START_TEST(a_tree_knows_where_everything_stands)
{
    const struct yaml_node *root = load("a: 1\nlist:\n  - x\n  - b: \"two\"\n    c:\n");
    const struct yaml_node *list = yaml_member(root, "list");
    ck_assert_int_eq(root->kind, YAML_MAPPING);
    ck_assert_uint_eq(root->n_children, 2);
    ck_assert_str_eq(yaml_member(root, "a")->text, "1");
    ck_assert(!yaml_member(root, "a")->quoted);
    ck_assert_int_eq(list->kind, YAML_SEQUENCE);
    ck_assert_uint_eq(list->n_children, 2);
    ck_assert_uint_eq(list->key_line, 2);
    ck_assert_uint_eq(list->key_column, 1);
    const struct yaml_node *b = yaml_member(list->first->next, "b");
    ck_assert_str_eq(b->text, "two");
    ck_assert(b->quoted);
    ck_assert_uint_eq(b->line, 4);
    ck_assert_uint_eq(b->column, 8);
    char path[YAML_PATH_MAX];
    ck_assert_str_eq(yaml_path(b, path), "list[1].b");
    ck_assert_str_eq(yaml_path(root, path), "");
    ck_assert_ptr_null(yaml_member(list->first->next, "c")); /* null is as good as absent */
    ck_assert_ptr_null(yaml_member(root, "d"));
    ck_assert_ptr_null(yaml_member(list, "b"));
    ck_assert_ptr_null(yaml_member(NULL, "b"));
}
END_TEST

START_TEST(documents_follow_each_other)
{
    const struct yaml_node *root = load("a: 1\n---\nb: 2\n---\n");
    ck_assert_str_eq(root->first->key, "a");
    ck_assert_str_eq(root->next->first->key, "b");
    ck_assert(yaml_is_null(root->next->next));
    ck_assert_ptr_null(root->next->next->next);
    ck_assert_ptr_null(load(""));
    ck_assert_ptr_null(load("# nothing\n"));
    ck_assert_str_eq(yaml_member(load("{\"a\": {\"b\": [1, 2]}}"), "a")->first->key, "b");
}
END_TEST

static const struct {
    const char *text;
    bool is_text;
} scalars[] = {
    {"x", true},       {"8080", false},   {"\"8080\"", true}, {"'8080'", true}, {"true", false},
    {"no", false},     {"Off", false},    {"y", false},       {"1.5", false},   {"1e3", false},
    {".5", false},     {"0x1F", false},   {"1.2.3", true},    {"64Mi", true},   {"500m", true},
    {"~", false},      {"null", false},   {"-", true},        {"-.inf", false}, {"1_000", false},
    {"!!str 1", true}, {"/bin/sh", true}, {"e3", true},       {"1e", true},
};

START_TEST(text_is_told_from_numbers_and_booleans)
{
    char text[64];
    snprintf(text, sizeof(text), "a: %s\n", scalars[_i].text);
    if (strcmp(scalars[_i].text, "-") == 0)
        snprintf(text, sizeof(text), "a: -x\n");
    ck_assert_msg(yaml_is_text(load(text)->first) == scalars[_i].is_text, "%s", text);
}
END_TEST

static const struct {
    const char *text;
    const char *said;
} refused[] = {
    {"a:\n\tb: 1\n", "a.yaml:2:1: found a tab, expected spaces: YAML is not indented with tabs"},
    {"a:\n  b: 1\n\tc: 2\n", "a.yaml:3:1: found a tab"},
    {"a: &x 1\nb: *x\n", "a.yaml:1:4: found the anchor &x, expected none"},
    {"a: &x\n  c: 1\n", "a.yaml:1:4: found the anchor &x"},
    {"b: *x\n", "a.yaml:1:4: found the alias *x, expected the value itself"},
    {"a: 1\nb: 2\na: 3\n", "a.yaml:3:1: found the key \"a\" again, which is on line 1 already"},
    {"a: [1, 2\nb: 3\n", "a.yaml:2:"},
    {"a: b: c\n", "a.yaml:1:5: mapping values are not allowed in this context"},
    {"a: \"x\n", "a.yaml:2:1: found unexpected end of stream (while scanning a quoted scalar)"},
    {"? [1]\n: 2\n", "a.yaml:1:3: found a list or a mapping as a key"},
    {"a: !secret x\n", "a.yaml:1:4: found the tag !secret"},
    {"a: \"x\\0y\"\n", "a.yaml:1:4: found text with a NUL in it"},
    {"a: 1\nb: \x01\n", "a.yaml:2:4: found a byte that is no text (control characters"},
    {"a: \xff\n", "a.yaml:1:4: found a byte that is no text"},
    {"\x7f"
     "ELF\x02\x01\x01",
     "a.yaml:1:1: found a byte that is no text"},
    {"%YAML 9.9\n---\na: 1\n", "a.yaml:1:1: found incompatible YAML document"},
    {"- a\nb: 1\n", "a.yaml:2:1: did not find expected '-' indicator"},
};

START_TEST(what_is_wrong_is_said_with_line_and_column)
{
    struct yaml_node *root = NULL;
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(yaml_load_text("a.yaml", refused[_i].text, arena, &root, &err) == -1,
                  "was accepted: %s", refused[_i].text);
    ck_assert_ptr_null(root);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_msg(strstr(err.text, refused[_i].said) == err.text, "found: %s\nexpected: %s",
                  err.text, refused[_i].said);
}
END_TEST

START_TEST(size_is_bounded)
{
    static char text[YAML_KEYS_MAX * 12];
    struct yaml_node *root = NULL;
    struct error err = {.kind = ERROR_NONE};
    memset(text, '[', 1 << 12);
    ck_assert_int_eq(yaml_load_text("a.yaml", text, arena, &root, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "a.yaml:1:33: found more than 32 levels"));
    size_t length = 0;
    for (unsigned i = 0; i <= YAML_KEYS_MAX; i++)
        length += (size_t)snprintf(text + length, sizeof(text) - length, "k%u: 1\n", i);
    ck_assert_int_eq(yaml_load_text("a.yaml", text, arena, &root, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "a.yaml:1025:1: found more than 1024 keys"));
}
END_TEST

START_TEST(errors_name_the_path)
{
    const struct yaml_node *root = load("spec:\n  list:\n    - name: [a]\n    - 8\n");
    const struct yaml_node *list = yaml_member(yaml_member(root, "spec"), "list");
    const struct yaml_node *name = yaml_member(list->first, "name");
    struct error err = {.kind = ERROR_NONE};
    ck_assert_int_eq(yaml_error_expected(name, &err, "text"), -1);
    ck_assert_str_eq(err.text, "a.yaml:3:13: spec.list[0].name: found a list, expected text");
    yaml_error_key(name, &err, "is ignored");
    ck_assert_str_eq(err.text, "a.yaml:3:7: spec.list[0].name: is ignored");
    yaml_error_expected(list->last, &err, "a name");
    ck_assert_str_eq(err.text, "a.yaml:4:7: spec.list[1]: found 8, expected a name");
    yaml_error(root, &err, "is odd");
    ck_assert_str_eq(err.text, "a.yaml:1:1: is odd");
    error_set(&err, ERROR_USAGE, "odd");
    yaml_error_prefix(list->last, &err);
    ck_assert_str_eq(err.text, "a.yaml:4:7: spec.list[1]: odd");
}
END_TEST

START_TEST(what_is_quoted_of_a_manifest_is_harmless)
{
    static const char key[] = "tab\\t bell\\a csi\\x9b turned\\u202e line\\u2028 end";
    char text[512];
    char path[YAML_PATH_MAX];
    char found[YAML_DESCRIBE_MAX];
    struct error err = {.kind = ERROR_NONE};
    snprintf(text, sizeof(text), "\"%s\": \"%s\"\n", key, key);
    const struct yaml_node *node = load(text)->first;
    ck_assert_str_eq(yaml_path(node, path), "tab? bell? csi? turned? line? end");
    ck_assert_str_eq(yaml_describe(node, found), "\"tab? bell? csi? turned? line? end\"");
    yaml_error_expected(node, &err, "a number");
    hostile_expect_line("an error", err.text, strlen(err.text));

    /* Sixty bytes of it are shown: the last of these is the first of an ä. */
    snprintf(text, sizeof(text), "%059d\u00e4b: %059d\u00e4b\n", 0, 0);
    node = load(text)->first;
    yaml_path(node, path);
    hostile_expect_line("a path", path, strlen(path));
    yaml_describe(node, found);
    hostile_expect_line("a scalar", found, strlen(found));
    ck_assert_uint_eq(strlen(path), 60);

    ck_assert_int_eq(yaml_load_text("a.yaml", "\"a\\tb\": 1\n\"a\\tb\": 2\n", arena,
                                    &(struct yaml_node *){NULL}, &err),
                     -1);
    ck_assert_ptr_nonnull(strstr(err.text, "found the key \"a?b\" again"));
}
END_TEST

START_TEST(a_file_is_read_when_it_is_text)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    char path[PATH_MAX + 64];
    struct yaml_node *root = NULL;
    struct error err = {.kind = ERROR_NONE};
    snprintf(path, sizeof(path), "%s/a.yaml", dir.path);
    ck_assert_int_eq(yaml_load_file(path, arena, &root, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, path));

    temp_dir_write(&dir, "a.yaml", "a: 1\n");
    ck_assert_int_eq(yaml_load_file(path, arena, &root, &err), 0);
    ck_assert_str_eq(yaml_member(root, "a")->text, "1");

    FILE *file = fopen(path, "we");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite("a: \0\n", 1, 5, file), 5);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(yaml_load_file(path, arena, &root, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "holds a NUL"));
}
END_TEST

START_TEST(what_others_say_gets_the_place_in_front)
{
    const struct yaml_node *root = load("a:\n  - b: 1\n");
    struct error err = {.kind = ERROR_NONE};
    error_set(&err, ERROR_USAGE, "it is too small");
    yaml_error_prefix(yaml_member(yaml_member(root, "a")->first, "b"), &err);
    ck_assert_msg(strncmp(err.text, "a.yaml:2:8: ", 12) == 0, "%s", err.text);
    ck_assert_ptr_nonnull(strstr(err.text, "it is too small"));
}
END_TEST

static Suite *yaml_suite(void)
{
    Suite *suite = suite_create("yaml");
    TCase *tcase = tcase_create("yaml");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_tree_knows_where_everything_stands);
    tcase_add_test(tcase, documents_follow_each_other);
    tcase_add_loop_test(tcase, text_is_told_from_numbers_and_booleans, 0, LENGTH(scalars));
    tcase_add_loop_test(tcase, what_is_wrong_is_said_with_line_and_column, 0, LENGTH(refused));
    tcase_add_test(tcase, size_is_bounded);
    tcase_add_test(tcase, errors_name_the_path);
    tcase_add_test(tcase, what_is_quoted_of_a_manifest_is_harmless);
    tcase_add_test(tcase, a_file_is_read_when_it_is_text);
    tcase_add_test(tcase, what_others_say_gets_the_place_in_front);
    suite_add_tcase(suite, tcase);
    return suite;
}

CHECK_MAIN(yaml_suite);
