#pragma once
/* Texts that want to be something else than text: markup, the ends of what they stand in, commands
 * of a terminal or of a CI system, cells of a spreadsheet, formats, names that a language has for
 * itself; and bytes that are no text at all. Any name, title, log line or error may be one. */
#include <stddef.h>

#include "scenario/record.h"

struct hostile_text {
    const char *name; /* what it tries */
    const char *text;
};

/* None is empty; the longest are as long as a path may be. */
extern const struct hostile_text hostile_texts[];
extern const size_t n_hostile_texts;

/* Put the text into everything of a record that is text and not one of our own words, cut to what
 * there is room for; what is asked of the machine and of the service, too. `id` (NULL: the text) is
 * for results that lie side by side. */
void hostile_record(struct record *record, const char *id, const char *text);

/* What every form owes its reader: UTF-8, no control character but the line end (of a text of one
 * line not even that), nothing that turns the direction of what stands around it. `what` is named
 * when the test fails. */
void hostile_expect_harmless(const char *what, const char *text, size_t length);
void hostile_expect_line(const char *what, const char *text, size_t length);
