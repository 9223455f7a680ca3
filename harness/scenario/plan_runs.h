#pragma once
/* The inside of a plan, shared by plan.c (which makes it) and plan_json.c (which reads it). */
#include "scenario/plan.h"

/* Append a run that is complete but for its id. What it points to is in the plan's arena. */
int plan_append(struct plan *plan, const struct run_spec *run, struct error *err);
