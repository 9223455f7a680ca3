#pragma once
/* What is gated: the command line as cases, and a template of each one's run.
 *
 * Every scenario, in every variant, build and allocator that is asked for, is a case of its own; so
 * is the one service that the command line itself says. With --against a case has two templates,
 * which differ in the program alone. */
#include "gate/gate.h"

/* Fill gate->cases and gate->templates, nothing of which is run yet. What cannot be run on this
 * machine is a case that is settled. ERROR_USAGE: something is wrong with a scenario. */
int gate_plan_make(struct gate *gate, struct error *err);
