#include "view/view_html.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "explain/explanation_json.h"
#include "report/explanation_text.h"
#include "report/html_text.h"
#include "report/terminal.h"
#include "view/page.h"
#include "view/picture_svg.h"
#include "view/view_json.h"

#define VIEW_HTML_MAX          ((size_t)64 * 1024 * 1024)
#define VIEW_TITLE_MAX         512
#define VIEW_STILL_PICTURE_MAX ((size_t)48 * 1024)

/* What of an explanation stands there; a hundred lines or two say all of a usual one. */
#define VIEW_STILL_EXPLANATION_MAX ((size_t)24 * 1024)

/* Who takes what grows, where it is explained; what cannot be read has no words. */
static int view_still_explain(const struct stored_record *run, const struct terminal_style *style,
                              struct buffer *out, struct error *err)
{
    CLEANUP(explanation_freep) struct explanation *explanation = NULL;
    CLEANUP(record_freep) struct record *instrumented = NULL;
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(VIEW_HTML_MAX);
    if (run->dir == NULL)
        return 0;
    CLEANUP(freep) char *dir = file_join(run->dir, EXPLANATION_FOLDER);
    if (dir == NULL)
        return error_out_of_memory(err);
    if (explanation_load(dir, &explanation, NULL) != 0 || record_load(dir, &instrumented, NULL) < 0)
        return 0;
    const struct explanation_text wanted = {
        .explanation = explanation,
        .plain = run->record,
        .instrumented = instrumented,
    };
    if (explanation_text_write(&wanted, style, &text, err) < 0)
        return -1;
    /* Whole lines of it. */
    size_t length = text.length;
    if (length > VIEW_STILL_EXPLANATION_MAX)
        for (length = VIEW_STILL_EXPLANATION_MAX; length > 0 && text.data[length - 1] != '\n';)
            length--;
    return buffer_printf(out, err, "\n%.*s", (int)length, buffer_text(&text));
}

/* The same in words, and as a picture unless that would be large: for where no script may run, as
 * in what a CI server shows of an artifact. */
static int view_still_write(const struct view_input *input, struct buffer *out, struct error *err)
{
    static const struct terminal_style style = {.utf8 = true};
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(VIEW_HTML_MAX);
    CLEANUP(buffer_done) struct buffer picture = BUFFER_INIT(PICTURE_BYTES_MAX);
    CLEANUP(freep)
    const struct record **records = calloc(input->n_runs + 1, sizeof(struct record *));
    if (records == NULL)
        return error_out_of_memory(err);
    for (size_t i = 0; i < input->n_runs; i++)
        records[i] = input->runs[i].record;
    int status = input->n_runs == 1
                     ? terminal_write_record(records[0], NULL, &style, &text, err)
                     : terminal_write_summary(records, input->n_runs, &style, &text, err);
    if (status == 0 && input->n_runs == 1)
        status = view_still_explain(&input->runs[0], &style, &text, err);
    if (status < 0 || (input->n_runs > 0 && picture_svg_write(input, &picture, err) < 0))
        return -1;
    struct html_writer writer;
    html_begin(&writer, out);
    html_put(&writer, "<pre>");
    for (char *rest = text.data, *line = NULL; (line = strsep(&rest, "\n")) != NULL;) {
        html_text(&writer, line);
        html_put(&writer, "\n");
    }
    html_put(&writer, "</pre>\n");
    if (picture.length <= VIEW_STILL_PICTURE_MAX)
        html_put(&writer, buffer_text(&picture));
    return html_end(&writer, err);
}

int view_html_write(const struct view_input *input, struct buffer *out, struct error *err)
{
    char title[VIEW_TITLE_MAX];
    CLEANUP(buffer_done) struct buffer data = BUFFER_INIT(VIEW_HTML_MAX);
    CLEANUP(buffer_done) struct buffer still = BUFFER_INIT(VIEW_HTML_MAX);
    if (view_json_write(input, &data, err) < 0 || view_still_write(input, &still, err) < 0)
        return -1;
    const struct page page = {
        .title = view_title(input, title, sizeof(title)),
        .view_json = buffer_text(&data),
        .length = data.length,
        .still = buffer_text(&still),
    };
    return page_write(&page, out, err);
}

int view_html_store(const struct stored_record *run, struct error *err)
{
    const struct view_input input = {.runs = run, .n_runs = 1};
    CLEANUP(buffer_done) struct buffer page = BUFFER_INIT(VIEW_HTML_MAX);
    CLEANUP(freep) char *path = file_join(run->dir, VIEW_HTML_NAME);
    if (path == NULL)
        return error_out_of_memory(err);
    if (view_html_write(&input, &page, err) < 0)
        return -1;
    return file_write_atomic(AT_FDCWD, path, buffer_text(&page), page.length, err);
}
