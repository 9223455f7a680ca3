#pragma once
/* What `leakcage run` is to run: the command line's scenarios, command, image, pod or process, as a
 * plan. */
#include "cli/console.h"
#include "cli/options.h"
#include "cli/places.h"
#include "scenario/plan.h"

/* Add all of it to the plan; what of a manifest changes nothing is told on the console. Errors are
 * ERROR_USAGE. */
int run_plan_make(const struct options *options, const struct places *places,
                  struct console *console, struct plan *plan, struct error *err);

/* The scenario that the command line itself is: a command, an image, a pod, something to attach to.
 * The caller owns *ret. */
int run_plan_scenario_of_options(const struct options *options, struct console *console,
                                 struct scenario **ret, struct error *err);

/* All runs of the plan once more, and again, as --repeats says: "NAME.2", "NAME.3". */
int run_plan_repeat(const struct options *options, struct plan *plan, struct error *err);

/* Leave what belongs to other shards to them. 1: that is everything, and it was said. */
int run_plan_select_shard(const struct options *options, struct console *console, struct plan *plan,
                          struct error *err);
