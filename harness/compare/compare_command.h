#pragma once
/* `leakcage compare`: variants of one scenario side by side, or the same table from recordings.
 *
 * A variant that fails is tried again in every repeat: a service that comes up now and then, or
 * crashes now and then, is a finding; and its failure takes nothing from the others. */
#include "cli/options.h"

/* Returns the exit status; -1 with the error when nothing could be compared. */
int command_compare(const struct options *options, struct error *err);
