#pragma once
/* The folder of a run in which its programs may write: LEAKCAGE_DATA to them.
 *
 * It lies with the session's other work, where files are what they are on a disk (in the guest, the
 * working directory is below an overlay in memory, and what is written there is memory that nobody
 * can take back), and beside what becomes the result, so that it is never part of it. It is there
 * from before the first start until the run is over: a service that was killed and is started again
 * finds what it wrote, as in a container with an emptyDir. */
#include "base/error.h"
#include "scenario/record.h"

/* WORK_DIR/ID.data, empty; malloc'd into *ret. */
int data_folder_make(const char *work_dir, const char *id, char **ret, struct error *err);

/* Where it was used: a warning of the record when what was written there was memory. */
void data_folder_check(const char *data_dir, struct record *record);

/* Remove WORK_DIR/ID.data with all that is in it, once nothing of the run lives on. For the host of
 * a guest to do: it needs a thousandth of the time. What cannot be removed becomes a warning. */
void data_folder_remove(const char *work_dir, const char *id, struct record *record);
