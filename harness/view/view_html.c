#include "view/view_html.h"

#include <fcntl.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "view/page.h"
#include "view/view_json.h"

#define VIEW_HTML_MAX  ((size_t)64 * 1024 * 1024)
#define VIEW_TITLE_MAX 512

int view_html_write(const struct view_input *input, struct buffer *out, struct error *err)
{
    char title[VIEW_TITLE_MAX];
    CLEANUP(buffer_done) struct buffer data = BUFFER_INIT(VIEW_HTML_MAX);
    if (view_json_write(input, &data, err) < 0)
        return -1;
    return page_write(view_title(input, title, sizeof(title)), buffer_text(&data), data.length,
                      NULL, out, err);
}

int view_html_store(const struct view_run *run, struct error *err)
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
