#pragma once
/* What --against means: a git revision, or a command. */
#include "gate/gate.h"

/* Prepare gate->revisions (the revision and the working tree, both built when --build says how) or
 * gate->command. ERROR_USAGE: it is neither, or could be both; the text says how to write each. */
int gate_against_prepare(struct gate *gate, struct error *err);

/* Can this scenario's service be another one on the other side? */
int gate_against_check(const struct gate *gate, const struct scenario *scenario, struct error *err);
