#pragma once
/* The names of all commands and options, one after the other: for those who offer or list them.
 *
 * Names and texts are constants of the program. There are no errors: behind the last is NULL. */
#include <stdbool.h>
#include <stddef.h>

#include "cli/options.h"

/* The i-th command's name; *about: a few words about it, NULL when it is not for people. Neither
 * pointer need be given. */
const char *options_command(size_t i, enum command *command, const char **about);

/* The i-th long option's name without "--", and whether it takes a value. */
const char *options_long(size_t i, bool *takes_value);
