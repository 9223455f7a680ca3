/* table: many runs in one, on a terminal and in Markdown. */
#include "report/table.h"

#include <string.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"
#include "tests/support/story.h"

/* One that was started three times. */
static struct record *make_leak(const char *id, enum verdict_kind expect)
{
    struct record *record = story_leak(id, expect);
    record->starts = 3;
    return record;
}

/* One that never came so far as to measure anything. */
static struct record *make_failed(void)
{
    const struct run_spec spec = {.id = "fails", .settings.limit_bytes = UINT64_MAX};
    struct record *record = NULL;
    ck_assert_int_eq(record_new(&spec, &record, NULL), 0);
    error_set(&record->error, ERROR_SERVICE, "exited with status 1:\na | b");
    record->question.limit_bytes = UINT64_MAX;
    record->duration_ns = 2 * NSEC_PER_SEC;
    record_judge(record);
    return record;
}

static char *written(const struct record *const *records, size_t n, enum table_format format,
                     bool color)
{
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(65536);
    const struct table table = {
        .records = records, .n_records = n, .format = format, .style.color = color};
    struct error err = {0};
    ck_assert_msg(table_write(&table, &out, &err) == 0, "%s", err.text);
    return strdup(buffer_text(&out));
}

START_TEST(a_terminal_gets_columns)
{
    CLEANUP(record_freep) struct record *leak = make_leak("a-leak", VERDICT_LEAK);
    CLEANUP(record_freep) struct record *failed = make_failed();
    const struct record *const records[] = {leak, failed};
    CLEANUP(freep) char *text = written(records, 2, TABLE_TERMINAL, false);
    ck_assert_str_eq(
        text,
        "  outcome  run     verdict  cause           growth      peak     limit  kills  restarts  "
        "requests   time\n"
        "  pass     a-leak  leak     heap   4.1 KiB/request  13.0 MiB  64.0 MiB      0         2  "
        "   1,500  9.8 s\n"
        "  error    fails   -        -                    -         -         -      -         -  "
        "       -  2.0 s\n"
        "\n"
        "  2 runs: 1 passed, 0 failed, 0 undecided, 1 in error\n"
        "\n"
        "  fails: exited with status 1: a | b\n");
}
END_TEST

START_TEST(markdown_is_a_table_whatever_a_service_says)
{
    CLEANUP(record_freep) struct record *leak = make_leak("a-leak", VERDICT_CLEAN);
    CLEANUP(record_freep) struct record *failed = make_failed();
    const struct record *const records[] = {leak, failed};
    CLEANUP(freep) char *text = written(records, 2, TABLE_MARKDOWN, true);
    story_expect_text(text, "| outcome | run | verdict |");
    story_expect_text(text, "\n| --- | --- | --- | --- | ---: |");
    story_expect_text(text, "\n| fail | a-leak | leak | heap | 4.1 KiB/request | 13.0 MiB |");
    story_expect_text(text, "\n| error | fails |  |  |  |  |  |  |  |  | 2.0 s |\n");
    story_expect_text(text, "2 runs: 0 passed, 1 failed, 0 undecided, 1 in error\n\n");
    story_expect_text(text, "\n- **a-leak**: expected clean, found leak (heap): ");
    story_expect_text(text, "\n- **fails**: exited with status 1: a \\| b\n");
    ck_assert_ptr_null(strchr(text, '\033'));
}
END_TEST

START_TEST(colours_where_they_are_wanted)
{
    CLEANUP(record_freep) struct record *leak = make_leak("a-leak", VERDICT_LEAK);
    const struct record *const records[] = {leak};
    CLEANUP(freep) char *text = written(records, 1, TABLE_TERMINAL, true);
    story_expect_text(text, "\033[1;32mpass   \033[0m");
    story_expect_text(text, "  1 run: 1 passed");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("table");
    TCase *c = tcase_create("table");
    tcase_add_test(c, a_terminal_gets_columns);
    tcase_add_test(c, markdown_is_a_table_whatever_a_service_says);
    tcase_add_test(c, colours_where_they_are_wanted);
    suite_add_tcase(s, c);
    return s;
}

CHECK_MAIN(suite);
