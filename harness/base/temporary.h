#pragma once
/* Folders for what a session needs for a while and no result has: $TMPDIR/OWNER.KIND-XXXXXX.
 *
 * They carry their owner's name (base/owner.h): what a killed one leaves there is told from what
 * another is at work on, and swept by the next one that makes a folder, starts a session or is
 * asked to clean. Where TMPDIR is unset, no absolute path or too long it is /tmp. */
#include <stddef.h>

#include "base/error.h"

/* Make a folder, mode 0700; its path goes into ret[size], which a path in /tmp must fit into. It is
 * the caller's to remove (file_remove_tree()). ERROR_ENVIRONMENT: it cannot be made; *ret is "". */
int temporary_make(const char *kind, char *ret, size_t size, struct error *err);

/* Remove those of our user whose owners are no more. Returns how many there were. */
unsigned temporary_sweep(void);
