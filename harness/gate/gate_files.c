#include "gate/gate_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "cli/run_session.h"
#include "report/ci_annotations.h"
#include "report/ci_junit.h"
#include "report/ci_openmetrics.h"
#include "report/ci_sarif.h"
#include "report/gate_ci.h"
#include "report/gate_html.h"
#include "report/gate_json.h"
#include "report/gate_table.h"

#define TEXT_MAX_BYTES ((size_t)16 * 1024 * 1024)

/* The report in the two shapes that the forms are written from. */
struct gate_forms {
    const struct gate_report *report;
    const struct ci_report *ci;
};

static int gate_files_json(const struct gate_forms *forms, struct buffer *out, struct error *err)
{
    struct json_writer writer;
    json_writer_begin(&writer, out);
    gate_json_write(&writer, NULL, forms->report);
    return json_writer_end(&writer, err);
}

static int gate_files_markdown(const struct gate_forms *forms, struct buffer *out,
                               struct error *err)
{
    const struct terminal_style style = {.utf8 = true};
    return gate_table_write(forms->report, TABLE_MARKDOWN, &style, out, err);
}

static int gate_files_html(const struct gate_forms *forms, struct buffer *out, struct error *err)
{
    return gate_html_write(forms->report, out, err);
}

static int gate_files_junit(const struct gate_forms *forms, struct buffer *out, struct error *err)
{
    return ci_junit_write(forms->ci, out, err);
}

static int gate_files_sarif(const struct gate_forms *forms, struct buffer *out, struct error *err)
{
    return ci_sarif_write(forms->ci, out, err);
}

static int gate_files_openmetrics(const struct gate_forms *forms, struct buffer *out,
                                  struct error *err)
{
    return ci_openmetrics_write(forms->ci, out, err);
}

/* The forms that it is kept in. */
static const struct {
    const char *file;
    int (*write)(const struct gate_forms *forms, struct buffer *out, struct error *err);
} gate_files[] = {
    {GATE_FILES_JSON, gate_files_json}, {"gate.md", gate_files_markdown},
    {"gate.html", gate_files_html},     {"junit.xml", gate_files_junit},
    {"gate.sarif", gate_files_sarif},   {"gate.prom", gate_files_openmetrics},
};

static int gate_files_store(const struct gate_forms *forms, const char *dir, struct error *err)
{
    for (size_t i = 0; i < ARRAY_LENGTH(gate_files); i++) {
        CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(TEXT_MAX_BYTES);
        CLEANUP(freep) char *path = file_join(dir, gate_files[i].file);
        if (path == NULL)
            return error_out_of_memory(err);
        if (gate_files[i].write(forms, &text, err) < 0 ||
            file_write_atomic(AT_FDCWD, path, buffer_text(&text), text.length, err) < 0)
            return error_prefix(err, "%s", path);
    }
    return 0;
}

static int gate_files_append(const char *path, const struct buffer *text, struct error *err)
{
    CLEANUP(closep) int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    size_t done = 0;
    while (fd >= 0 && done < text->length) {
        ssize_t part = write(fd, buffer_text(text) + done, text->length - done);
        if (part < 0)
            break;
        done += (size_t)part;
    }
    if (fd >= 0 && done == text->length)
        return 0;
    return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot append to %s", path);
}

/* The step's summary, which GitHub shows on the page of the job. */
static int gate_files_summary(const struct gate_forms *forms, struct error *err)
{
    const char *path = getenv("GITHUB_STEP_SUMMARY");
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(TEXT_MAX_BYTES);
    if (path == NULL || *path == '\0')
        return 0;
    if (gate_files_markdown(forms, &text, err) < 0 || gate_files_append(path, &text, err) < 0)
        return error_prefix(err, "GITHUB_STEP_SUMMARY");
    return 0;
}

/* GitHub looks for these lines in all that a step prints. */
static int gate_files_annotations(const struct gate_forms *forms, struct error *err)
{
    const char *actions = getenv("GITHUB_ACTIONS");
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(TEXT_MAX_BYTES);
    if (actions == NULL || strcmp(actions, "true") != 0)
        return 0;
    if (ci_annotations_write(forms->ci, &text, err) < 0)
        return error_prefix(err, "annotations");
    fputs(buffer_text(&text), stderr);
    return 0;
}

static int gate_files_print(const struct gate_forms *forms, struct console *console,
                            struct error *err)
{
    const struct options *options = console->options;
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(TEXT_MAX_BYTES);
    int status = options->json ? gate_files_json(forms, &text, err)
                 : options->markdown
                     ? gate_files_markdown(forms, &text, err)
                     : gate_table_write(forms->report, TABLE_TERMINAL, &console->style, &text, err);
    return status < 0 ? -1 : console_print(console, buffer_text(&text), err);
}

int gate_files_put(const struct gate_report *report, struct console *console, struct error *err)
{
    const char *dir = console->options->output_dir;
    CLEANUP(ci_list_done) struct ci_list list = {.arena = NULL};
    CLEANUP(freep) char *directory = getcwd(NULL, 0);
    struct error untold = {.kind = ERROR_NONE};
    if (gate_ci(report, &list, err) < 0)
        return -1;
    list.report.directory = directory;
    const struct gate_forms forms = {.report = report, .ci = &list.report};
    if (run_session_check_output(dir, err) < 0 || gate_files_store(&forms, dir, err) < 0 ||
        gate_files_print(&forms, console, err) < 0)
        return -1;
    if (gate_files_summary(&forms, &untold) < 0)
        console_error(&untold);
    if (gate_files_annotations(&forms, &untold) < 0)
        console_error(&untold);
    console_say(console, "%s has gate.html and all other forms of it", dir);
    return 0;
}
