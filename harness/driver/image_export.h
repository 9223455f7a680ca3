#pragma once
/* Images on their way to where a plan is run: the guest sees this machine's files, but not its
 * engine's storage. */
#include "scenario/plan.h"

/* Write each image that a run of the plan names to a file in `work_dir` (once, however many runs
 * name it), and put "docker-archive:FILE" in its place: runs[i] is a copy of plan->runs[i] with
 * that. Archives stay where they are, and are read, so that what is wrong with one is known before
 * anything is started. The texts hang off the plan's arena. *ret_bytes: how large they are
 * together; 0: no run names an image. */
int image_export_all(const struct plan *plan, const char *work_dir, struct run_spec *runs,
                     uint64_t *ret_bytes, struct error *err);
