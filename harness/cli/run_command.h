#pragma once
/* `leakcage run`: scenarios and options to a plan, the plan to a session, its records to the
 * console. */
#include "cli/options.h"

/* Returns the exit status; -1 with the error when no run was possible. */
int command_run(const struct options *options, struct error *err);
