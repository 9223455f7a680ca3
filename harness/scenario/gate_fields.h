#pragma once
/* Budgets of the gate as JSON: {"floor": "+5%", "growth": "+16B/request", …}. */
#include "base/json.h"
#include "base/json_writer.h"
#include "verdict/gate_budget.h"

/* What the object at `place` names replaces what is there; the line becomes the object's. */
int gate_budgets_read(const struct json_place *place, struct gate_budgets *budgets,
                      struct error *err);

/* Nothing is written when nothing was given, and never the line. */
void gate_budgets_write(struct json_writer *writer, const char *key,
                        const struct gate_budgets *budgets);
