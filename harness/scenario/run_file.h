#pragma once
/* run.json: beside a result, all that was said of its run, so that it can be repeated exactly: a
 * plan (plan.h) of one. It is no part of the evidence. What was given to the service's environment
 * is in there, which may be secret: only its owner may read it. */
#include "scenario/plan.h"

#define RUN_FILE_NAME "run.json"

/* Write it into `dir`, which is in the making (record_store() makes it appear whole). */
int run_file_store(const struct run_spec *run, const char *dir, struct error *err);

/* Read that of `dir`. 1: there is none, as in results of an older leakcage. The caller owns *ret,
 * a plan of one run. */
int run_file_load(const char *dir, struct plan **ret, struct error *err);
