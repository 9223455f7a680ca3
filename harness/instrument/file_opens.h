#pragma once
/* Which files were opened since it began, by whoever: for page cache stays when its file is closed,
 * and then nothing of the process tells what it had read.
 *
 * fanotify(7) tells, on all file systems that hold files, which takes root; a thread listens, and
 * keeps paths. Our own opening is left out. */
#include <stddef.h>

#include "base/error.h"

#define FILE_OPENS_MAX 16384

struct file_opens;

/* Listen from now on. The caller owns *ret. 1: it is not allowed here, and err says why. */
int file_opens_begin(struct file_opens **ret, struct error *err);
void file_opens_end(struct file_opens *opens); /* NULL is fine */

/* Listen on the mounts that this process sees, too (those of a container). */
void file_opens_add_mounts(struct file_opens *opens, int pid);

/* Called with each path there is so far, the oldest first; -1 stops and is passed on. */
typedef int (*file_opens_function)(const char *path, void *context, struct error *err);
int file_opens_each(struct file_opens *opens, file_opens_function function, void *context,
                    struct error *err);

/* How many were not kept, for there were more than FILE_OPENS_MAX. */
size_t file_opens_dropped(struct file_opens *opens);
