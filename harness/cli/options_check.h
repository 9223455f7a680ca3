#pragma once
/* Options that do not belong to the command that they were given to, or not beside each other, in
 * what has to do with comparisons, gates and reports: each would be ignored otherwise, and the user
 * would not know. */
#include "cli/options.h"

/* ERROR_USAGE names the option and says what it is for. */
int options_check(const struct options *options, struct error *err);
