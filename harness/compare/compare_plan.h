#pragma once
/* Variants, as a plan: every repeat is a group in which each variant occurs once, so that all of
 * them see the same machine. In which order they stand there goes round from repeat to repeat:
 * nobody always goes first. */
#include "compare/compare_run.h"

#define COMPARE_REPEATS_DEFAULT 4

/* The one thing that the command line compares variants of: a scenario's name or file, a command,
 * an image, or the first of two commands. The caller owns *ret. */
int compare_plan_scenario(const struct options *options, const struct places *places,
                          struct console *console, struct scenario **ret, struct error *err);

/* Fill the empty plan. A variant that cannot be run here is told why in its `skipped`, and then
 * stands behind those that can. ERROR_USAGE: something is wrong with a variant; ERROR_ENVIRONMENT:
 * fewer than two of them can be run here. */
int compare_plan_make(const struct compare_request *request, struct compare_variants *variants,
                      struct plan *plan, struct error *err);
