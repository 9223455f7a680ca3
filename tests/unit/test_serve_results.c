/* serve_results: results and runs below folders, as they come, change, break and go; serve_list:
 * how they are listed; serve_folder: what is left alone. */
#include "serve/serve_results.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "serve/serve_folder.h"
#include "serve/serve_list.h"
#include "tests/support/check_main.h"
#include "tests/support/temp_dir.h"

#define LOOK_AGAIN_NS (250 * NSEC_PER_MSEC)
#define TEXT_MAX      ((size_t)16 * 1024 * 1024)

static struct temp_dir dir;
static char *folders[3];
static struct serve_results *results;

/* A result as it is stored, as far as a list reads it. */
static void write_result(const char *folder, const char *id, const char *verdict, double growth)
{
    char name[256];
    char text[1024];
    snprintf(name, sizeof(name), "%s/%s/result.json", folder, id);
    snprintf(text, sizeof(text),
             "{\"schema\": \"leakcage.result/1\", \"id\": \"%s\", \"verdict\": \"%s\", "
             "\"cause\": \"heap\", \"outcome\": \"pass\", "
             "\"growth_bytes_per_request\": {\"estimate\": %g}, "
             "\"cycles\": [{\"floor_bytes\": 1}, {\"floor_bytes\": 2048}, {\"requests\": 3}], "
             "\"peak_bytes\": 4096, \"limit_bytes\": 65536, \"requests_total\": 7, "
             "\"duration_s\": 1.5}",
             id, verdict, growth);
    temp_dir_write(&dir, name, text);
}

static void setup(void)
{
    dir = temp_dir_make();
    temp_dir_write(&dir, "a/note", "x");
    temp_dir_write(&dir, "b/note", "x");
    folders[0] = file_join(dir.path, "a");
    folders[1] = file_join(dir.path, "b");
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(serve_results_new((const char *const *)folders, &results, &err) == 0, "%s",
                  err.text);
}

static void teardown(void)
{
    serve_results_free(results);
    free(folders[0]);
    free(folders[1]);
    temp_dir_done(&dir);
}

/* What there is now, as "key:verdict " or "key:broken "; and "key:phase " of runs. */
static const char *listed(void)
{
    static char text[65536];
    size_t length = 0;
    clock_sleep_until(clock_now_ns() + LOOK_AGAIN_NS);
    const struct serve_list *list = serve_results_hold(results);
    text[0] = '\0';
    for (size_t i = 0; i < list->n_rows; i++)
        length +=
            (size_t)snprintf(text + length, sizeof(text) - length, "%s:%s ", list->rows[i].key,
                             list->rows[i].why[0] != '\0' ? "broken" : list->rows[i].verdict);
    for (size_t i = 0; i < list->n_runs; i++)
        length += (size_t)snprintf(text + length, sizeof(text) - length, "%s:%s ",
                                   list->runs[i].key, list->runs[i].phase);
    serve_results_release(results);
    return text;
}

START_TEST(results_are_found_two_folders_down_and_no_further)
{
    write_result("a", "one", "leak", 1);
    write_result("a/shard-1", "two", "clean", 0);
    write_result("a/x/y", "three", "clean", 0);
    write_result("a/.hidden", "four", "clean", 0);
    write_result(".", "b", "pressure", 0);
    ck_assert_str_eq(listed(), "0/one:leak 0/shard-1/two:clean 1:pressure ");
}
END_TEST

START_TEST(what_a_row_says_is_in_the_result)
{
    write_result("a", "one", "leak", 42.5);
    const struct serve_list *list = serve_results_hold(results);
    ck_assert_uint_eq(list->n_rows, 1);
    const struct serve_row *row = &list->rows[0];
    ck_assert_str_eq(row->id, "one");
    ck_assert_str_eq(row->cause, "heap");
    ck_assert_double_eq(row->growth_bytes_per_request.value, 42.5);
    ck_assert_double_eq(row->floor_bytes.value, 2048);
    ck_assert_double_eq(row->peak_bytes.value, 4096);
    ck_assert_double_eq(row->limit_bytes.value, 65536);
    ck_assert_double_eq(row->requests.value, 7);
    ck_assert_double_eq(row->duration_s.value, 1.5);
    ck_assert(!row->growth_bytes_per_s.present);
    serve_results_release(results);
}
END_TEST

START_TEST(results_come_change_break_and_go)
{
    ck_assert_str_eq(listed(), "");
    write_result("a", "one", "leak", 1);
    ck_assert_str_eq(listed(), "0/one:leak ");
    write_result("a", "one", "clean", 0);
    ck_assert_str_eq(listed(), "0/one:clean ");
    temp_dir_write(&dir, "a/one/result.json", "{\"schema\": \"leakcage.res");
    ck_assert_str_eq(listed(), "0/one:broken ");
    write_result("a", "one", "clean", 0);
    ck_assert_str_eq(listed(), "0/one:clean ");
    CLEANUP(freep) char *one = file_join(folders[0], "one");
    ck_assert_int_eq(file_remove_tree(one, NULL), 0);
    ck_assert_str_eq(listed(), "");
    ck_assert_int_eq(file_remove_tree(folders[0], NULL), 0); /* what is served itself */
    ck_assert_str_eq(listed(), "0:broken ");
}
END_TEST

static const char *const rubbish[] = {
    "",
    "x",
    "[]",
    "{}",
    "null",
    "{\"schema\": 5}",
    "{\"schema\": \"leakcage.live/1\"}",
    "{\"schema\": \"leakcage.result/1\", \"schema\": \"leakcage.result/1\"}",
    "\xff\xfe{}",
};

/* As far as a row reads it. */
static void write_explanation(const char *name, const char *function, unsigned line)
{
    char text[2048];
    snprintf(text, sizeof(text),
             "{\"schema\": \"leakcage.explanation/1\", \"grows\": true, \"per\": \"request\", "
             "\"measured_rate\": 10, \"explained_rate\": 9, \"share\": 0.9, \"agrees\": true, "
             "\"areas\": [], \"held\": [], \"tree\": [], \"entries\": [{\"share\": 0.9, "
             "\"bytes_rate\": 9, \"held_bytes\": 90, \"parts\": [], \"stack\": [0], "
             "\"line_frame\": 0, \"more_stacks\": 0}], \"frames\": [{\"function\": \"%s\", "
             "\"file\": \"/src/registry.c\", \"line\": %u}]}",
             function, line);
    temp_dir_write(&dir, name, text);
}

static void expect_place(const char *expected)
{
    CLEANUP(buffer_done) struct buffer html = BUFFER_INIT(TEXT_MAX);
    CLEANUP(buffer_done) struct buffer json = BUFFER_INIT(TEXT_MAX);
    const struct serve_order order = {.column = 0};
    (void)listed();
    const struct serve_list *list = serve_results_hold(results);
    ck_assert_str_eq(list->rows[0].place, expected);
    ck_assert_int_eq(
        serve_list_write_html(list, (const char *const *)folders, &order, 0, &html, NULL), 0);
    ck_assert_int_eq(serve_list_write_json(list, &order, &json, NULL), 0);
    serve_results_release(results);
    ck_assert_int_eq(strstr(buffer_text(&html), "class=\"place\"") != NULL, *expected != '\0');
    ck_assert_int_eq(strstr(buffer_text(&json), "\"place\"") != NULL, *expected != '\0');
    ck_assert_ptr_null(strstr(buffer_text(&html), "<b>"));
    ck_assert_ptr_null(strchr(buffer_text(&html), '\x1b'));
}

START_TEST(a_row_says_who_takes_what_grows_once_it_is_explained)
{
    write_result("a", "leaky", "leak", 1024);
    expect_place("");
    write_explanation("a/leaky/explain/explanation.json", "registry_add", 41);
    expect_place("registry_add registry.c:41");
    write_explanation("a/leaky/explain/explanation.json", "<b>&\\u001b[31m", 7);
    expect_place("<b>&\x1b[31m registry.c:7");
    temp_dir_write(&dir, "a/leaky/explain/explanation.json", "{");
    expect_place("");
}
END_TEST

START_TEST(what_is_no_result_says_so)
{
    struct serve_place place = {0};
    struct error err = {.kind = ERROR_NONE};
    temp_dir_write(&dir, "a/one/result.json", rubbish[_i]);
    ck_assert_str_eq(listed(), "0/one:broken ");
    ck_assert_int_eq(serve_results_find(results, "0/one", &place, &err), 1);
    ck_assert_msg(strstr(err.text, "result.json") != NULL, "%s", err.text);
}
END_TEST

/* Values of other types than ours, and numbers beyond all bounds. */
START_TEST(a_result_with_other_values_is_shown_without_them)
{
    temp_dir_write(&dir, "a/one/result.json",
                   "{\"schema\": \"leakcage.result/1\", \"id\": 5, \"verdict\": [\"leak\"], "
                   "\"growth_bytes_per_request\": 7, \"cycles\": [1, null, {\"floor_bytes\": {}}], "
                   "\"peak_bytes\": 1e999, \"duration_s\": -1e300, \"requests_total\": 1e300, "
                   "\"error\": \"text\"}");
    ck_assert_str_eq(listed(), "0/one: ");
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(TEXT_MAX);
    const struct serve_order order = serve_order_of(NULL, NULL);
    const struct serve_list *list = serve_results_hold(results);
    ck_assert_int_eq(
        serve_list_write_html(list, (const char *const *)folders, &order, 0, &text, NULL), 0);
    ck_assert_int_eq(serve_list_write_json(list, &order, &text, NULL), 0);
    serve_results_release(results);
}
END_TEST

START_TEST(links_out_of_the_folder_and_what_is_no_file_are_not_followed)
{
    struct error err = {.kind = ERROR_NONE};
    write_result("a", "good", "clean", 0);
    write_result("outside", "secret", "leak", 0);
    write_result("a", "log", "clean", 0);
    write_result("a", "pipe", "clean", 0);
    CLEANUP(freep) char *secret = file_join(dir.path, "outside/secret");
    CLEANUP(freep) char *file = file_join(dir.path, "outside/secret/result.json");
    CLEANUP(freep) char *good = file_join(dir.path, "a/good");
    CLEANUP(freep) char *pipe = file_join(dir.path, "a/pipe/timeline.csv");
    temp_dir_link(&dir, "a/folder", secret);           /* not even looked into */
    temp_dir_link(&dir, "a/linked/result.json", file); /* told, not read */
    temp_dir_link(&dir, "a/log/service.log", "/etc/passwd");
    temp_dir_link(&dir, "a/same", good);
    ck_assert_int_eq(mkfifo(pipe, 0666), 0);
    ck_assert_str_eq(listed(), "0/good:clean 0/linked:broken 0/log:broken 0/pipe:broken "
                               "0/same:clean ");
    CLEANUP(freep) char *log = file_join(dir.path, "a/log");
    ck_assert_int_eq(serve_folder_check(folders[0], log, &err), -1);
    ck_assert_msg(strstr(err.text, "service.log: found a link out of the folder") != NULL, "%s",
                  err.text);
    ck_assert_int_eq(serve_folder_check(folders[0], secret, &err), -1);
    ck_assert(!serve_folder_is_within("/tm", "/tmp"));
    ck_assert(serve_folder_is_within("/", "/tmp"));
}
END_TEST

static const struct {
    const char *key;
    const char *found; /* NULL: none */
} keys[] = {
    {"0/one", "0/one"},
    {"0/shard/two", "0/shard/two"},
    {"two", "0/shard/two"},
    {"same", NULL}, /* there are two of them */
    {"1/same", "1/same"},
    {"0", NULL},
    {"", NULL},
    {"0/", NULL},
    {"0/../a/one", NULL},
    {"0/./one", NULL},
    {"../a/one", NULL},
    {"/etc/passwd", NULL},
    {"0/one/", NULL},
    {"0/one/result.json", NULL},
};

START_TEST(a_key_is_looked_up_and_never_a_path)
{
    struct serve_place place = {0};
    struct error err = {.kind = ERROR_NONE};
    write_result("a", "one", "leak", 1);
    write_result("a/shard", "two", "leak", 1);
    write_result("a", "same", "leak", 1);
    write_result("b", "same", "leak", 1);
    int status = serve_results_find(results, keys[_i].key, &place, &err);
    ck_assert_int_eq(status, keys[_i].found == NULL);
    if (status == 0)
        ck_assert_str_eq(place.key, keys[_i].found);
    else
        ck_assert_str_eq(err.text, "there is no such result, or no longer");
    serve_place_done(&place);
}
END_TEST

#define FIRST "{\"schema\":\"leakcage.live/1\",\"id\":\"r\",\"limit_bytes\":100,\"cycles_max\":8}\n"

START_TEST(a_run_that_goes_on_is_shown_with_its_phase)
{
    struct serve_run run = {0};
    temp_dir_write(&dir, "a/.work-test/live/r.jsonl", FIRST);
    ck_assert_str_eq(listed(), "0/r: ");
    temp_dir_write(&dir, "a/.work-test/live/r.jsonl",
                   FIRST "{\"phase\":\"cycle 1\",\"cycle\":0}\n{\"phase\":\"cycle 2\",\"cycle\":1,"
                         "\"current_bytes\":50,\"t_s\":2.5}\n{\"phase\":\"cyc");
    ck_assert_str_eq(listed(), "0/r:cycle 2 ");
    ck_assert_int_eq(serve_results_find_run(results, "r", &run), 0);
    ck_assert_double_eq(run.limit_bytes.value, 100);
    ck_assert_double_eq(run.current_bytes.value, 50);
    ck_assert_double_eq(run.cycles_max.value, 8);
    serve_run_done(&run);
    temp_dir_write(&dir, "a/.work-test/live/r.jsonl", FIRST "{\"end\":true}\n");
    ck_assert_str_eq(listed(), "");
    ck_assert_int_eq(serve_results_find_run(results, "r", &run), 1);
}
END_TEST

START_TEST(what_is_no_feed_is_no_run)
{
    temp_dir_write(&dir, "a/.work-test/live/empty.jsonl", "");
    temp_dir_write(&dir, "a/.work-test/live/half.jsonl", "{\"schema\"");
    temp_dir_write(&dir, "a/.work-test/live/rubbish.jsonl", "\xff\xfe\n\n\n");
    temp_dir_write(&dir, "a/.work-test/live/r.json", FIRST);
    temp_dir_write(&dir, "a/.revisions-test/live/r.jsonl", FIRST);
    temp_dir_write(&dir, "a/.work-leakcage-1-1-1/live/elsewhere.jsonl", FIRST); /* may live */
    temp_dir_write(&dir, "outside.jsonl", FIRST);
    CLEANUP(freep) char *outside = file_join(dir.path, "outside.jsonl");
    temp_dir_link(&dir, "a/.work-test/live/link.jsonl", outside);
    CLEANUP(freep) char *pipe = file_join(dir.path, "a/.work-test/live/pipe.jsonl");
    ck_assert_int_eq(mkfifo(pipe, 0666), 0);
    ck_assert_str_eq(listed(), "0/elsewhere: ");
}
END_TEST

START_TEST(a_feed_whose_session_was_killed_is_no_run)
{
    char name[512];
    char owner[OWNER_NAME_MAX];
    ck_assert_int_eq(owner_name(owner, NULL), 0);
    snprintf(name, sizeof(name), "a/.work-%s/live/r.jsonl", owner);
    temp_dir_write(&dir, name, FIRST);
    /* The same process number with another start: somebody else now. */
    char *start = strchr(strchr(owner, '-') + 1, '-');
    char *rest = strchr(start + 1, '-');
    snprintf(name, sizeof(name), "a/.work-%.*s-1%s/live/dead.jsonl", (int)(start - owner), owner,
             rest);
    temp_dir_write(&dir, name, FIRST);
    ck_assert_str_eq(listed(), "0/r: ");
}
END_TEST

START_TEST(a_list_is_in_the_order_that_was_asked_for)
{
    static const struct {
        const char *column, *direction, *first, *last;
    } orders[] = {
        {"run", NULL, "a", "d"},
        {"run", "desc", "d", "a"},
        {"growth", NULL, "b", "d"},
        {"growth", "asc", "a", "d"}, /* unknown: always last */
        {"verdict", "asc", "a", "d"},
        {"verdict", "desc", "b", "d"},
        {"rubbish", "rubbish", NULL, NULL},
    };
    struct serve_row rows[4] = {{.key = (char[]){"0/a"}, .id = "a", .verdict = "clean"},
                                {.key = (char[]){"0/b"}, .id = "b", .verdict = "leak"},
                                {.key = (char[]){"0/c"}, .id = "c", .verdict = "clean"},
                                {.key = (char[]){"0/d"}, .id = "d", .why = "broken"}};
    for (int i = 0; i < 3; i++)
        rows[i].growth_bytes_per_request =
            (struct serve_number){.present = true, .value = i == 1 ? 9 : i};
    for (size_t i = 0; i < ARRAY_LENGTH(orders); i++) {
        const struct serve_order order = serve_order_of(orders[i].column, orders[i].direction);
        CLEANUP(freep) const struct serve_row **sorted = serve_order_rows(rows, 4, &order);
        ck_assert_ptr_nonnull(sorted);
        if (orders[i].first == NULL)
            continue;
        ck_assert_str_eq(sorted[0]->id, orders[i].first);
        ck_assert_str_eq(sorted[3]->id, orders[i].last);
    }
    ck_assert_int_eq(serve_order_of("rubbish", NULL).column, SERVE_COLUMN_DATE);
    ck_assert(serve_order_of(NULL, NULL).descending);
}
END_TEST

START_TEST(texts_from_outside_are_texts)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(TEXT_MAX);
    struct serve_row row = {
        .key = (char[]){"0/<script>\"'&"}, .dir = (char[]){"d"}, .why = "", .root = "r"};
    struct serve_run run = {
        .key = (char[]){"0/<script>"}, .feed = (char[]){"f"}, .phase = "<script>\x1b[2J"};
    snprintf(row.id, sizeof(row.id), "<script>alert(1)</script>\"\xff");
    snprintf(row.verdict, sizeof(row.verdict), "leak\" onclick=\"x");
    snprintf(row.cause, sizeof(row.cause), "<script>");
    snprintf(row.error, sizeof(row.error), "\"><script>");
    const struct serve_list list = {.rows = &row, .n_rows = 1, .runs = &run, .n_runs = 1};
    const struct serve_order order = serve_order_of(NULL, NULL);
    static const char *const named[] = {"<script>", NULL};
    ck_assert_int_eq(serve_list_write_html(&list, named, &order, 0, &text, NULL), 0);
    const char *at = strstr(buffer_text(&text), "<script");
    ck_assert_ptr_nonnull(at); /* our own, once */
    ck_assert_int_eq(strncmp(at, "<script src=\"list.js\"", 20), 0);
    ck_assert_ptr_null(strstr(at + 1, "<script"));
    ck_assert_ptr_null(strstr(buffer_text(&text), "onclick=\"x"));
    ck_assert_ptr_null(strchr(buffer_text(&text), '\x1b'));
    ck_assert_ptr_null(strchr(buffer_text(&text), '\xff'));
    ck_assert_ptr_nonnull(strstr(buffer_text(&text), "report?run=0/%3Cscript%3E%22%27%26"));
}
END_TEST

START_TEST(what_is_not_there_is_not_served)
{
    struct error err = {.kind = ERROR_NONE};
    struct serve_results *none = NULL;
    const char *const missing[] = {"/nowhere/at/all", NULL};
    CLEANUP(freep) char *note = file_join(folders[0], "note");
    const char *const file[] = {note, NULL};
    ck_assert_int_eq(serve_results_new(missing, &none, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_int_eq(serve_results_new(file, &none, &err), -1);
    ck_assert_msg(strstr(err.text, "found a file") != NULL, "%s", err.text);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("serve_results");
    TCase *c = tcase_create("results");
    tcase_set_timeout(c, 30);
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, results_are_found_two_folders_down_and_no_further);
    tcase_add_test(c, what_a_row_says_is_in_the_result);
    tcase_add_test(c, results_come_change_break_and_go);
    tcase_add_test(c, a_row_says_who_takes_what_grows_once_it_is_explained);
    tcase_add_loop_test(c, what_is_no_result_says_so, 0, ARRAY_LENGTH(rubbish));
    tcase_add_test(c, a_result_with_other_values_is_shown_without_them);
    tcase_add_test(c, links_out_of_the_folder_and_what_is_no_file_are_not_followed);
    tcase_add_loop_test(c, a_key_is_looked_up_and_never_a_path, 0, ARRAY_LENGTH(keys));
    tcase_add_test(c, a_run_that_goes_on_is_shown_with_its_phase);
    tcase_add_test(c, what_is_no_feed_is_no_run);
    tcase_add_test(c, a_feed_whose_session_was_killed_is_no_run);
    tcase_add_test(c, a_list_is_in_the_order_that_was_asked_for);
    tcase_add_test(c, texts_from_outside_are_texts);
    tcase_add_test(c, what_is_not_there_is_not_served);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);
