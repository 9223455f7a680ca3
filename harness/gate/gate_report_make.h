#pragma once
/* From a gate whose cases are all settled to what its reports are made from, and to the exit
 * status. */
#include "gate/gate.h"

/* Everything that the report points to is the gate's. */
int gate_report_make(struct gate *gate, struct gate_report *ret, struct error *err);

/* The worst of all cases. */
enum exit_status gate_report_status(const struct gate *gate);
