#pragma once
/* The decision about each case, from the runs that it has: verdict/gate.h, and what else may be
 * wrong with them. */
#include "gate/gate.h"

/* How many runs of each case the candidate needs: what --repeats says, or else as few as the false
 * alarm rate allows. ERROR_USAGE: what is asked for could never claim anything; the text says what
 * could. */
int gate_decide_repeats(struct gate *gate, struct error *err);

/* Decide every open case. One that failed is settled; of the others `result` is set, and
 * result->suspect says which are to be run again before they are settled. -1: out of memory. */
int gate_decide_open(struct gate *gate, struct error *err);

/* Settle those that are still open, by their results. */
void gate_decide_settle(struct gate *gate);

/* Settle those that are still open and were cut short: by an interrupt, or because no further run
 * was possible (`why`). */
void gate_decide_cut(struct gate *gate, const struct error *why);

/* What the runs of one side were like. 1: the case is settled, for it failed. */
int gate_decide_entry(struct gate *gate, struct gate_case *of, enum gate_side_of side,
                      struct baseline_entry **ret, struct error *err);

/* Did one of the side's runs fail? Then the case is settled. */
bool gate_decide_failed(struct gate *gate, struct gate_case *of, enum gate_side_of side);
