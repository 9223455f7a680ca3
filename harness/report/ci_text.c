#include "report/ci_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "report/line_text.h"

#define CI_TEXT_MAX ((size_t)1024 * 1024)

const char *const ci_status_names[] = {
    [CI_PASSED] = "passed",       [CI_FAILED] = "failed",   [CI_ERROR] = "error",
    [CI_UNDECIDED] = "undecided", [CI_SKIPPED] = "skipped",
};

void ci_begin(struct ci_writer *writer, struct buffer *out)
{
    *writer = (struct ci_writer){.out = out};
}

void ci_put(struct ci_writer *writer, const char *text)
{
    if (!writer->failed && buffer_append_text(writer->out, text, &writer->error) < 0)
        writer->failed = true;
}

size_t ci_line(const char *text, const char **next)
{
    size_t length = strcspn(text, "\r\n");
    if (text[length] == '\0')
        *next = NULL;
    else
        *next = text + length + (text[length] == '\r' && text[length + 1] == '\n' ? 2 : 1);
    return length;
}

/* A harmless line, with its escapes. */
static void ci_escape(struct ci_writer *writer, const char *text, const char *const *escapes)
{
    for (; *text != '\0'; text++) {
        const char single[] = {*text, '\0'};
        const char *piece = single;
        for (size_t i = 0; escapes != NULL && escapes[i] != NULL; i += 2)
            if (escapes[i][0] == *text)
                piece = escapes[i + 1];
        ci_put(writer, piece);
    }
}

void ci_text(struct ci_writer *writer, const char *text, const char *line_end,
             const char *const *escapes)
{
    CLEANUP(buffer_done) struct buffer raw = BUFFER_INIT(CI_TEXT_MAX);
    CLEANUP(buffer_done) struct buffer line = BUFFER_INIT(4 * CI_TEXT_MAX);
    while (text != NULL && !writer->failed) {
        const char *next = NULL;
        size_t length = ci_line(text, &next);
        buffer_clear(&raw);
        buffer_clear(&line);
        if (buffer_append(&raw, text, length, &writer->error) < 0 ||
            line_text_append(buffer_text(&raw), LINE_TEXT_UTF8, &line, &writer->error) < 0)
            writer->failed = true;
        ci_escape(writer, buffer_text(&line), escapes);
        if (next != NULL)
            ci_put(writer, line_end);
        text = next;
    }
}

int ci_end(struct ci_writer *writer, struct error *err)
{
    if (!writer->failed)
        return 0;
    return error_set(err, writer->error.kind, "%s", writer->error.text);
}

const char *ci_number(double value, char *text)
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, CI_NUMBER_MAX, "%.*g", digits, value);
        double back = strtod(text, NULL);
        if (back >= value && back <= value)
            break;
    }
    return text;
}

/* Append one component of a path to what is there, or take one back. */
static int ci_component(const char *name, size_t length, struct buffer *out, struct error *err)
{
    const char *so_far = buffer_text(out);
    if (length == 0 || (length == 1 && name[0] == '.'))
        return 0;
    const char *slash = strrchr(so_far, '/');
    const char *last = slash != NULL ? slash + 1 : so_far;
    bool goes_up = length == 2 && memcmp(name, "..", 2) == 0;
    if (goes_up && *last != '\0' && strcmp(last, "..") != 0) {
        out->length = slash == NULL ? 0 : (size_t)(slash - so_far);
        if (slash == so_far)
            out->length = 1;
        out->data[out->length] = '\0';
        return 0;
    }
    if (goes_up && strcmp(so_far, "/") == 0)
        return 0;
    if (*last != '\0' && buffer_append_text(out, "/", err) < 0)
        return -1;
    return buffer_append(out, name, length, err);
}

int ci_file(const struct ci_report *report, const struct ci_case *item, struct buffer *out,
            struct error *err)
{
    const char *path = item->file != NULL ? item->file : report->file;
    const char *directory = report->directory;
    buffer_clear(out);
    if (path == NULL || *path == '\0')
        return buffer_append_text(out, "", err);
    if (path[0] == '/' && buffer_append_text(out, "/", err) < 0)
        return -1;
    while (*path != '\0') {
        size_t length = strcspn(path, "/");
        if (ci_component(path, length, out, err) < 0)
            return -1;
        path += length;
        path += *path == '/';
    }
    size_t length = directory != NULL ? strlen(directory) : 0;
    if (length > 1 && out->length > length + 1 && memcmp(out->data, directory, length) == 0 &&
        out->data[length] == '/') {
        memmove(out->data, out->data + length + 1, out->length - length);
        out->length -= length + 1;
    }
    return 0;
}
