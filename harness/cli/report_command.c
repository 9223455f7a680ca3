#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/exit_status.h"
#include "cli/report_explanations.h"
#include "cli/report_forms.h"
#include "cli/result_folders.h"

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

/* The text that was asked for, to where it was. */
static int report_print(const struct report_input *input, struct error *err)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(REPORT_TEXT_MAX_BYTES);
    const char *path = input->options->output_dir;
    if (report_form_write(input, &text, err) < 0)
        return -1;
    if (path != NULL)
        return file_write_atomic(AT_FDCWD, path, buffer_text(&text), text.length, err);
    fwrite(buffer_text(&text), 1, text.length, stdout);
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
    CLEANUP(report_explanations_done) struct report_explanations explanations = {0};
    if (report_explanations_load(&results, &explanations, err) < 0)
        return -1;
    struct report_input input = {
        .options = options,
        .results = &results,
        .records = records,
        .explanations = &explanations,
        .style = console.style,
    };
    if (options->output_dir != NULL)
        input.style.color = false;
    /* With nothing to show, what was told has said it all. */
    if (results.n > 0 &&
        (report_print(&input, err) < 0 || report_annotate(&results, &explanations, err) < 0))
        return -1;
    return (int)status;
}
