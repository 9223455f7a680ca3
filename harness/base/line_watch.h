#pragma once
/* Watch a growing file, such as a log, for a line that matches a regular expression (POSIX
 * extended).
 *
 * What is there when the watch begins does not count, only what is appended later. The file is read
 * as it grows, whatever is in it: a NUL byte is any other character, and of a line that is longer
 * than LINE_WATCH_WINDOW_BYTES every stretch of that length is looked at, each with half of the one
 * before. A line that is not ended yet is looked at when nothing has been added since the last
 * look: a program may print the word and then wait. */
#include <stdbool.h>

#include "base/error.h"

#define LINE_WATCH_WINDOW_BYTES 16384

struct line_watch;

/* Is it a regular expression? ERROR_USAGE with what is wrong. */
int line_watch_check(const char *pattern, struct error *err);

/* Watch from the file's present end on; it may not be there yet. The caller owns *ret. */
int line_watch_new(const char *path, const char *pattern, struct line_watch **ret,
                   struct error *err);
void line_watch_free(struct line_watch *watch); /* NULL is fine */

/* Look at what was added. True when a line has matched, now or before. */
bool line_watch_look(struct line_watch *watch);

/* How many whole lines were looked at. */
unsigned long line_watch_lines(const struct line_watch *watch);
