#pragma once
/* The runs of a gate: rounds in which every case has its turn, so that a busy minute does not hit
 * one case alone, and a second round of those that are suspect, which decides with all their runs.
 */
#include "gate/gate.h"

/* Run all open cases, and decide about them; they are settled afterwards, but for those that are
 * only to be written (--update), which have their runs. The first repeat is looked at before there
 * are others: what failed, or was made in another environment, is not run again. An
 * interrupt settles the rest. -1: no further run was possible, and the rest is settled too. */
int gate_rounds_run(struct gate *gate, struct error *err);
