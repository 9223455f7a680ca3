#include "cli/report_forms.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "explain/explanation_json.h"
#include "export/export_csv.h"
#include "export/export_openmetrics.h"
#include "export/export_trace.h"
#include "report/ci_junit.h"
#include "report/ci_openmetrics.h"
#include "report/ci_sarif.h"
#include "report/records_ci.h"
#include "report/table.h"
#include "scenario/record_files.h"
#include "view/picture_png.h"
#include "view/picture_svg.h"
#include "view/view_html.h"

typedef int report_writer(const struct report_input *input, struct buffer *out, struct error *err);

/* The object of result.json, with what explains it. */
static void report_write_object(struct json_writer *writer, const struct record *record,
                                const struct explanation *explanation)
{
    json_write_object(writer, NULL);
    record_write_members(writer, record);
    if (explanation != NULL)
        explanation_write_json(writer, "explanation", explanation);
    json_write_close_object(writer);
}

static int report_write_json(const struct report_input *input, struct buffer *out,
                             struct error *err)
{
    struct json_writer writer;
    json_writer_begin(&writer, out);
    json_write_array(&writer, NULL);
    for (size_t i = 0; i < input->results->n; i++)
        report_write_object(&writer, input->records[i], input->explanations->items[i]);
    json_write_close_array(&writer);
    return json_writer_end(&writer, err);
}

static int report_write_table(const struct report_input *input, enum table_format format,
                              struct buffer *out, struct error *err)
{
    const struct table table = {
        .records = input->records,
        .n_records = input->results->n,
        .explanations = (const struct explanation *const *)input->explanations->items,
        .format = format,
        .style = input->style,
    };
    return table_write(&table, out, err);
}

static int report_write_terminal(const struct report_input *input, struct buffer *out,
                                 struct error *err)
{
    return report_write_table(input, TABLE_TERMINAL, out, err);
}

static int report_write_markdown(const struct report_input *input, struct buffer *out,
                                 struct error *err)
{
    return report_write_table(input, TABLE_MARKDOWN, out, err);
}

/* The results, as all forms but the tables take them; NULL: out of memory. The caller owns it. */
static struct stored_record *report_runs(const struct result_folders *results)
{
    struct stored_record *runs = calloc(results->n + 1, sizeof(*runs));
    for (size_t i = 0; runs != NULL && i < results->n; i++)
        runs[i] = (struct stored_record){results->items[i].record, results->items[i].dir};
    return runs;
}

/* A form that CI systems read. */
static int report_write_ci(const struct report_input *input,
                           int (*write)(const struct ci_report *, struct buffer *, struct error *),
                           struct buffer *out, struct error *err)
{
    CLEANUP(ci_list_done) struct ci_list list = {0};
    CLEANUP(freep) char *directory = getcwd(NULL, 0);
    const struct result_folders *results = input->results;
    CLEANUP(freep) struct stored_record *runs = report_runs(results);
    CLEANUP(freep)
    struct records_ci_place *places = report_places(input->explanations, directory);
    if (runs == NULL || places == NULL)
        return error_out_of_memory(err);
    const struct records_ci_input records = {runs, results->n, results->n_broken, places};
    if (records_ci(&records, &list, err) < 0)
        return -1;
    list.report.directory = directory;
    return write(&list.report, out, err);
}

static int report_write_junit(const struct report_input *input, struct buffer *out,
                              struct error *err)
{
    return report_write_ci(input, ci_junit_write, out, err);
}

static int report_write_sarif(const struct report_input *input, struct buffer *out,
                              struct error *err)
{
    return report_write_ci(input, ci_sarif_write, out, err);
}

/* Timelines, for other programs. */
static int report_write_export(const struct report_input *input,
                               int (*write)(const struct stored_record *, size_t, struct buffer *,
                                            struct error *),
                               struct buffer *out, struct error *err)
{
    const struct result_folders *results = input->results;
    CLEANUP(freep) struct stored_record *runs = report_runs(results);
    if (runs == NULL)
        return error_out_of_memory(err);
    return write(runs, results->n, out, err);
}

static int report_write_csv(const struct report_input *input, struct buffer *out, struct error *err)
{
    return report_write_export(input, export_csv_write, out, err);
}

static int report_write_trace(const struct report_input *input, struct buffer *out,
                              struct error *err)
{
    return report_write_export(input, export_trace_write, out, err);
}

static int report_write_openmetrics(const struct report_input *input, struct buffer *out,
                                    struct error *err)
{
    if (input->options->timeline)
        return report_write_export(input, export_openmetrics_write, out, err);
    return report_write_ci(input, ci_openmetrics_write, out, err);
}

/* A form that draws the runs. */
static int report_write_view(const struct report_input *input,
                             int (*write)(const struct view_input *, struct buffer *,
                                          struct error *),
                             struct buffer *out, struct error *err)
{
    const struct result_folders *results = input->results;
    CLEANUP(freep) struct stored_record *runs = report_runs(results);
    if (runs == NULL)
        return error_out_of_memory(err);
    const struct view_input view = {.runs = runs, .n_runs = results->n};
    return write(&view, out, err);
}

static int report_write_svg(const struct report_input *input, struct buffer *out, struct error *err)
{
    return report_write_view(input, picture_svg_write, out, err);
}

static int report_write_png(const struct report_input *input, struct buffer *out, struct error *err)
{
    if (input->options->output_dir == NULL && isatty(STDOUT_FILENO))
        return error_set(err, ERROR_USAGE,
                         "--png: a PNG is nothing for a terminal: add -o FILE.png");
    return report_write_view(input, picture_png_write, out, err);
}

static int report_write_html(const struct report_input *input, struct buffer *out,
                             struct error *err)
{
    return report_write_view(input, view_html_write, out, err);
}

/* A form, whether an option asks for it, and the endings of files that do. */
struct report_form {
    bool given;
    const char *endings[2];
    report_writer *write;
};

static bool report_ends_with(const char *path, const char *ending)
{
    size_t length = strlen(path);
    size_t end = strlen(ending);
    return length > end && strcmp(path + length - end, ending) == 0;
}

int report_form_write(const struct report_input *input, struct buffer *out, struct error *err)
{
    const struct options *options = input->options;
    const struct report_form forms[] = {
        {options->html, {".html"}, report_write_html},
        {options->markdown, {".md"}, report_write_markdown},
        {options->junit, {".xml"}, report_write_junit},
        {options->sarif, {".sarif"}, report_write_sarif},
        {options->openmetrics, {".prom", ".om"}, report_write_openmetrics},
        {options->csv, {".csv"}, report_write_csv},
        {options->trace, {".trace.json"}, report_write_trace}, /* before ".json" */
        {options->json, {".json"}, report_write_json},
        {options->svg, {".svg"}, report_write_svg},
        {options->png, {".png"}, report_write_png},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(forms); i++)
        if (forms[i].given)
            return forms[i].write(input, out, err);
    const char *path = options->output_dir;
    for (size_t i = 0; path != NULL && i < ARRAY_LENGTH(forms); i++)
        for (size_t k = 0; k < ARRAY_LENGTH(forms[i].endings); k++)
            if (forms[i].endings[k] != NULL && report_ends_with(path, forms[i].endings[k]))
                return forms[i].write(input, out, err);
    return report_write_terminal(input, out, err);
}
