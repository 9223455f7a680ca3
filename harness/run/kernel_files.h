#pragma once
/* What this kernel lacks of what is measured with, and what is done instead: said in the record.
 *
 * Linux before 5.19 has neither memory.reclaim nor memory.peak. Memory is taken back by lowering
 * memory.high there (memory/cgroup_reclaim.h), and peaks are the highest of the samples. */
#include "scenario/record.h"

/* After a complete cycle, of an instance whose cgroup's folder is `cgroup_dir` (NULL: none of its
 * own): put into the record how that was done, once, and a warning where it was not the usual way.
 * Without a cgroup there is nothing to say. */
void kernel_files_note(const char *cgroup_dir, const struct cycle *cycle, struct record *record);
