#pragma once
/* Where `leakcage run` runs its plan: the driver that was asked for, or the first that works. */
#include "cli/console.h"
#include "cli/options.h"
#include "driver/driver.h"

/* The driver that was asked for, if it works here; else the first that does, and say which. */
int run_place_choose(const struct options *options, const struct plan *plan,
                     const struct driver_options *driver_options, struct console *console,
                     const struct driver **ret, struct error *err);

/* Guests that share processors are slow ones: say so when there are too many. */
void run_place_warn_of_crowd(unsigned guests, struct console *console);
