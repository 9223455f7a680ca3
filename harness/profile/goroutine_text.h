#pragma once
/* Go's profiles of things that there are, as text (debug=1): goroutines, threads, and what a
 * program counts itself. Equal stacks are grouped and counted:
 *     goroutine profile: total 502
 *     500 @ 0x43b256 0x46b181
 *     #  0x67ee32  main.hang+0x172  /src/main.go:34
 * The type of its values is the first word ("goroutine"), the unit "count". Where Go knows no name
 * the frames are addresses.
 *
 * The text comes from a service under test: what is no such line is ERROR_USAGE, with its number.
 */
#include "profile/profile.h"

/* Does it start as one does? */
bool goroutine_text_is(const char *text, size_t length);

/* Read it. The caller owns *ret. */
int goroutine_text_read(const char *text, size_t length, struct profile **ret, struct error *err);
