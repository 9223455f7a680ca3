#pragma once
/* `leakcage gate --baseline FILE RESULT_DIR...`: cases from runs that have been made already. */
#include "cli/result_folders.h"
#include "gate/gate.h"

/* The results that the operands name, as cases, each of which has its runs; the folders own the
 * records. `work` and environment are looked at as for runs. What cannot be taken is told, and
 * counted in folders->n_broken. ERROR_USAGE: a result is there twice, or there is none. */
int gate_recordings_read(struct gate *gate, struct result_folders *folders, struct error *err);

/* Settle those that cannot be compared with the baseline. */
void gate_recordings_check(struct gate *gate);
