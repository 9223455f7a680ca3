#pragma once
/* `leakcage compare RESULT_DIR...`: the comparison of runs that have been made already. */
#include "cli/options.h"

/* Results are grouped by their variant, the one that was compared with first; where all are of the
 * same one, by the folder that was named on the command line. Nothing is run. Returns the exit
 * status; -1: they cannot be compared. */
int compare_recordings(const struct options *options, struct error *err);
