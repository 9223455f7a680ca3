#pragma once
/* A gate, as CI systems are told of it: each case with its status, what kind of finding it is, and
 * its figures beside those of the baseline.
 *
 * A case that the baseline does not have, or has of another environment, is an error, as is one
 * whose run failed: nothing was compared. One that was written into the baseline, or left as it is
 * there, has passed. The rule of a regression is the verdict's when that turned ("leak",
 * "verdict"), else the first figure that is beyond its budget; the message names them all. */
#include "report/ci_list.h"
#include "report/gate_report.h"

/* The list borrows from `gate`; ci_list_done() releases what is its own. */
int gate_ci(const struct gate_report *gate, struct ci_list *ret, struct error *err);
