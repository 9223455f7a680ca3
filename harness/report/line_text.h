#pragma once
/* Text from outside (names, errors, logs) as part of a line on a terminal or in Markdown: control
 * characters, escape sequences and what is not UTF-8 come out as something harmless, and columns
 * can be counted. */
#include <stdbool.h>

#include "base/buffer.h"

/* How a text is to come out. */
enum line_text_form {
    LINE_TEXT_ASCII, /* what is not ASCII becomes "?", or what it is usually written as */
    LINE_TEXT_UTF8,
    LINE_TEXT_MARKDOWN, /* UTF-8, and what would be markup is escaped */
};

/* Append the text, made harmless. */
int line_text_append(const char *text, enum line_text_form form, struct buffer *out,
                     struct error *err);

/* The same, but its lines stay lines ("\n"). Of logs and errors, which a CI job may print: what
 * GitHub's runner would take for a command ("::" at the begin of a line, "##[") is broken up. */
int line_text_append_lines(const char *text, enum line_text_form form, struct buffer *out,
                           struct error *err);

/* The columns that a harmless text takes on a terminal. */
size_t line_text_columns(const char *text);

/* How many bytes of a harmless text, from its beginning, take at most so many columns. */
size_t line_text_fitting(const char *text, size_t columns);

/* Append the text, cut in its middle to at most `columns` (at least 5): "plain+…alloc". */
int line_text_shorten(const char *text, size_t columns, enum line_text_form form,
                      struct buffer *out, struct error *err);

/* What stands before the first line of a text, and before the others. */
struct line_text_indent {
    const char *first, *next;
};

/* Append a harmless text as lines of at most `width` columns (0: one line), broken at spaces; each
 * ends with a newline. */
int line_text_wrap(const char *text, const struct line_text_indent *indent, unsigned width,
                   struct buffer *out, struct error *err);
