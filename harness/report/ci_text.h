#pragma once
/* What the forms for CI systems share: text from outside made harmless line by line, numbers, and
 * files as such systems want them named. The first failure is kept and every later call does
 * nothing; ask ci_end(). */
#include "base/buffer.h"
#include "report/ci_report.h"

struct ci_writer {
    struct buffer *out; /* borrowed */
    struct error error;
    bool failed;
};

/* Append to `out` from here on. */
void ci_begin(struct ci_writer *writer, struct buffer *out);

/* Text of ours, as it is. */
void ci_put(struct ci_writer *writer, const char *text);

/* Text from outside, with what `escapes` names replaced: pairs of a character and what stands for
 * it ("%", "%25", …, NULL). Control characters and what is not UTF-8 come out as U+FFFD; each line
 * end, however it is written, as `line_end`. NULL is the empty text. */
void ci_text(struct ci_writer *writer, const char *text, const char *line_end,
             const char *const *escapes);

/* -1 with the first failure. */
int ci_end(struct ci_writer *writer, struct error *err);

/* The next line of a text: its length without the line end ("\n", "\r\n" or "\r"), and in *next
 * where the one behind it starts; NULL: it was the last. */
size_t ci_line(const char *text, const char **next);

/* Room for ci_number(). */
#define CI_NUMBER_MAX 40

/* The shortest decimal that reads back the same; of finite numbers. Returns text. */
const char *ci_number(double value, char *text);

/* The file of a case, as short as it can be said: below the working directory relative to it,
 * without "./", "//" and what ".." takes back. "": it has none. In `out`, which is emptied. */
int ci_file(const struct ci_report *report, const struct ci_case *item, struct buffer *out,
            struct error *err);
