#pragma once
/* Groups of a plan: the runs that take turns with each other (run_spec.group).
 *
 * What a place takes of a plan is a part: a whole group, or one run that is in none. Runs of a
 * group stand together in the plan, and are alive at the same time in the same place: so their
 * limits must all fit into its memory, and none of them may need what there is once only. */
#include "scenario/plan.h"

/* As many instances at a time are a crowd for any machine that measures. */
#define PLAN_GROUP_MAX 16

/* How many runs the part has that begins with the run `first`. */
size_t plan_part_length(const struct plan *plan, size_t first);

/* How many parts there are. */
size_t plan_count_parts(const struct plan *plan);

/* The most memory that the services of one group may have among them, by their limits (without a
 * limit: none); 0: there is no group of several runs. */
uint64_t plan_group_memory_bytes(const struct plan *plan);

/* Are all groups such as can be run? -1: the error says which is not, and why. */
int plan_check_groups(const struct plan *plan, struct error *err);
