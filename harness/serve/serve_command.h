#pragma once
/* `leakcage serve RESULT_DIR...`: results, and runs while they go on, as a local page. */
#include "cli/options.h"

/* Serve until the user asks to stop, which is as expected; the exit status is returned. The address
 * is the one line on standard output. */
int command_serve(const struct options *options, struct error *err);
