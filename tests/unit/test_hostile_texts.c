/* Hostile texts (tests/support/hostile_texts.h) through everything that writes for a reader. What
 * parsers of others make of the documents, check_hostile.py asks: they and the results that
 * `leakcage report` can be called with are kept in the folder that LEAKCAGE_KEEP_HOSTILE names. */
#include "tests/support/hostile_texts.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "report/ci_annotations.h"
#include "report/ci_junit.h"
#include "report/ci_openmetrics.h"
#include "report/ci_sarif.h"
#include "report/comparison_html.h"
#include "report/comparison_json.h"
#include "report/comparison_table.h"
#include "report/gate_ci.h"
#include "report/gate_html.h"
#include "report/gate_json.h"
#include "report/gate_table.h"
#include "report/line_text.h"
#include "report/progress.h"
#include "report/records_ci.h"
#include "report/terminal.h"
#include "scenario/record_files.h"
#include "tests/support/check_main.h"
#include "tests/support/compared.h"
#include "tests/support/gated.h"
#include "tests/support/story.h"
#include "tests/support/temp_dir.h"

#define OUT_MAX ((size_t)64 * 1024 * 1024)

static const struct terminal_style styles[] = {
    {.color = false, .utf8 = true, .width = 80},
    {.color = false, .utf8 = false, .width = 80},
    {.color = false, .utf8 = true, .width = 0},
    {.color = false, .utf8 = true, .width = 20},
};

/* The document is kept as NAME.ENDING, NAME the place of the text in the table. */
static void keep(const char *ending, int place, const struct buffer *out)
{
    const char *folder = getenv("LEAKCAGE_KEEP_HOSTILE");
    struct error err = {0};
    char path[4096];
    if (folder == NULL)
        return;
    snprintf(path, sizeof(path), "%s/%02d%s", folder, place, ending);
    ck_assert_msg(file_write_atomic(AT_FDCWD, path, out->data, out->length, &err) == 0, "%s",
                  err.text);
}

/* It was written, and is harmless. */
static void expect(int place, const char *form, int status, const struct buffer *out,
                   const struct error *err)
{
    char what[256];
    snprintf(what, sizeof(what), "%s in %s", hostile_texts[place].name, form);
    ck_assert_msg(status == 0, "%s: %s", what, err->text);
    hostile_expect_harmless(what, buffer_text(out), out->length);
}

/* A leak that nobody expected: there is something to say of it. */
static struct record *record_of(int place, const char *id)
{
    struct record *record = story_leak("leaky", VERDICT_CLEAN);
    hostile_record(record, id, hostile_texts[place].text);
    return record;
}

static struct record *failed_of(int place, const char *id)
{
    struct record *record = record_of(place, id);
    error_set(&record->error, ERROR_SERVICE, "%s", hostile_texts[place].text);
    record->termination = TERMINATION_SERVICE_FAILED;
    record->outcome = OUTCOME_ERROR;
    return record;
}

START_TEST(a_line_stays_a_line)
{
    static const enum line_text_form forms[] = {LINE_TEXT_ASCII, LINE_TEXT_UTF8,
                                                LINE_TEXT_MARKDOWN};
    const char *text = hostile_texts[_i].text;
    char ascii[0x60] = "";
    for (char c = ' '; c < 0x7f; c++)
        ascii[c - ' '] = c;
    for (size_t i = 0; i < ARRAY_LENGTH(forms); i++) {
        CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(OUT_MAX);
        struct error err = {0};
        ck_assert_int_eq(line_text_append(text, forms[i], &out, &err), 0);
        hostile_expect_line(hostile_texts[_i].name, buffer_text(&out), out.length);
        if (forms[i] == LINE_TEXT_ASCII)
            ck_assert_uint_eq(strspn(buffer_text(&out), ascii), out.length);
        buffer_clear(&out);
        ck_assert_int_eq(line_text_shorten(text, 20, forms[i], &out, &err), 0);
        hostile_expect_line(hostile_texts[_i].name, buffer_text(&out), out.length);
    }
}
END_TEST

/* GitHub's runner looks at every line that a step prints, behind its blanks. */
START_TEST(a_log_gives_no_commands)
{
    static const char *const commands[] = {"log:\n::error::x",      "log:\n \t::stop-commands::x",
                                           "log: ##[add-matcher]x", "a\n\n##[error]x",
                                           "a\r\n::error::x",       "a\n\r::error::x"};
    for (size_t i = 0; i < ARRAY_LENGTH(commands); i++) {
        CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(OUT_MAX);
        struct error err = {0};
        ck_assert_int_eq(line_text_append_lines(commands[i], LINE_TEXT_UTF8, &out, &err), 0);
        ck_assert_ptr_null(strstr(buffer_text(&out), "::error"));
        ck_assert_ptr_null(strstr(buffer_text(&out), "::stop"));
        ck_assert_ptr_null(strstr(buffer_text(&out), "##["));
    }
}
END_TEST

START_TEST(json_is_read_back_as_it_was)
{
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(OUT_MAX);
    struct error err = {0};
    struct json_writer writer;
    json_writer_begin(&writer, &out);
    json_write_object(&writer, NULL);
    json_write_text(&writer, "text", hostile_texts[_i].text);
    json_write_text(&writer, hostile_texts[_i].text, "key");
    json_write_close_object(&writer);
    int status = json_writer_end(&writer, &err);
    expect(_i, "JSON", status, &out, &err);
    keep(".text.json", _i, &out);
    buffer_clear(&out);
    ck_assert_int_eq(buffer_append_text(&out, hostile_texts[_i].text, &err), 0);
    keep(".raw", _i, &out);
}
END_TEST

START_TEST(a_run_on_a_terminal)
{
    CLEANUP(record_freep) struct record *record = record_of(_i, NULL);
    CLEANUP(record_freep) struct record *failed = failed_of(_i, NULL);
    const struct record *both[] = {record, failed};
    for (size_t i = 0; i < ARRAY_LENGTH(styles); i++) {
        CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(OUT_MAX);
        struct error err = {0};
        const struct table table = {
            .records = both, .n_records = 2, .format = TABLE_TERMINAL, .style = styles[i]};
        for (size_t k = 0; k < 2; k++) {
            int status =
                terminal_write_record(both[k], hostile_texts[_i].text, &styles[i], &out, &err);
            expect(_i, "the block of a run", status, &out, &err);
        }
        int status = terminal_write_summary(both, 2, &styles[i], &out, &err);
        expect(_i, "the summary", status, &out, &err);
        status = table_write(&table, &out, &err);
        expect(_i, "the table", status, &out, &err);
    }
}
END_TEST

START_TEST(a_line_of_progress)
{
    const char *text = hostile_texts[_i].text;
    const struct run_progress progress[] = {
        {.id = text, .phase = text, .memory_bytes = 1, .limit_bytes = 2, .requests_goal = 3},
        {.id = text, .phase = text, .memory_bytes = SURVEY_ABSENT, .limit_bytes = UINT64_MAX},
    };
    const struct progress_tally tally = {1, 3};
    for (size_t i = 0; i < ARRAY_LENGTH(styles); i++) {
        CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(OUT_MAX);
        struct error err = {0};
        for (size_t k = 0; k < 2; k++) {
            buffer_clear(&out);
            ck_assert_int_eq(progress_write(&progress[k], &styles[i], &out, &err), 0);
            hostile_expect_line("a line of progress", buffer_text(&out), out.length);
            if (styles[i].width > 0)
                ck_assert_uint_le(line_text_columns(buffer_text(&out)), styles[i].width);
        }
        buffer_clear(&out);
        ck_assert_int_eq(progress_write_several(progress, 2, &tally, &styles[i], &out), 0);
        hostile_expect_line("the progress of several", buffer_text(&out), out.length);
    }
}
END_TEST

static void write_ci(int place, const char *what, const struct ci_report *report)
{
    static const struct {
        const char *ending;
        int (*write)(const struct ci_report *, struct buffer *, struct error *);
    } forms[] = {
        {".xml", ci_junit_write},
        {".sarif", ci_sarif_write},
        {".prom", ci_openmetrics_write},
        {".annotations", ci_annotations_write},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(forms); i++) {
        CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(OUT_MAX);
        struct error err = {0};
        char ending[64];
        int status = forms[i].write(report, &out, &err);
        expect(place, forms[i].ending, status, &out, &err);
        snprintf(ending, sizeof(ending), ".%s%s", what, forms[i].ending);
        keep(ending, place, &out);
    }
}

START_TEST(a_run_for_ci)
{
    CLEANUP(ci_list_done) struct ci_list list = {0};
    CLEANUP(record_freep) struct record *record = record_of(_i, NULL);
    struct error err = {0};
    const struct stored_record item = {record, hostile_texts[_i].text};
    const struct records_ci_input input = {.items = &item, .n = 1, .n_broken = 1};
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(OUT_MAX);
    const struct record *records[] = {record};
    const struct table table = {
        .records = records, .n_records = 1, .format = TABLE_MARKDOWN, .style = styles[0]};
    ck_assert_int_eq(records_ci(&input, &list, &err), 0);
    write_ci(_i, "run", &list.report);
    int status = table_write(&table, &out, &err);
    expect(_i, "Markdown of runs", status, &out, &err);
    keep(".run.md", _i, &out);
}
END_TEST

static struct gated *gated_of(int place)
{
    struct gated *gated = gated_new();
    const char *text = hostile_texts[place].text;
    static const char *notes[1];
    notes[0] = text;
    for (unsigned i = 0; i < gated->report.n_cases; i++) {
        if (gated->cases[i].result != NULL)
            gated_say(gated, i, text);
        snprintf(gated->ids[i], sizeof(gated->ids[i]), "%u%s", i, text);
        gated->cases[i].scenario = gated->cases[i].message = text;
        gated->cases[i].variant = gated->ids[i];
    }
    for (unsigned i = 0; i < gated->cases[1].n_records; i++) {
        gated->records[1][i] = story_leak("leaky", VERDICT_LEAK);
        hostile_record(gated->records[1][i], NULL, text);
    }
    gated->report.against = gated->report.environment = gated->report.sentence = text;
    gated->report.baseline = text;
    gated->report.notes = notes;
    return gated;
}

START_TEST(a_gate)
{
    CLEANUP(gated_freep) struct gated *gated = gated_of(_i);
    CLEANUP(ci_list_done) struct ci_list list = {0};
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(OUT_MAX);
    struct error err = {0};
    struct json_writer writer;
    int status = gate_html_write(&gated->report, &out, &err);
    expect(_i, "gate.html", status, &out, &err);
    keep(".gate.html", _i, &out);
    buffer_clear(&out);
    status = gate_table_write(&gated->report, TABLE_MARKDOWN, &styles[0], &out, &err);
    expect(_i, "a gate's Markdown", status, &out, &err);
    keep(".gate.md", _i, &out);
    buffer_clear(&out);
    json_writer_begin(&writer, &out);
    gate_json_write(&writer, NULL, &gated->report);
    status = json_writer_end(&writer, &err);
    expect(_i, "gate.json", status, &out, &err);
    keep(".gate.json", _i, &out);
    for (size_t i = 0; i < ARRAY_LENGTH(styles); i++) {
        status = gate_table_write(&gated->report, TABLE_TERMINAL, &styles[i], &out, &err);
        expect(_i, "a gate's table", status, &out, &err);
    }
    ck_assert_int_eq(gate_ci(&gated->report, &list, &err), 0);
    write_ci(_i, "gate", &list.report);
}
END_TEST

static struct compared *compared_of(int place)
{
    struct compared *compared = compared_new();
    struct comparison *comparison = &compared->comparison;
    const char *text = hostile_texts[place].text;
    static const char *notes[1];
    notes[0] = text;
    compared_record(compared, 20);
    for (size_t i = 0; i < comparison->n; i++) {
        struct comparison_member *member = &compared->members[i];
        comparison->variant[i].name = text;
        member->variant = member->build = member->allocator = text;
        member->notes = notes;
        member->n_notes = 1;
        for (size_t k = 0; k < member->n_records; k++) {
            hostile_record(compared->records[i][k], NULL, text);
            compared->results[i][k] = text;
        }
    }
    comparison->variant[comparison->n - 1].skipped = text;
    error_set(&compared->records[1][0]->error, ERROR_SERVICE, "%s", text);
    snprintf(comparison->sentence, sizeof(comparison->sentence), "%s", text);
    compared->report.scenario = text;
    compared->report.notes = notes;
    compared->report.n_notes = 1;
    return compared;
}

START_TEST(a_comparison)
{
    CLEANUP(compared_freep) struct compared *compared = compared_of(_i);
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(OUT_MAX);
    struct error err = {0};
    struct json_writer writer;
    int status = comparison_html_write(&compared->report, &out, &err);
    expect(_i, "comparison.html", status, &out, &err);
    keep(".comparison.html", _i, &out);
    buffer_clear(&out);
    status = comparison_table_write(&compared->report, TABLE_MARKDOWN, &styles[0], &out, &err);
    expect(_i, "a comparison's Markdown", status, &out, &err);
    keep(".comparison.md", _i, &out);
    buffer_clear(&out);
    json_writer_begin(&writer, &out);
    comparison_json_write(&writer, NULL, &compared->report);
    status = json_writer_end(&writer, &err);
    expect(_i, "comparison.json", status, &out, &err);
    keep(".comparison.json", _i, &out);
    for (size_t i = 0; i < ARRAY_LENGTH(styles); i++) {
        status = comparison_table_write(&compared->report, TABLE_TERMINAL, &styles[i], &out, &err);
        expect(_i, "a comparison's table", status, &out, &err);
    }
}
END_TEST

static void store(const struct record *record, const char *text, const char *folder)
{
    CLEANUP(record_freep) struct record *again = NULL;
    CLEANUP(buffer_done) struct buffer log = BUFFER_INIT(OUT_MAX);
    struct error err = {0};
    char work[4200];
    char result[4200];
    char path[4300];
    snprintf(work, sizeof(work), "%s/.work", folder);
    snprintf(result, sizeof(result), "%s/%s", folder, record->id);
    snprintf(path, sizeof(path), "%s/service.log", work);
    ck_assert_int_eq(mkdir(work, 0700), 0);
    ck_assert_int_eq(buffer_printf(&log, &err, "%s\nthe log's last line: %s", text, text), 0);
    ck_assert_int_eq(file_write_atomic(AT_FDCWD, path, log.data, log.length, &err), 0);
    ck_assert_msg(record_store(record, work, result, &err) == 0, "%s", err.text);
    ck_assert_msg(record_load(result, &again, &err) == 0, "%s", err.text);
    ck_assert_str_eq(again->id, record->id);
}

/* Stored and read again, one that was judged and one that failed: a folder is no place to hide. */
START_TEST(a_stored_result)
{
    CLEANUP(temp_dir_done) struct temp_dir dir = temp_dir_make();
    const char *keep_in = getenv("LEAKCAGE_KEEP_HOSTILE");
    const char *folder = keep_in != NULL ? keep_in : dir.path;
    char id[32];
    snprintf(id, sizeof(id), "%02d", _i);
    CLEANUP(record_freep) struct record *judged = record_of(_i, id);
    store(judged, hostile_texts[_i].text, folder);
    snprintf(id, sizeof(id), "%02d-failed", _i);
    CLEANUP(record_freep) struct record *failed = failed_of(_i, id);
    store(failed, hostile_texts[_i].text, folder);
}
END_TEST

static void add(Suite *suite, const char *name, const TTest *test)
{
    TCase *tcase = tcase_create(name);
    tcase_add_loop_test(tcase, test, 0, (int)n_hostile_texts);
    suite_add_tcase(suite, tcase);
}

static Suite *hostile_texts_suite(void)
{
    Suite *suite = suite_create("hostile_texts");
    add(suite, "line", a_line_stays_a_line);
    TCase *commands = tcase_create("commands");
    tcase_add_test(commands, a_log_gives_no_commands);
    suite_add_tcase(suite, commands);
    add(suite, "json", json_is_read_back_as_it_was);
    add(suite, "terminal", a_run_on_a_terminal);
    add(suite, "progress", a_line_of_progress);
    add(suite, "ci", a_run_for_ci);
    add(suite, "gate", a_gate);
    add(suite, "comparison", a_comparison);
    add(suite, "stored", a_stored_result);
    return suite;
}

CHECK_MAIN(hostile_texts_suite);
