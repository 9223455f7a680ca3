#pragma once
/* From the record of a run, or from the error that there is none, to what the caller is told. Pure.
 */
#include "base/error.h"
#include "library/leakcage.h"
#include "scenario/record.h"

/* A result in which nothing was measured. */
void outcome_init(struct leakcage_result *ret);

/* No record: the machine, the options, or something else is to blame. */
void outcome_of_error(const struct error *err, struct leakcage_result *ret);

/* `call_timeout_ns`: what it was run with. `folder` is not set. */
void outcome_of_record(const struct record *record, nsec_t call_timeout_ns,
                       struct leakcage_result *ret);
