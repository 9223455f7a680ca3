#pragma once
/* What `leakcage explain` repeats a run as: the same, at the same load, with the instruments that
 * fit what the plain run has shown. */
#include "scenario/plan.h"
#include "scenario/record.h"

/* The instruments for what this plain run of it has shown, by verdict, cause and runtimes, a bit
 * each (scenario/instruments.h). `sanitized`: a sanitizer is in the program, which has the
 * allocator's functions to itself. */
uint32_t explain_choose(const struct record *plain, bool sanitized);

/* Add the repetition of `run`, which `plain` came of, with these instruments (0: those that fit).
 * Its id is EXPLANATION_FOLDER. What is not needed to tell who holds memory is left out; what the
 * run had shown before it was killed gets the room to be seen. Whatever `run` points to lives as
 * long as the plan. */
int explain_plan_add(const struct run_spec *run, const struct record *plain, uint32_t instruments,
                     struct plan *plan, struct error *err);
