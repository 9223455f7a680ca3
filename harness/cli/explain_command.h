#pragma once
/* `leakcage explain`: who holds what grows. Scenarios and commands are run as `leakcage run` does;
 * of a result that is there its run is taken (run.json). Each is then repeated with instruments
 * into its folder, EXPLANATION_FOLDER, and both together are explained. */
#include "cli/options.h"

/* Returns the exit status; -1 with the error when nothing could be explained. */
int command_explain(const struct options *options, struct error *err);
