/* A stored result, its files as parts of one input: read and judged (scenario/record_files.h),
 * shown in some form, or stored and read again. What was read once is the same the second time. */
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "export/export_csv.h"
#include "export/export_openmetrics.h"
#include "export/export_trace.h"
#include "report/ci_junit.h"
#include "report/ci_sarif.h"
#include "report/records_ci.h"
#include "report/table.h"
#include "report/terminal.h"
#include "scenario/baseline.h"
#include "scenario/record_files.h"
#include "serve/serve_row.h"
#include "tests/fuzz/fuzz.h"
#include "view/picture_svg.h"
#include "view/view_json.h"

#define OUT_MAX ((size_t)64 << 20)
#define FOLDER  "result"

static char dir[PATH_MAX];

static void expect(const char *what, int status, const struct buffer *out, const struct error *err)
{
    if (status < 0) {
        fprintf(stderr, "%s: %s\n", what, err->text);
        abort();
    }
    fuzz_require_harmless(what, buffer_text(out), out->length, true);
}

static void check_text(const struct stored_record *run)
{
    static const struct terminal_style styles[] = {
        {.color = false, .utf8 = true, .width = 80},
        {.color = false, .utf8 = false, .width = 20},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(styles); i++) {
        CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(OUT_MAX);
        struct error err = {.kind = ERROR_NONE};
        int status = terminal_write_record(run->record, dir, &styles[i], &out, &err);
        expect("the block of a run", status, &out, &err);
        status = terminal_write_summary(&run->record, 1, &styles[i], &out, &err);
        expect("the summary", status, &out, &err);
    }
}

static void check_pages(const struct stored_record *run)
{
    const struct view_input input = {.runs = run, .n_runs = 1};
    CLEANUP(buffer_done) struct buffer view = BUFFER_INIT(OUT_MAX);
    CLEANUP(buffer_done) struct buffer picture = BUFFER_INIT(OUT_MAX);
    struct error err = {.kind = ERROR_NONE};
    int status = view_json_write(&input, &view, &err);
    expect("the view's data", status, &view, &err);
    fuzz_require_json("the view's data", buffer_text(&view), view.length);
    status = picture_svg_write(&input, &picture, &err);
    expect("a picture", status, &picture, &err);
    FUZZ_REQUIRE(picture.length <= PICTURE_BYTES_MAX);
}

static void check_exports(const struct stored_record *run)
{
    static int (*const forms[])(const struct stored_record *, size_t, struct buffer *,
                                struct error *) = {export_csv_write, export_openmetrics_write,
                                                   export_trace_write};
    static int (*const ci_forms[])(const struct ci_report *, struct buffer *,
                                   struct error *) = {ci_junit_write, ci_sarif_write};
    CLEANUP(ci_list_done) struct ci_list list = {0};
    const struct records_ci_input input = {.items = run, .n = 1};
    struct error err = {.kind = ERROR_NONE};
    for (size_t i = 0; i < ARRAY_LENGTH(forms); i++) {
        CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(OUT_MAX);
        int status = forms[i](run, 1, &out, &err);
        if (status < 0 && forms[i] == export_openmetrics_write && err.kind == ERROR_USAGE)
            continue; /* nobody knows when it began */
        expect("an export", status, &out, &err);
    }
    FUZZ_REQUIRE(records_ci(&input, &list, &err) == 0);
    for (size_t i = 0; i < ARRAY_LENGTH(ci_forms); i++) {
        CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(OUT_MAX);
        int status = ci_forms[i](&list.report, &out, &err);
        expect("a form for CI", status, &out, &err);
    }
}

static void check_baseline(const struct record *record)
{
    static struct baseline_entry entry;
    CLEANUP(baseline_freep) struct baseline *baseline = NULL;
    struct error err = {.kind = ERROR_NONE};
    if (baseline_entry_of_records(&record, 1, &entry, &err) != 0)
        return;
    FUZZ_REQUIRE(baseline_new(&baseline, &err) == 0);
    if (baseline_put(baseline, &entry, &err) < 0)
        fuzz_require_error(&err, ERROR_USAGE);
}

static char *json_of(const struct record *record)
{
    CLEANUP(buffer_done) struct buffer out = BUFFER_INIT(OUT_MAX);
    struct json_writer writer;
    struct error err = {.kind = ERROR_NONE};
    json_writer_begin(&writer, &out);
    record_write_json(&writer, NULL, record);
    int status = json_writer_end(&writer, &err);
    expect("result.json", status, &out, &err);
    return strdup(buffer_text(&out));
}

static void check_storing(const struct record *record)
{
    CLEANUP(record_freep) struct record *again = NULL;
    CLEANUP(record_freep) struct record *third = NULL;
    struct error err = {.kind = ERROR_NONE};
    char work[PATH_MAX];
    char stored[PATH_MAX];
    snprintf(work, sizeof(work), "%s/work", fuzz_folder());
    snprintf(stored, sizeof(stored), "%s/stored", fuzz_folder());
    struct record **const to[] = {&again, &third};
    for (size_t i = 0; i < ARRAY_LENGTH(to); i++) {
        int status = record_store(i == 0 ? record : again, work, stored, &err);
        if (status < 0 || record_load(stored, to[i], &err) < 0) {
            fprintf(stderr, "%s\n", err.text);
            abort();
        }
    }
    CLEANUP(freep) char *second_text = json_of(again);
    CLEANUP(freep) char *third_text = json_of(third);
    fuzz_require_same("what was written", second_text, third_text);
}

static void check_row(void)
{
    struct serve_row row = {.root = fuzz_folder()};
    row.dir = strdup(dir);
    (void)serve_stamps_of(dir, &row.stamp, &row.explained);
    serve_row_read(&row);
    FUZZ_REQUIRE(strlen(row.why) < sizeof(row.why) && strlen(row.id) < sizeof(row.id));
    serve_row_done(&row);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {
        "result.json", "timeline.csv", "cycles.csv", "service.log", "explain/explanation.json",
        NULL};
    CLEANUP(record_freep) struct record *record = NULL;
    struct error err = {.kind = ERROR_NONE};
    snprintf(dir, sizeof(dir), "%s/" FOLDER, fuzz_folder());
    fuzz_write_parts(data, size, FOLDER, names);
    check_row();
    if (record_load(dir, &record, &err) < 0) {
        FUZZ_REQUIRE(err.text[0] != '\0');
        return 0;
    }
    /* One thing an input: all of them would take a tenth of a second. */
    const struct stored_record run = {record, dir};
    switch (size % 4) {
    case 0:
        check_text(&run);
        check_baseline(record);
        break;
    case 1:
        check_pages(&run);
        break;
    case 2:
        check_exports(&run);
        break;
    default:
        check_storing(record);
    }
    return 0;
}
