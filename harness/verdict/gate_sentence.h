#pragma once
/* How a gate's decision is said: gate_decide()'s last step. */
#include "verdict/gate.h"

/* Set sentence and remarks of a result that has all the rest. */
void gate_say(const struct gate_side *base, const struct gate_side *candidate,
              const struct gate_budgets *budgets, struct gate_result *ret);
