#pragma once
/* Paths of source files as people want to read them. Debug information has them relative to the
 * folder that was compiled in, with "." and ".." in them. */
#include <stddef.h>

/* "/build/src" and "../lib/./x.c" are "/build/lib/x.c". What is relative all the same stays so. By
 * its text alone: no link is followed. Cut where it is longer than `size`. Returns text. */
const char *source_path_make(const char *folder, const char *file, char *text, size_t size);
