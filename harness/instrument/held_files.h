#pragma once
/* Shared memory and page cache by file. Profile "files": a label for each file, or for all files
 * that are named alike (file_label.h), with how many there are and the bytes they have in memory.
 *
 * Page cache is as it was before the harness had the kernel take back what it can, shared memory
 * as it is after that.
 *
 * Looked at are what the service's processes have open or mapped (memfds and deleted files, too),
 * its data folder, what is new in /dev/shm, segments of System V, and (as root) whatever was opened
 * since it was started, for pages stay in the cache when a file is closed. Where the kernel says
 * who is charged for a page of the cache (file_pages.h), the service's own count alone; files of a
 * tmpfs are counted whole. What the kernel keeps for a file besides its pages (inode, dentry: some
 * KiB) is not in it. */
#include "instrument/instrument.h"
#include "scenario/instruments.h"

/* INSTRUMENT_FILES. */
extern const struct instrument instrument_held_files;
