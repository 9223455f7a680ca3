#include "report/line_text.h"

#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/utf8.h"

#define LINE_TEXT_MAX ((size_t)64 * 1024)
/* However narrow it is, so much of a text is on a line. */
#define LINE_TEXT_LEAST 8

static size_t line_text_point_columns(uint32_t point)
{
    static const struct {
        uint32_t first, last;
        size_t columns;
    } ranges[] = {
        {0x0300, 0x036f, 0}, {0x1100, 0x115f, 2}, {0x200b, 0x200f, 0},   {0x2e80, 0xa4cf, 2},
        {0xac00, 0xd7a3, 2}, {0xf900, 0xfaff, 2}, {0xfe00, 0xfe0f, 0},   {0xfe30, 0xfe6f, 2},
        {0xff00, 0xff60, 2}, {0xffe0, 0xffe6, 2}, {0x1f300, 0x1faff, 2}, {0x20000, 0x3fffd, 2},
    };
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
        if (point >= ranges[i].first && point <= ranges[i].last)
            return ranges[i].columns;
    return 1;
}

/* What is usually written for it where there is only ASCII. */
static const char *line_text_ascii(uint32_t point)
{
    switch (point) {
    case 0xb7: /* · */
        return "|";
    case 0xd7: /* × */
        return "x";
    case 0x2013: /* – */
    case 0x2212: /* − */
        return "-";
    case 0x2026: /* … */
        return "...";
    case 0x2264: /* ≤ */
        return "<=";
    case 0x2192: /* → */
        return "->";
    default:
        return "?";
    }
}

/* Would it be markup? An address becomes a link by itself, with our backslashes in it. */
static bool line_text_is_markup(const char *text)
{
    return strchr("\\`*_{}[]<>#|~&", *text) != NULL || strncmp(text, "://", 3) == 0;
}

/* One character; returns how many bytes of the text it took. */
static size_t line_text_character(const char *text, enum line_text_form form, struct buffer *out)
{
    size_t length = utf8_length(text);
    uint32_t point = length > 0 ? utf8_point(text, length) : 0xfffd;
    if (*text == '\n' || *text == '\r' || *text == '\t')
        buffer_append_text(out, " ", NULL);
    else if (length == 0 || utf8_is_harmful(point))
        buffer_append_text(out, form == LINE_TEXT_ASCII ? "?" : "\xef\xbf\xbd", NULL);
    else if (length > 1 && form == LINE_TEXT_ASCII)
        buffer_append_text(out, line_text_ascii(point), NULL);
    else {
        if (form == LINE_TEXT_MARKDOWN && line_text_is_markup(text))
            buffer_append_text(out, "\\", NULL);
        buffer_append(out, text, length, NULL);
    }
    return length > 0 ? length : 1;
}

int line_text_append(const char *text, enum line_text_form form, struct buffer *out,
                     struct error *err)
{
    while (*text != '\0')
        text += line_text_character(text, form, out);
    return buffer_append_text(out, "", err);
}

int line_text_append_lines(const char *text, enum line_text_form form, struct buffer *out,
                           struct error *err)
{
    bool begins = false; /* a line, so far of blanks */
    while (*text != '\0') {
        if (*text == '\n') {
            buffer_append_text(out, "\n", NULL);
            text++;
            begins = true;
            continue;
        }
        bool is_command = (begins && strncmp(text, "::", 2) == 0) || strncmp(text, "##[", 3) == 0;
        begins = begins && strchr(" \t\r", *text) != NULL;
        text += line_text_character(text, form, out);
        if (is_command)
            buffer_append_text(out, " ", NULL);
    }
    return buffer_append_text(out, "", err);
}

size_t line_text_columns(const char *text)
{
    size_t columns = 0;
    while (*text != '\0') {
        size_t length = utf8_length(text);
        columns += length > 0 ? line_text_point_columns(utf8_point(text, length)) : 1;
        text += length > 0 ? length : 1;
    }
    return columns;
}

size_t line_text_fitting(const char *text, size_t columns)
{
    const char *at = text;
    size_t taken = 0;
    while (*at != '\0') {
        size_t length = utf8_length(at);
        taken += length > 0 ? line_text_point_columns(utf8_point(at, length)) : 1;
        if (taken > columns)
            break;
        at += length > 0 ? length : 1;
    }
    return (size_t)(at - text);
}

/* The text behind its first `columns`. */
static const char *line_text_skip(const char *text, size_t columns)
{
    size_t taken = 0;
    while (*text != '\0' && taken < columns) {
        size_t length = utf8_length(text);
        taken += length > 0 ? line_text_point_columns(utf8_point(text, length)) : 1;
        text += length > 0 ? length : 1;
    }
    return text;
}

int line_text_shorten(const char *text, size_t columns, enum line_text_form form,
                      struct buffer *out, struct error *err)
{
    CLEANUP(buffer_done) struct buffer whole = BUFFER_INIT(LINE_TEXT_MAX);
    bool ascii = form == LINE_TEXT_ASCII;
    const char *gap = ascii ? "..." : "…";
    if (line_text_append(text, ascii ? form : LINE_TEXT_UTF8, &whole, err) < 0)
        return -1;
    size_t all = line_text_columns(buffer_text(&whole));
    if (all <= columns)
        return line_text_append(text, form, out, err);
    size_t kept = columns - line_text_columns(gap);
    const char *start = buffer_text(&whole);
    const char *end = start + line_text_fitting(start, kept - kept / 2);
    CLEANUP(buffer_done) struct buffer head = BUFFER_INIT(LINE_TEXT_MAX);
    if (buffer_append(&head, start, (size_t)(end - start), err) < 0 ||
        line_text_append(buffer_text(&head), form, out, err) < 0 ||
        buffer_append_text(out, gap, err) < 0)
        return -1;
    return line_text_append(line_text_skip(start, all - kept / 2), form, out, err);
}

/* Where the line that begins here is broken: at the last space that leaves it within `columns`. */
static const char *line_text_break(const char *text, size_t columns)
{
    const char *end = text + line_text_fitting(text, columns);
    const char *space = end;
    if (*end == '\0')
        return end;
    while (space > text && *space != ' ')
        space--;
    return space > text ? space : end;
}

int line_text_wrap(const char *text, const struct line_text_indent *indent, unsigned width,
                   struct buffer *out, struct error *err)
{
    const char *before = indent->first;
    if (width == 0)
        return buffer_printf(out, err, "%s%s\n", before, text);
    do {
        size_t taken = line_text_columns(before);
        const char *end = line_text_break(text, width > taken + LINE_TEXT_LEAST ? width - taken
                                                                                : LINE_TEXT_LEAST);
        buffer_append_text(out, before, NULL);
        buffer_append(out, text, (size_t)(end - text), NULL);
        if (buffer_append_text(out, "\n", err) < 0)
            return -1;
        text = end;
        while (*text == ' ')
            text++;
        before = indent->next;
    } while (*text != '\0');
    return 0;
}
