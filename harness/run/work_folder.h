#pragma once
/* Folders beside the results in which something is in the making: RESULTS/.KIND-OWNER.
 *
 * They carry their owner's name (base/owner.h), so that what a killed one left there can be told
 * from what another is at work on. */
#include "base/error.h"

#define WORK_FOLDER_SESSION   ".work-"      /* a session's: records until they are whole */
#define WORK_FOLDER_REVISIONS ".revisions-" /* clones of git revisions, and what is built there */

/* Make `results_dir` and this process's folder of that kind in there; the path, absolute, is
 * malloc'd into *ret. Sweeps before. Others may pass through a session's, and not list it. */
int work_folder_make(const char *results_dir, const char *kind, char **ret, struct error *err);

/* Make a folder that others may pass through, on the way to a run's data, but not list (0711). */
int work_folder_make_passage(const char *path, struct error *err);

/* Remove those whose owners are no more. Returns how many there were. */
unsigned work_folder_sweep(const char *results_dir);
