#pragma once
/* Lines of a /proc file that may be long (the socket tables have a line per socket), with a fixed
 * amount of memory. */
#include "base/error.h"

/* Called for each line, without its newline; -1 stops and is passed on. */
typedef int (*line_reader_function)(char *line, void *context, struct error *err);

/* Read the file line by line. Lines beyond 8 KiB are cut. Returns 1 when there is no such file or
 * what it belongs to is gone (ENOENT, ESRCH, ENOTDIR, ENODEV), 2 when it may not be read (EACCES,
 * EPERM). */
int line_reader_each(int dir_fd, const char *path, line_reader_function function, void *context,
                     struct error *err);
