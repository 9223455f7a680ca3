/* Explanations as JSON: what was written reads back the same, and what somebody changed is told. */
#include "explain/explanation_json.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "tests/support/check_main.h"
#include "tests/support/hostile_texts.h"
#include "tests/support/told.h"

#define KIB 1024.0

static const struct told_values none;

static char *write_json(const struct explanation *explanation)
{
    struct buffer text = BUFFER_INIT(EXPLANATION_FILE_MAX_BYTES);
    struct error err = {.text = ""};
    struct json_writer writer;
    json_writer_begin(&writer, &text);
    explanation_write_json(&writer, NULL, explanation);
    ck_assert_msg(json_writer_end(&writer, &err) == 0, "%s", err.text);
    return text.data;
}

static struct explanation *make(struct told *told)
{
    *told = told_new(4 * KIB, 0, 36 * KIB);
    told_add(told, "heap", "malloc@;leak leak.c:41;serve server.c:33;main main.c:9",
             told_steady(0, 4 * KIB), told_steady(0, 1.0 / 3));
    told_add(told, "descriptors", "[unix];socketpair@;leak leak.c:41;main main.c:9", none,
             told_steady(0, 2));
    told_add(told, "threads",
             "poll@;wait_for wait.c:3;start_thread@;[started by];clone3@;work work.c:45", none,
             told_steady(0, 1));
    struct explanation *explanation = told_explain(told);
    const char **lines = arena_alloc(explanation->arena, 2 * sizeof(*lines));
    lines[0] = "void *kept = malloc(4096);";
    lines[1] = "";
    explanation->entries[0].source =
        (struct explanation_source){.first = 41, .n = 2, .lines = lines};
    snprintf(explanation->missing, sizeof(explanation->missing), "a third");
    snprintf(explanation->disagreement, sizeof(explanation->disagreement), "they differ");
    explanation->agrees = false;
    return explanation;
}

/* What is in the file, with one thing in place of another. */
static int load_changed(const struct told *told, const struct explanation *explanation,
                        const char *from, const char *to, struct error *err)
{
    CLEANUP(freep) char *text = write_json(explanation);
    CLEANUP(buffer_done) struct buffer changed = BUFFER_INIT(EXPLANATION_FILE_MAX_BYTES);
    CLEANUP(explanation_freep) struct explanation *again = NULL;
    char *at = strstr(text, from);
    ck_assert_msg(at != NULL, "there is no %s in %s", from, text);
    buffer_append(&changed, text, (size_t)(at - text), NULL);
    buffer_append_text(&changed, to, NULL);
    buffer_append_text(&changed, at + strlen(from), NULL);
    ck_assert_int_eq(
        file_write_atomic(told->dir.fd, EXPLANATION_FILE, changed.data, changed.length, NULL), 0);
    return explanation_load(told->dir.path, &again, err);
}

START_TEST(what_was_written_reads_back_the_same)
{
    CLEANUP(told_done) struct told told;
    CLEANUP(explanation_freep) struct explanation *explanation = make(&told);
    CLEANUP(explanation_freep) struct explanation *again = NULL;
    struct error err = {.text = ""};
    ck_assert_msg(explanation_store(explanation, told.dir.path, &err) == 0, "%s", err.text);
    ck_assert_msg(explanation_load(told.dir.path, &again, &err) == 0, "%s", err.text);
    CLEANUP(freep) char *before = write_json(explanation);
    CLEANUP(freep) char *after = write_json(again);
    ck_assert_str_eq(before, after);
    ck_assert_uint_eq(again->n_entries, 2);
    ck_assert_uint_eq(again->n_nodes, explanation->n_nodes);
    ck_assert_uint_gt(again->n_held, 0);
    ck_assert_uint_eq(again->n_areas, 3);
    const struct explanation_entry *work = told_entry(again, "work");
    ck_assert_str_eq(work->frames[work->line_frame].function, "wait_for");
    ck_assert_uint_eq(work->origin, 3);
    const struct explanation_entry *leak = told_entry(again, "leak");
    ck_assert_double_eq_tol(told_part(leak, "heap", "")->objects_per_request, 1.0 / 3, 1e-2);
    ck_assert_str_eq(told_part(leak, "descriptors", "unix")->label, "unix");
    ck_assert_str_eq(again->missing, "a third");
    ck_assert_str_eq(again->disagreement, "they differ");
    ck_assert(!again->agrees && again->grows);
    ck_assert_uint_eq(again->entries[0].source.n, 2);
    ck_assert_str_eq(again->entries[0].source.lines[0], "void *kept = malloc(4096);");
}
END_TEST

START_TEST(an_empty_one_reads_back_too)
{
    CLEANUP(told_done) struct told told = told_new(0, 0, 0);
    CLEANUP(explanation_freep) struct explanation *explanation = told_explain(&told);
    CLEANUP(explanation_freep) struct explanation *again = NULL;
    ck_assert_int_eq(explanation_store(explanation, told.dir.path, NULL), 0);
    ck_assert_int_eq(explanation_load(told.dir.path, &again, NULL), 0);
    ck_assert(!again->grows);
    ck_assert_uint_eq(again->n_entries, 0);
}
END_TEST

START_TEST(where_there_is_none_it_says_so)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    struct explanation *explanation = NULL;
    ck_assert_int_eq(explanation_load(dir.path, &explanation, NULL), 1);
    ck_assert_ptr_null(explanation);
}
END_TEST

START_TEST(what_was_changed_is_refused_with_its_place)
{
    static const struct {
        const char *from, *to, *says;
    } changes[] = {
        {"leakcage.explanation/1", "leakcage.explanation/2", "$.schema"},
        {"\"frames\": [", "\"frames\": [1, ", "$.frames[0]"},
        {"\"frames\"", "\"other\"", "\"frames\" is missing"},
        {"\"entries\"", "\"other\"", "\"entries\" is missing"},
        {"\"stack\": [", "\"stack\": [999999, ", "$.entries[0].stack[0]"},
        {"\"stack\": [", "\"stack\": [-1, ", "$.entries[0].stack[0]"},
        {"\"line_frame\": ", "\"line_frame\": 70", "$.entries[0].line_frame"},
        {"\"parent\": -1", "\"parent\": 0", "its parent does not stand before it"},
        {"\"parent\": -1", "\"parent\": -2", "its parent does not stand before it"},
        {"\"parent\": -1", "\"parent\": 0.5", "its parent does not stand before it"},
        {"\"share\": ", "\"share\": \"much\", \"x\": ", "$.share"},
        {"\"grows\": true", "\"grows\": 1", "$.grows"},
        {"\"function\": \"", "\"function\": 3, \"x\": \"", ".function"},
        {"{", "[", ""},
    };
    CLEANUP(told_done) struct told told;
    CLEANUP(explanation_freep) struct explanation *explanation = make(&told);
    for (size_t i = 0; i < ARRAY_LENGTH(changes); i++) {
        struct error err = {.text = ""};
        /* The first "function" is an entry's, which is there for others to read. */
        const char *from = changes[i].from;
        if (strcmp(from, "\"function\": \"") == 0)
            from = "{\"function\": \"";
        char to[64];
        snprintf(to, sizeof(to), "%s%s", from != changes[i].from ? "{" : "", changes[i].to);
        ck_assert_msg(load_changed(&told, explanation, from, to, &err) == -1, "%s was taken",
                      changes[i].to);
        ck_assert_int_eq(err.kind, ERROR_USAGE);
        ck_assert_msg(strstr(err.text, changes[i].says) != NULL, "%s: %s", changes[i].to, err.text);
    }
}
END_TEST

START_TEST(names_of_others_come_back_harmless)
{
    CLEANUP(told_done) struct told told;
    CLEANUP(explanation_freep) struct explanation *explanation = make(&told);
    CLEANUP(explanation_freep) struct explanation *again = NULL;
    struct error err = {.text = ""};
    const char *hostile = hostile_texts[_i].text;
    for (unsigned i = 0; i < explanation->n_entries; i++) {
        for (unsigned k = 0; k < explanation->entries[i].n_frames; k++)
            explanation->entries[i].frames[k].function = hostile;
        explanation->entries[i].parts[0].label = hostile;
    }
    ck_assert_msg(explanation_store(explanation, told.dir.path, &err) == 0, "%s", err.text);
    ck_assert_msg(explanation_load(told.dir.path, &again, &err) == 0, "%s", err.text);
    CLEANUP(freep) char *text = write_json(again);
    hostile_expect_harmless(hostile_texts[_i].name, text, strlen(text));
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("explanation_json");
    TCase *tcase = tcase_create("explanation_json");
    tcase_add_test(tcase, what_was_written_reads_back_the_same);
    tcase_add_test(tcase, an_empty_one_reads_back_too);
    tcase_add_test(tcase, where_there_is_none_it_says_so);
    tcase_add_test(tcase, what_was_changed_is_refused_with_its_place);
    tcase_add_loop_test(tcase, names_of_others_come_back_harmless, 0, (int)n_hostile_texts);
    suite_add_tcase(suite, tcase);
    return suite;
}

CHECK_MAIN(suite);
