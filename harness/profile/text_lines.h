#pragma once
/* Lines of a text that need not end with a NUL, and numbers in them. Everything points into the
 * text; nothing fails. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text_lines {
    const char *at;
    const char *end;
    size_t number; /* of the line that was read last, from 1 */
};

/* Without its "\n" or "\r\n". */
struct text_line {
    const char *text;
    size_t length;
};

/* From the start of this text. */
struct text_lines text_lines_of(const char *text, size_t length);

/* The next line; false: there is none. */
bool text_lines_next(struct text_lines *lines, struct text_line *ret);

/* Does the line start so? */
bool text_line_starts(const struct text_line *line, const char *start);

/* A whole number, all of these characters; false: it is none, or is beyond 64 bits. */
bool text_line_number(const char *text, size_t length, int64_t *ret);

/* The part of the line up to the next of these characters (or its end), which the line starts
 * after from now on. */
struct text_line text_line_cut(struct text_line *line, char separator);
