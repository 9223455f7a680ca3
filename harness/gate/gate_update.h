#pragma once
/* --update: what is right now goes into the baseline.
 *
 * An entry that the gate passes stays byte for byte as it is, so that a diff shows what has changed
 * and nothing else, and slow drift cannot creep in, a little with every update. One that regressed
 * or improved is replaced, as is one of another environment or of other work, and what is new is
 * added. What failed, or has no clear verdict, is not written. Entries of cases that were not run
 * stay, but for --prune. */
#include "gate/gate.h"

/* Settle every open case, by its runs, and store the baseline when any entry is another one now. */
int gate_update(struct gate *gate, struct error *err);
