#pragma once
/* What the command line says replaces what the scenario says, in it and in each of its variants. */
#include "cli/options.h"
#include "scenario/scenario.h"

/* Apply them. ERROR_USAGE names the option. */
int overrides_apply(const struct options *options, struct scenario *scenario, struct error *err);
