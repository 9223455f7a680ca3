#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/exit_status.h"
#include "cli/result_folders.h"
#include "report/ci_junit.h"
#include "report/ci_openmetrics.h"
#include "report/ci_sarif.h"
#include "report/records_ci.h"
#include "report/table.h"
#include "scenario/record_files.h"

#define REPORT_TEXT_MAX_BYTES ((size_t)256 * 1024 * 1024)

static int report_compare(const void *a, const void *b)
{
    const struct result_folder *left = a;
    const struct result_folder *right = b;
    int order = strcmp(left->record->id, right->record->id);
    return order != 0 ? order : strcmp(left->dir, right->dir);
}

/* In the order of their ids; of two with the same id it cannot be told which one counts, so the
 * second is told and left out. */
static void report_sort(struct result_folders *results)
{
    if (results->n > 1)
        qsort(results->items, results->n, sizeof(*results->items), report_compare);
    for (size_t i = 1; i < results->n;) {
        const struct result_folder *entry = &results->items[i];
        if (strcmp(results->items[i - 1].record->id, entry->record->id) != 0) {
            i++;
            continue;
        }
        struct error twice;
        error_set(&twice, ERROR_USAGE,
                  "%s: found the run %s, which is in %s too; expected every run once", entry->dir,
                  entry->record->id, results->items[i - 1].dir);
        console_error(&twice);
        result_folders_drop(results, i);
    }
}

static int report_write_json(const struct table *table, struct buffer *out, struct error *err)
{
    struct json_writer writer;
    json_writer_begin(&writer, out);
    json_write_array(&writer, NULL);
    for (size_t i = 0; i < table->n_records; i++)
        record_write_json(&writer, NULL, table->records[i]);
    json_write_close_array(&writer);
    return json_writer_end(&writer, err);
}

/* A form that CI systems read. */
static int report_write_ci(const struct options *options, const struct result_folders *results,
                           struct buffer *out, struct error *err)
{
    CLEANUP(ci_list_done) struct ci_list list = {0};
    CLEANUP(freep) char *directory = getcwd(NULL, 0);
    CLEANUP(freep) struct records_ci_item *items = calloc(results->n + 1, sizeof(*items));
    if (items == NULL)
        return error_out_of_memory(err);
    for (size_t i = 0; i < results->n; i++)
        items[i] = (struct records_ci_item){results->items[i].record, results->items[i].dir};
    const struct records_ci_input input = {items, results->n, results->n_broken};
    if (records_ci(&input, &list, err) < 0)
        return -1;
    list.report.directory = directory;
    return options->junit   ? ci_junit_write(&list.report, out, err)
           : options->sarif ? ci_sarif_write(&list.report, out, err)
                            : ci_openmetrics_write(&list.report, out, err);
}

static int report_write(const struct options *options, const struct result_folders *results,
                        const struct table *table, struct buffer *out, struct error *err)
{
    if (options->junit || options->sarif || options->openmetrics)
        return report_write_ci(options, results, out, err);
    return options->json ? report_write_json(table, out, err) : table_write(table, out, err);
}

/* The text that was asked for, to where it was. */
static int report_print(const struct options *options, const struct result_folders *results,
                        const struct table *table, struct error *err)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(REPORT_TEXT_MAX_BYTES);
    if (report_write(options, results, table, &text, err) < 0)
        return -1;
    if (options->output_dir != NULL)
        return file_write_atomic(AT_FDCWD, options->output_dir, buffer_text(&text), text.length,
                                 err);
    fputs(buffer_text(&text), stdout);
    return fflush(stdout) == 0 ? 0 : error_set(err, ERROR_ENVIRONMENT, "cannot write the output");
}

int command_report(const struct options *options, struct error *err)
{
    CLEANUP(console_done) struct console console;
    CLEANUP(result_folders_done) struct result_folders results = {0};
    console_init(&console, options);
    if (options->operands[0] == NULL)
        return error_set(err, ERROR_USAGE, "no result folder given: leakcage report RESULT_DIR...");
    if (result_folders_read(options->operands, &results, err) < 0)
        return -1;
    report_sort(&results);

    CLEANUP(freep)
    const struct record **records = calloc(results.n + 1, sizeof(struct record *));
    if (records == NULL)
        return error_out_of_memory(err);
    enum exit_status status = results.n_broken > 0 ? EXIT_USAGE : EXIT_AS_EXPECTED;
    for (size_t i = 0; i < results.n; i++) {
        records[i] = results.items[i].record;
        status = exit_status_worse(status, exit_status_of_record(records[i]));
    }
    struct table table = {
        .records = records,
        .n_records = results.n,
        .format = options->markdown ? TABLE_MARKDOWN : TABLE_TERMINAL,
        .style = console.style,
    };
    if (options->output_dir != NULL)
        table.style.color = false;
    /* With nothing to show, what was told has said it all. */
    if (results.n > 0 && report_print(options, &results, &table, err) < 0)
        return -1;
    return (int)status;
}
