#pragma once
/* HTML and SVG that the program writes: markup of its own, and text from outside, which is always
 * escaped. The first failure is kept and every later call does nothing; ask html_end().
 *
 * The output is both HTML and well-formed XML. */
#include <stdbool.h>

#include "base/buffer.h"

struct html_writer {
    struct buffer *out; /* borrowed */
    struct error error;
    bool failed;
};

/* Append to `out` from here on. */
void html_begin(struct html_writer *writer, struct buffer *out);

/* Markup as it is; the second with numbers and words of ours in it, never what is from outside. */
void html_put(struct html_writer *writer, const char *markup);
void html_printf(struct html_writer *writer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Text from outside, for content and for attributes in double quotes. It appears as it is, markup
 * and quotes too; control characters appear as their pictures (␀), line ends and tabs as spaces,
 * what is not UTF-8, no character, or turns the direction of text, as U+FFFD. */
void html_text(struct html_writer *writer, const char *text);

/* The same with numbers and words put in first. */
void html_text_printf(struct html_writer *writer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* -1 with the first failure. */
int html_end(struct html_writer *writer, struct error *err);
