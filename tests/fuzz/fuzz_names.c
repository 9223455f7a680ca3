/* Text of others (a name, a title, a line of a log) through everything that writes for a reader:
 * what comes out is harmless, and machines read back what it was. */
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "report/ci_annotations.h"
#include "report/ci_junit.h"
#include "report/ci_openmetrics.h"
#include "report/ci_sarif.h"
#include "report/html_text.h"
#include "report/line_text.h"
#include "report/progress.h"
#include "report/records_ci.h"
#include "report/table.h"
#include "report/terminal.h"
#include "scenario/record.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/hostile_texts.h"
#include "timeline/csv.h"
#include "view/picture_svg.h"
#include "view/view_html.h"

#define OUT_MAX ((size_t)64 << 20)

static void expect(const char *what, int status, const struct buffer *out, bool has_lines)
{
    FUZZ_REQUIRE(status == 0);
    fuzz_require_harmless(what, buffer_text(out), out->length, has_lines);
}

/* Each of them. */
static void expect_lines_within(char *lines, size_t columns)
{
    char *next = lines;
    for (char *line; (line = strsep(&next, "\n")) != NULL;)
        FUZZ_REQUIRE(line_text_columns(line) <= columns);
}

static void check_lines(const char *text)
{
    static const enum line_text_form forms[] = {LINE_TEXT_ASCII, LINE_TEXT_UTF8,
                                                LINE_TEXT_MARKDOWN};
    static const struct line_text_indent indent = {"- ", "  "};
    for (size_t i = 0; i < ARRAY_LENGTH(forms); i++) {
        CLEANUP(buffer_done) struct buffer line = BUFFER_INIT(OUT_MAX);
        CLEANUP(buffer_done) struct buffer cut = BUFFER_INIT(OUT_MAX);
        CLEANUP(buffer_done) struct buffer wrapped = BUFFER_INIT(OUT_MAX);
        CLEANUP(buffer_done) struct buffer lines = BUFFER_INIT(OUT_MAX);
        expect("a line", line_text_append(text, forms[i], &line, NULL), &line, false);
        expect("a cut line", line_text_shorten(text, 20, forms[i], &cut, NULL), &cut, false);
        if (forms[i] != LINE_TEXT_MARKDOWN)
            FUZZ_REQUIRE(line_text_columns(buffer_text(&cut)) <= 20);
        expect("lines", line_text_append_lines(text, forms[i], &lines, NULL), &lines, true);
        FUZZ_REQUIRE(strstr(buffer_text(&lines), "##[") == NULL);
        expect("a paragraph", line_text_wrap(buffer_text(&line), &indent, 30, &wrapped, NULL),
               &wrapped, true);
        expect_lines_within(wrapped.data, 30);
    }
}

static void check_html(const char *text)
{
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(OUT_MAX);
    struct html_writer writer;
    html_begin(&writer, &out);
    html_text(&writer, text);
    expect("HTML", html_end(&writer, NULL), &out, false);
    FUZZ_REQUIRE(strpbrk(buffer_text(&out), "<>\"") == NULL);
}

/* What is no UTF-8 is another text then; what is, is the same. */
static void check_json(const char *text)
{
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(OUT_MAX);
    CLEANUP(json_freep) struct json_document *document = NULL;
    struct json_writer writer;
    struct json_place place;
    const char *read = NULL;
    json_writer_begin(&writer, &out);
    json_write_object(&writer, NULL);
    json_write_text(&writer, "text", text);
    json_write_close_object(&writer);
    expect("JSON", json_writer_end(&writer, NULL), &out, true);
    FUZZ_REQUIRE(json_load_text("out", buffer_text(&out), out.length, &document, NULL) == 0);
    const struct json_place root = json_root(document);
    FUZZ_REQUIRE(json_member(&root, "text", &place) && json_string(&place, &read, NULL) == 0);
    if (strstr(read, "\xef\xbf\xbd") == NULL)
        fuzz_require_same("a text in JSON", text, read);
}

static void check_csv(const char *text)
{
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(OUT_MAX);
    struct csv_reader reader;
    csv_text(&out, text);
    csv_u64(&out, 17);
    csv_end_row(&out);
    CLEANUP(freep) char *copy = strdup(buffer_text(&out));
    csv_reader_init(&reader, "out", copy);
    FUZZ_REQUIRE(csv_reader_next(&reader, NULL) == 0 && reader.n_fields == 2);
    FUZZ_REQUIRE(strlen(reader.fields[0]) == strlen(text) && strcmp(reader.fields[1], "17") == 0);
    FUZZ_REQUIRE(csv_reader_next(&reader, NULL) == 1);
    CLEANUP(buffer_done) struct buffer again = BUFFER_INIT(OUT_MAX);
    csv_text(&again, reader.fields[0]);
    csv_u64(&again, 17);
    csv_end_row(&again);
    fuzz_require_same("a field", buffer_text(&out), buffer_text(&again));
}

/* A run whose every text it is. */
static struct record *record_of(const char *text)
{
    struct run_spec spec = {.id = "leaky", .scenario = "leaky", .source = "leaky.json"};
    struct record *record = NULL;
    settings_defaults(&spec.settings);
    FUZZ_REQUIRE(record_new(&spec, &record, NULL) == 0);
    hostile_record(record, NULL, text);
    record->verdict.kind = VERDICT_LEAK;
    error_set(&record->error, ERROR_SERVICE, "%s", text);
    record->termination = TERMINATION_SERVICE_FAILED;
    record->outcome = OUTCOME_ERROR;
    return record;
}

static void check_record(const char *text)
{
    static int (*const forms[])(const struct ci_report *, struct buffer *, struct error *) = {
        ci_junit_write, ci_sarif_write, ci_openmetrics_write, ci_annotations_write};
    static const struct terminal_style style = {.utf8 = true, .width = 60};
    CLEANUP(record_freep) struct record *record = record_of(text);
    CLEANUP(ci_list_done) struct ci_list list = {0};
    const struct stored_record stored = {record, NULL};
    const struct records_ci_input input = {.items = &stored, .n = 1, .n_broken = 1};
    const struct record *records[] = {record};
    const struct table table = {
        .records = records, .n_records = 1, .format = TABLE_MARKDOWN, .style = style};
    CLEANUP(buffer_done) struct buffer block = BUFFER_INIT(OUT_MAX);
    CLEANUP(buffer_done) struct buffer markdown = BUFFER_INIT(OUT_MAX);
    expect("a block", terminal_write_record(record, text, &style, &block, NULL), &block, true);
    expect("a table", table_write(&table, &markdown, NULL), &markdown, true);
    FUZZ_REQUIRE(records_ci(&input, &list, NULL) == 0);
    for (size_t i = 0; i < ARRAY_LENGTH(forms); i++) {
        CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(OUT_MAX);
        expect("a form for CI", forms[i](&list.report, &out, NULL), &out, true);
    }
}

/* Of a page the data, of which no tag can begin in a script. */
static void check_page(const char *text)
{
    CLEANUP(record_freep) struct record *record = record_of(text);
    const struct stored_record stored = {record, NULL};
    const struct view_input input = {.runs = &stored, .n_runs = 1, .title = text};
    CLEANUP(buffer_done) struct buffer page = BUFFER_INIT(OUT_MAX);
    CLEANUP(buffer_done) struct buffer picture = BUFFER_INIT(OUT_MAX);
    expect("a page", view_html_write(&input, &page, NULL), &page, true);
    const char *data = strstr(buffer_text(&page), "leakcage.view/1");
    const char *end = data != NULL ? strstr(data, "</script>") : NULL;
    FUZZ_REQUIRE(end != NULL && memchr(data, '<', (size_t)(end - data)) == NULL);
    expect("a picture", picture_svg_write(&input, &picture, NULL), &picture, true);
}

static void check_progress(const char *text)
{
    static const struct terminal_style style = {.utf8 = true, .width = 40};
    const struct run_progress progress = {.id = text,
                                          .phase = text,
                                          .memory_bytes = 1,
                                          .highest_bytes = SURVEY_ABSENT,
                                          .limit_bytes = 2,
                                          .requests_goal = 3};
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(OUT_MAX);
    expect("progress", progress_write(&progress, &style, &out, NULL), &out, false);
    FUZZ_REQUIRE(line_text_columns(buffer_text(&out)) <= style.width);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(freep) char *text = fuzz_text(data, size);
    check_lines(text);
    check_html(text);
    check_json(text);
    check_csv(text);
    check_progress(text);
    if (size % 4 == 0) /* the slow ones */
        check_record(text);
    if (size % 64 == 1)
        check_page(text);
    return 0;
}
