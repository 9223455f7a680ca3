#pragma once
/* What is said of a run, in words: the headline, then lines with a name each ("verdict", "cause",
 * "effect", …). The one source for the terminal's block and for pages.
 *
 * Pure: a record in, text out. Texts quote names, errors and logs of others: whoever shows them
 * makes them harmless. */
#include "base/buffer.h"
#include "scenario/record.h"

/* How a word is meant; what it looks like is up to who shows it. */
enum record_tone { RECORD_TONE_PLAIN, RECORD_TONE_GOOD, RECORD_TONE_BAD, RECORD_TONE_WARN };

/* One line: before, word, after. Its strings are borrowed until it has been taken; "" where there
 * is nothing. Between what stands before, with the word, and `after` there is a gap. */
struct record_line {
    const char *name;   /* "": it goes on with the line before */
    const char *before; /* plain */
    const char *word;   /* what stands out, in its tone */
    enum record_tone tone;
    const char *after;
    bool judged; /* false: facts, which come first */
};

/* What is wanted. */
struct record_lines {
    const struct record *record;
    const char *results_dir; /* where it is stored, as the user would type it; NULL: not said */
    const char *next_dir;    /* what to explain next, of a leak: its folder; NULL: not said */
    bool utf8;               /* arrows and dots; plain ASCII otherwise */
    bool sparkline;          /* the memory as a row of blocks, with marks where it was killed */
};

/* Called with each line, in order. */
typedef void record_line_take(void *user, const struct record_line *line);

/* "unclosed-body · limit 50.0 MiB · driver vm (6.1.0, tcg) · 5 cycles of 100 requests · 9.8 s",
 * but for the id, with which it begins. */
int record_headline_write(const struct record_lines *lines, struct buffer *out, struct error *err);

/* Hand over every line that there is something to say in. */
int record_lines_each(const struct record_lines *lines, record_line_take *take, void *user,
                      struct error *err);
