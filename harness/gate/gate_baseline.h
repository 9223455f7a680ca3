#pragma once
/* The stored baseline of a gate: what can be known of the cases from it, before they are run and
 * after their first run. */
#include "gate/gate.h"

/* Load it. With --update there need not be one yet; else ERROR_USAGE says how to make it. */
int gate_baseline_load(struct gate *gate, struct error *err);

/* Find the entry of every open case. Without --update, a case that has none is new, one that was
 * made with other work is refused; both are settled. `work` is that of the case's run. */
void gate_baseline_meet(struct gate *gate, struct gate_case *of, const struct baseline_work *work);

/* The same for the environment, which is known once there is a record. False: it is refused. */
bool gate_baseline_check(struct gate *gate, struct gate_case *of, const struct record *record);

/* Entries of cases that are not among those of this gate become cases: not run. */
int gate_baseline_add_absent(struct gate *gate, struct error *err);

/* How many runs the entry has that has the fewest, of open cases; 0: none has one. */
unsigned gate_baseline_runs(const struct gate *gate);
