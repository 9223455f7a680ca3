#include "compare/compare_report.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "report/comparison_html.h"
#include "report/comparison_json.h"
#include "report/comparison_table.h"

#define TEXT_MAX_BYTES ((size_t)8 * 1024 * 1024)

void compare_report_done(struct compare_report *report)
{
    arena_free(report->arena);
    report->arena = NULL;
}

/* The runs of one variant as what is compared. */
static int compare_report_runs(struct arena *arena, const struct compare_results *results,
                               struct comparison_input *ret, struct error *err)
{
    struct comparison_run *runs = arena_alloc(arena, (results->n + 1) * sizeof(*runs));
    if (runs == NULL)
        return error_out_of_memory(err);
    for (size_t i = 0; i < results->n; i++) {
        const struct record *record = results->records[i];
        struct comparison_run *run = &runs[i];
        run->judged = record->error.kind == ERROR_NONE;
        if (!run->judged)
            continue;
        run->kind = record->verdict.kind;
        run->cause = record->verdict.cause;
        run->growth = record->verdict.growth;
        figures_of_run(record->timeline, &record->question, &record->verdict, &run->figures);
    }
    *ret = (struct comparison_input){
        .name = results->label,
        .skipped = results->skipped,
        .runs = runs,
        .n_runs = (unsigned)results->n,
    };
    return 0;
}

/* What is to be known of a variant beside its figures. */
static int compare_report_member(struct compare_report *report,
                                 const struct compare_results *results,
                                 struct comparison_member *ret, struct error *err)
{
    char sanitizer[RECORD_SANITIZER_TEXT_MAX] = "";
    *ret = (struct comparison_member){
        .variant = results->name,
        .build = results->build,
        .allocator = results->allocator,
        .records = results->records,
        .results = results->dirs,
        .n_records = results->n,
    };
    for (size_t i = 0; i < results->n && sanitizer[0] == '\0'; i++)
        (void)record_sanitizer_text(results->records[i], sanitizer);
    if (sanitizer[0] == '\0')
        return 0;
    const char **notes = arena_alloc(report->arena, sizeof(*notes));
    if (notes == NULL)
        return error_out_of_memory(err);
    notes[0] = arena_strdup(report->arena, sanitizer);
    ret->notes = notes;
    ret->n_notes = 1;
    return notes[0] != NULL ? 0 : error_out_of_memory(err);
}

/* What differed between the runs that was not to be compared. */
static const char *compare_report_doubt(const struct compare_results *results, unsigned n)
{
    const struct record *first = NULL;
    bool in_turns = true;
    for (unsigned i = 0; i < n; i++)
        for (size_t k = 0; k < results[i].n; k++) {
            const struct record *record = results[i].records[k];
            first = first != NULL ? first : record;
            in_turns = in_turns && record->group > 0;
            if (strcmp(record->driver, first->driver) != 0 ||
                strcmp(record->accel, first->accel) != 0 ||
                strcmp(record->kernel, first->kernel) != 0 || record->cpus != first->cpus)
                return "the runs are of different machines: figures of time do not compare";
        }
    return in_turns ? NULL
                    : "the runs did not take turns: figures of time may differ because the machine "
                      "was busier at one time than at another";
}

int compare_report_make(const char *scenario, const struct compare_results *results, unsigned n,
                        const char *note, struct compare_report *ret, struct error *err)
{
    struct comparison_input inputs[COMPARISON_VARIANTS_MAX];
    *ret = (struct compare_report){.arena = arena_new()};
    if (ret->arena == NULL)
        return error_out_of_memory(err);
    for (unsigned i = 0; i < n; i++)
        if (compare_report_runs(ret->arena, &results[i], &inputs[i], err) < 0 ||
            compare_report_member(ret, &results[i], &ret->members[i], err) < 0)
            return -1;
    comparison_make(inputs, n, &ret->comparison);
    const char *doubt = compare_report_doubt(results, n);
    size_t n_notes = 0;
    if (doubt != NULL)
        ret->notes[n_notes++] = doubt;
    if (note != NULL)
        ret->notes[n_notes++] = note;
    ret->report = (struct comparison_report){
        .scenario = scenario,
        .comparison = &ret->comparison,
        .members = ret->members,
        .notes = ret->notes,
        .n_notes = n_notes,
    };
    return 0;
}

static int compare_report_json(const struct compare_report *report, struct buffer *out,
                               struct error *err)
{
    struct json_writer writer;
    json_writer_begin(&writer, out);
    comparison_json_write(&writer, NULL, &report->report);
    return json_writer_end(&writer, err);
}

static int compare_report_markdown(const struct compare_report *report, struct buffer *out,
                                   struct error *err)
{
    const struct terminal_style style = {.utf8 = true};
    return comparison_table_write(&report->report, TABLE_MARKDOWN, &style, out, err);
}

static int compare_report_html(const struct compare_report *report, struct buffer *out,
                               struct error *err)
{
    return comparison_html_write(&report->report, out, err);
}

/* The forms that it is kept in. */
static const struct {
    const char *file;
    int (*write)(const struct compare_report *report, struct buffer *out, struct error *err);
} compare_files[] = {
    {COMPARE_REPORT_JSON, compare_report_json},
    {"comparison.md", compare_report_markdown},
    {"comparison.html", compare_report_html},
};

static int compare_report_store(const struct compare_report *report, const char *dir,
                                struct error *err)
{
    for (size_t i = 0; i < ARRAY_LENGTH(compare_files); i++) {
        CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(TEXT_MAX_BYTES);
        CLEANUP(freep) char *path = file_join(dir, compare_files[i].file);
        if (path == NULL)
            return error_out_of_memory(err);
        if (compare_files[i].write(report, &text, err) < 0 ||
            file_write_atomic(AT_FDCWD, path, buffer_text(&text), text.length, err) < 0)
            return error_prefix(err, "%s", path);
    }
    return 0;
}

int compare_report_put(const struct compare_report *report, struct console *console,
                       struct error *err)
{
    const struct options *options = console->options;
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(TEXT_MAX_BYTES);
    int status = options->json       ? compare_report_json(report, &text, err)
                 : options->markdown ? compare_report_markdown(report, &text, err)
                                     : comparison_table_write(&report->report, TABLE_TERMINAL,
                                                              &console->style, &text, err);
    if (status < 0 || compare_report_store(report, options->output_dir, err) < 0)
        return -1;
    if (console_print(console, buffer_text(&text), err) < 0)
        return -1;
    console_say(console, "%s/comparison.html, comparison.md and comparison.json have all of it",
                options->output_dir);
    return 0;
}

/* A variant that was judged, by the verdict of most of its runs. */
static enum exit_status compare_status_of_verdict(const struct comparison_variant *variant,
                                                  const struct record *record)
{
    bool expected = record->has_expectation
                        ? variant->kind == record->expect &&
                              (!record->expects_cause || variant->cause == record->expect_cause)
                        : variant->kind != VERDICT_LEAK && variant->kind != VERDICT_INCONCLUSIVE;
    if (expected)
        return EXIT_AS_EXPECTED;
    return variant->kind == VERDICT_INCONCLUSIVE ? EXIT_INCONCLUSIVE : EXIT_OTHER_VERDICT;
}

enum exit_status compare_report_status(const struct compare_report *report)
{
    enum exit_status status = EXIT_AS_EXPECTED;
    for (unsigned i = 0; i < report->comparison.n; i++) {
        const struct comparison_variant *variant = &report->comparison.variant[i];
        const struct comparison_member *member = &report->members[i];
        for (size_t k = 0; k < member->n_records; k++)
            if (member->records[k]->error.kind != ERROR_NONE)
                status = exit_status_worse(status, exit_status_of_record(member->records[k]));
        if (variant->has_verdict)
            status =
                exit_status_worse(status, compare_status_of_verdict(variant, member->records[0]));
    }
    return status;
}
