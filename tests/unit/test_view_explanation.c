/* The explanation of a run as view data. Results for a browser and for other forms of reports
 * are kept in the folder that LEAKCAGE_KEEP_EXPLAINED names. */
#include "view/view_explanation.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "explain/explanation_json.h"
#include "explain/explanation_source.h"
#include "explain/source_lines.h"
#include "tests/support/check_main.h"
#include "tests/support/explained.h"
#include "tests/support/story.h"
#include "tests/support/temp_dir.h"
#include "tests/support/viewed.h"
#include "view/view_html.h"
#include "view/view_json.h"

#define HOSTILE "</script><script>alert(1)</script><!--&\"'\x1b[31m\xff; --"

static void writing(const char *dir, const char *text, enum verdict_kind expect)
{
    CLEANUP(record_freep) struct record *plain = NULL;
    CLEANUP(record_freep) struct record *instrumented = NULL;
    explained_write(dir, text, expect, &plain, &instrumented);
}

static struct json_document *viewing(const char *dir)
{
    CLEANUP(record_freep) struct record *record = NULL;
    struct error err = {.text = ""};
    ck_assert_msg(record_load(dir, &record, &err) == 0, "%s", err.text);
    return viewed_one(record, dir);
}

START_TEST(it_has_places_with_their_source_and_what_instruments_kept)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    char path[PATH_MAX];
    struct json_place place;
    snprintf(path, sizeof(path), "%.4000s/leaky", dir.path);
    writing(path, NULL, VERDICT_LEAK);
    CLEANUP(json_freep) struct json_document *view = viewing(path);
#define AT "runs/0/explanation/"
    ck_assert_double_eq_tol(viewed_number(view, AT "share"), 0.9766, 1e-9);
    ck_assert_double_eq(viewed_number(view, AT "measured_rate"), 4194.304);
    ck_assert_double_eq(viewed_number(view, AT "slowdown"), 1.8);
    ck_assert(!viewed_find(view, AT "missing", &place));
    ck_assert(!viewed_find(view, AT "disagreement", &place));
    ck_assert_str_eq(viewed_text(view, AT "areas/0/name"), "anonymous");
    ck_assert_str_eq(viewed_text(view, AT "entries/0/parts/0/instrument"), "heap");
    ck_assert_str_eq(viewed_text(view, AT "entries/0/parts/0/word"), "block");
    ck_assert_str_eq(viewed_text(view, AT "entries/0/parts/0/held_word"), "blocks");
    ck_assert_double_eq(viewed_number(view, AT "entries/0/parts/0/held_objects"), 1262);
    ck_assert_double_eq(viewed_number(view, AT "entries/0/line_frame"), 1);
    ck_assert(!viewed_find(view, AT "entries/0/origin", &place));
    ck_assert_str_eq(viewed_text(view, AT "entries/0/frames/1/function"), "registry_add");
    ck_assert_double_eq(viewed_number(view, AT "entries/0/frames/1/line"), 41);
    ck_assert(!viewed_find(view, AT "entries/0/frames/1/system", &place));
    ck_assert(viewed_find(view, AT "entries/0/frames/0/system", &place));
    ck_assert(!viewed_find(view, AT "entries/0/frames/0/file", &place));
    ck_assert_double_eq(viewed_number(view, AT "entries/0/source/first"), 38);
    ck_assert_double_eq(viewed_number(view, AT "entries/0/source/line"), 41);
    ck_assert_str_eq(viewed_text(view, AT "entries/0/source/lines/3"),
                     "        registry->entries[registry->size++] = malloc(4096);");
    ck_assert(!viewed_find(view, AT "entries/1/source", &place));
    ck_assert_str_eq(viewed_text(view, AT "entries/1/parts/0/label"),
                     "tcp to 127.0.0.1:80, CLOSE_WAIT");
    ck_assert_double_eq(viewed_number(view, AT "entries/1/more_stacks"), 2);
    ck_assert_str_eq(viewed_text(view, AT "held/0/frames/1/function"), "cache_new");
    ck_assert_str_eq(viewed_text(view, AT "instruments/1/state"), "impossible");
    ck_assert_str_eq(viewed_text(view, AT "instruments/1/why"), "heaptrack is in its place");
    /* Descriptors, files, heap, threads: each what grew and what is held; they are nowhere else. */
    struct json_place profiles = viewed_place(view, AT "profiles");
    ck_assert_uint_eq(json_length(&profiles), 8);
    ck_assert_str_eq(viewed_text(view, AT "profiles/4/name"), "heap");
    ck_assert_str_eq(viewed_text(view, AT "profiles/4/file"), "explain/collected/heap.006.gz");
    ck_assert_double_eq(viewed_number(view, AT "profiles/4/flame/total"), 5120000);
    ck_assert(!viewed_find(view, "runs/0/profiles", &place));
#undef AT
}
END_TEST

START_TEST(a_run_that_is_not_explained_has_none)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    CLEANUP(record_freep) struct record *record = story_leak("leaky", VERDICT_LEAK);
    CLEANUP(json_freep) struct json_document *view = viewed_one(record, dir.path);
    struct json_place place;
    ck_assert(!viewed_find(view, "runs/0/explanation", &place));
}
END_TEST

START_TEST(one_that_cannot_be_read_says_why)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    CLEANUP(record_freep) struct record *record = story_leak("leaky", VERDICT_LEAK);
    struct json_place place;
    temp_dir_write(&dir, "explain/explanation.json", "{\"schema\": \"leakcage.explanation/1\"");
    CLEANUP(json_freep) struct json_document *view = viewed_one(record, dir.path);
    story_expect_text(viewed_text(view, "runs/0/explanation/why"), "explanation.json");
    ck_assert(!viewed_find(view, "runs/0/explanation/entries", &place));
}
END_TEST

START_TEST(source_that_was_edited_since_is_not_shown)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    CLEANUP(explanation_freep)
    struct explanation *explanation = explained_explanation(dir.path, NULL);
    temp_dir_write(&dir, "source/registry.c", "1\n2\n3\n");
    explanation->entries[0].frames[1].line = 2;
    ck_assert_int_eq(explanation_add_sources(explanation, 0, NULL), 0);
    ck_assert_uint_eq(explanation->entries[0].source.n, 3);
    ck_assert_str_eq(explanation->entries[0].source.lines[1], "2");
    ck_assert_int_eq(explanation_add_sources(explanation, INT64_C(1) << 40, NULL), 0);
    ck_assert_uint_eq(explanation->entries[0].source.n, 3);
    ck_assert_int_eq(explanation_add_sources(explanation, 1000000, NULL), 0);
    ck_assert_uint_eq(explanation->entries[0].source.n, 0);
}
END_TEST

START_TEST(a_large_one_keeps_to_its_room)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    CLEANUP(record_freep) struct record *record = NULL;
    CLEANUP(buffer_done) struct buffer with = BUFFER_INIT((size_t)1 << 24);
    CLEANUP(buffer_done) struct buffer without = BUFFER_INIT((size_t)1 << 24);
    char path[PATH_MAX];
    char inner[PATH_MAX];
    struct json_place place;
    snprintf(path, sizeof(path), "%.4000s/leaky", dir.path);
    writing(path, NULL, VERDICT_LEAK);
    explained_write_large(path);
    CLEANUP(json_freep) struct json_document *view = viewing(path);
    ck_assert(viewed_find(view, "runs/0/explanation/entries/0", &place));
    ck_assert_double_gt(viewed_number(view, "runs/0/explanation/entries_left_out"), 8);
    ck_assert_double_gt(viewed_number(view, "runs/0/explanation/entries/0/frames_left_out"), 8);

    ck_assert_int_eq(record_load(path, &record, NULL), 0);
    const struct stored_record run = {.record = record, .dir = path};
    const struct view_input input = {.runs = &run, .n_runs = 1};
    ck_assert_int_eq(view_json_write(&input, &with, NULL), 0);
    snprintf(inner, sizeof(inner), "%.4050s/explain", path);
    ck_assert_int_eq(file_remove_tree(inner, NULL), 0);
    ck_assert_int_eq(view_json_write(&input, &without, NULL), 0);
    ck_assert_uint_lt(with.length - without.length,
                      VIEW_EXPLANATION_BYTES + VIEW_EXPLAINED_FLAMES + 8192);
}
END_TEST

START_TEST(hostile_names_are_text)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    CLEANUP(record_freep) struct record *record = NULL;
    CLEANUP(buffer_done) struct buffer page = BUFFER_INIT((size_t)1 << 24);
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%.4000s/hostile", dir.path);
    writing(path, HOSTILE, VERDICT_LEAK);
    ck_assert_int_eq(record_load(path, &record, NULL), 0);
    const struct stored_record run = {.record = record, .dir = path};
    const struct view_input input = {.runs = &run, .n_runs = 1};
    ck_assert_int_eq(view_html_write(&input, &page, NULL), 0);
    ck_assert_ptr_null(strstr(buffer_text(&page), "alert(1)</script><!--"));
    ck_assert_ptr_null(strchr(buffer_text(&page), '\x1b'));
    story_expect_text(buffer_text(&page), "\\u003c/script>\\u003cscript>alert(1)");
}
END_TEST

START_TEST(only_source_is_read)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    struct source_lines lines;
    char path[PATH_MAX];
    temp_dir_write(&dir, "a.c", "one\ntwo\nthree\r\nfour");
    temp_dir_write(&dir, "shadow", "root:*\n");
    temp_dir_link(&dir, "folder.c", "..");
    snprintf(path, sizeof(path), "%.4000s/a.c", dir.path);
    ck_assert(source_lines_read(path, 3, 1, &lines));
    ck_assert_int_eq(lines.first, 2);
    ck_assert_uint_eq(lines.n, 3);
    ck_assert_str_eq(lines.text[1], "three");
    ck_assert_str_eq(lines.text[2], "four");
    ck_assert(source_lines_read(path, 1, 3, &lines));
    ck_assert_int_eq(lines.first, 1);
    ck_assert_uint_eq(lines.n, 4);
    ck_assert(!source_lines_read(path, 5, 3, &lines));
    ck_assert(!source_lines_read(path, 0, 3, &lines));
    ck_assert(!source_lines_read(path, INT64_MAX, 3, &lines));
    snprintf(path, sizeof(path), "%.4000s/shadow", dir.path);
    ck_assert(!source_lines_read(path, 1, 3, &lines));
    snprintf(path, sizeof(path), "%.4000s/folder.c", dir.path);
    ck_assert(!source_lines_read(path, 1, 3, &lines));
    ck_assert(!source_lines_is_source("/etc/shadow"));
    ck_assert(!source_lines_is_source("/srv/demo.c/key"));
    ck_assert(source_lines_is_source("main.go"));
}
END_TEST

/* One as it is, one in which every name is hostile, one that was expected clean, one in which
 * nothing grows. */
static void keep(const char *folder)
{
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%.4000s/leaky", folder);
    writing(path, NULL, VERDICT_LEAK);
    snprintf(path, sizeof(path), "%.4000s/hostile", folder);
    writing(path, HOSTILE "<img src=x onerror=alert(2)>", VERDICT_LEAK);
    snprintf(path, sizeof(path), "%.4000s/surprise", folder);
    writing(path, NULL, VERDICT_CLEAN);
    snprintf(path, sizeof(path), "%.4000s/holds", folder);
    writing(path, NULL, VERDICT_LEAK);
    explained_write_holding(path);
}

START_TEST(results_are_kept_for_others)
{
    const char *folder = getenv("LEAKCAGE_KEEP_EXPLAINED");
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    keep(folder != NULL ? folder : dir.path);
}
END_TEST

static Suite *view_explanation_suite(void)
{
    Suite *suite = suite_create("view_explanation");
    TCase *tcase = tcase_create("view_explanation");
    tcase_add_test(tcase, it_has_places_with_their_source_and_what_instruments_kept);
    tcase_add_test(tcase, a_run_that_is_not_explained_has_none);
    tcase_add_test(tcase, one_that_cannot_be_read_says_why);
    tcase_add_test(tcase, a_large_one_keeps_to_its_room);
    tcase_add_test(tcase, hostile_names_are_text);
    tcase_add_test(tcase, only_source_is_read);
    tcase_add_test(tcase, source_that_was_edited_since_is_not_shown);
    tcase_add_test(tcase, results_are_kept_for_others);
    suite_add_tcase(suite, tcase);
    return suite;
}

CHECK_MAIN(view_explanation_suite);
