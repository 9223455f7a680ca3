#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/exit_status.h"
#include "report/table.h"
#include "scenario/record_files.h"

/* RESULTS/SHARD/RUN: how far below what was named results are looked for. */
#define REPORT_DEPTH_MAX      2
#define REPORT_TEXT_MAX_BYTES ((size_t)256 * 1024 * 1024)

/* One result folder. */
struct report_entry {
    char *dir;             /* owned */
    struct record *record; /* owned */
};

struct report {
    struct report_entry *entries;
    size_t n_entries;
    size_t n_broken; /* results that could not be taken; each was told */
};

static void report_done(struct report *report)
{
    for (size_t i = 0; i < report->n_entries; i++) {
        free(report->entries[i].dir);
        record_free(report->entries[i].record);
    }
    free(report->entries);
    *report = (struct report){0};
}

static bool report_is_result(const char *dir)
{
    CLEANUP(freep) char *path = file_join(dir, "result.json");
    return path != NULL && file_exists(AT_FDCWD, path);
}

static bool report_is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* Read one result. One that cannot be read is told, counted, and no reason to hide the others. */
static int report_add(struct report *report, const char *dir, struct error *err)
{
    struct error failure = {.kind = ERROR_NONE};
    CLEANUP(record_freep) struct record *record = NULL;
    if (record_load(dir, &record, &failure) < 0) {
        console_error(&failure);
        report->n_broken++;
        return 0;
    }
    CLEANUP(freep) char *copy = strdup(dir);
    struct report_entry *grown =
        reallocarray(report->entries, report->n_entries + 1, sizeof(*grown));
    if (grown != NULL)
        report->entries = grown;
    if (grown == NULL || copy == NULL)
        return error_out_of_memory(err);
    grown[report->n_entries++] =
        (struct report_entry){.dir = take_ptr(&copy), .record = take_ptr(&record)};
    return 0;
}

static int report_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* The results in a folder, at most `depth` levels down. */
static int report_add_folder(struct report *report, const char *dir, unsigned depth,
                             struct error *err)
{
    if (report_is_result(dir))
        return report_add(report, dir, err);
    if (depth == 0)
        return 0;
    struct dirent **names = NULL;
    int n = scandir(dir, &names, report_visible, alphasort);
    if (n < 0)
        return error_set_errno(err, ERROR_USAGE, errno, "cannot read the folder %s", dir);
    int status = 0;
    for (int i = 0; i < n; i++) {
        CLEANUP(freep) char *path = file_join(dir, names[i]->d_name);
        if (path == NULL)
            status = error_out_of_memory(err);
        else if (status == 0 && report_is_folder(path))
            status = report_add_folder(report, path, depth - 1, err);
        free(names[i]);
    }
    free(names);
    return status;
}

static int report_collect(struct report *report, const char *const *operands, struct error *err)
{
    for (const char *const *operand = operands; *operand != NULL; operand++) {
        size_t before = report->n_entries + report->n_broken;
        struct error missing = {.kind = ERROR_NONE};
        if (!file_exists(AT_FDCWD, *operand))
            error_set(&missing, ERROR_USAGE, "%s: there is no such folder", *operand);
        else if (!report_is_folder(*operand))
            error_set(&missing, ERROR_USAGE, "%s: found a file, expected a result folder",
                      *operand);
        else if (report_add_folder(report, *operand, REPORT_DEPTH_MAX, err) < 0)
            return -1;
        else if (before == report->n_entries + report->n_broken)
            error_set(&missing, ERROR_USAGE,
                      "%s: found no result.json there or in its subfolders, expected a result "
                      "folder, or a folder of them",
                      *operand);
        if (missing.kind == ERROR_NONE)
            continue;
        console_error(&missing);
        report->n_broken++;
    }
    return 0;
}

static int report_compare(const void *a, const void *b)
{
    const struct report_entry *left = a;
    const struct report_entry *right = b;
    int order = strcmp(left->record->id, right->record->id);
    return order != 0 ? order : strcmp(left->dir, right->dir);
}

/* In the order of their ids; of two with the same id it cannot be told which one counts, so the
 * second is told and left out. */
static void report_sort(struct report *report)
{
    size_t kept = 0;
    if (report->n_entries > 1)
        qsort(report->entries, report->n_entries, sizeof(*report->entries), report_compare);
    for (size_t i = 0; i < report->n_entries; i++) {
        struct report_entry *entry = &report->entries[i];
        if (kept > 0 && strcmp(report->entries[kept - 1].record->id, entry->record->id) == 0) {
            struct error twice;
            error_set(&twice, ERROR_USAGE,
                      "%s: found the run %s, which is in %s too; expected every run once",
                      entry->dir, entry->record->id, report->entries[kept - 1].dir);
            console_error(&twice);
            report->n_broken++;
            free(entry->dir);
            record_free(entry->record);
            continue;
        }
        report->entries[kept++] = *entry;
    }
    report->n_entries = kept;
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

/* The text that was asked for, to where it was. */
static int report_print(const struct options *options, const struct table *table, struct error *err)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(REPORT_TEXT_MAX_BYTES);
    int status =
        options->json ? report_write_json(table, &text, err) : table_write(table, &text, err);
    if (status < 0)
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
    CLEANUP(report_done) struct report report = {0};
    console_init(&console, options);
    if (options->operands[0] == NULL)
        return error_set(err, ERROR_USAGE, "no result folder given: leakcage report RESULT_DIR...");
    if (options->json && options->markdown)
        return error_set(err, ERROR_USAGE, "found --json and --markdown, expected one of them");
    if (report_collect(&report, options->operands, err) < 0)
        return -1;
    report_sort(&report);

    CLEANUP(freep)
    const struct record **records = calloc(report.n_entries + 1, sizeof(struct record *));
    if (records == NULL)
        return error_out_of_memory(err);
    enum exit_status status = report.n_broken > 0 ? EXIT_USAGE : EXIT_AS_EXPECTED;
    for (size_t i = 0; i < report.n_entries; i++) {
        records[i] = report.entries[i].record;
        status = exit_status_worse(status, exit_status_of_record(records[i]));
    }
    struct table table = {
        .records = records,
        .n_records = report.n_entries,
        .format = options->markdown ? TABLE_MARKDOWN : TABLE_TERMINAL,
        .style = console.style,
    };
    if (options->output_dir != NULL)
        table.style.color = false;
    /* With nothing to show, what was told has said it all. */
    if (report.n_entries > 0 && report_print(options, &table, err) < 0)
        return -1;
    return (int)status;
}
