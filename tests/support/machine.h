#pragma once
/* Tests run on machines that are busy with other things, and a run is warned of those. */
#include "scenario/record.h"

/* Take out of a record what it was warned of because of the machine (run/host.h): swapping, others
 * that were killed for memory, time that went to another guest. */
void machine_forget_warnings(struct record *record);

/* What this process has in memory. */
size_t machine_resident_pages(void);
