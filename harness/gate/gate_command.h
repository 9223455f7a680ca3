#pragma once
/* `leakcage gate`: have growth, floor, peak, what stays, or the verdict become worse than in a
 * baseline? What is wrong is found before anything is run where that can be; where nothing can be
 * compared, nothing is run. */
#include "cli/options.h"

/* Returns the exit status; -1 with the error when nothing could be gated. */
int command_gate(const struct options *options, struct error *err);
