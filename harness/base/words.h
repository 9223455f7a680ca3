#pragma once
/* A line of text as the words of a command, without a shell.
 *
 * Words are separated by blanks. '…' holds any text as it stands; in "…" a backslash stands before
 * '"' and itself; outside of both it makes any character an ordinary one. Nothing else means
 * anything: no variables, no globs. What only a shell would understand (a lone |, >, &&, …) is an
 * error that says so, unless it is quoted. */
#include "base/error.h"

/* The words of `text`, NULL-terminated, in one piece of memory that one free() releases.
 * ERROR_USAGE with the position (columns from 1) for quotes that are not closed, a backslash at the
 * end, a shell's operator, and no word at all. */
int words_split(const char *text, char ***ret, struct error *err);
