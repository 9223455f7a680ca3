#pragma once
/* The source around a line, where it is on this machine.
 *
 * The name of the file comes from the debug information of a service under test, so what is read
 * must look like source: a regular file of at most SOURCE_FILE_MAX_BYTES whose ending is one of a
 * language's, and whose line is there. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SOURCE_LINES_MAX      9
#define SOURCE_LINE_MAX       200 /* of one, with the NUL; a longer one is cut */
#define SOURCE_FILE_MAX_BYTES ((size_t)4 << 20)

struct source_lines {
    int64_t first; /* the number of the first, from 1 */
    unsigned n;
    char text[SOURCE_LINES_MAX][SOURCE_LINE_MAX];
};

/* Does a file of this name hold source? By its ending. */
bool source_lines_is_source(const char *file);

/* The line with `around` lines on either side, as far as there are any; false: there is no such
 * file or line, or it is none that is read. A relative name is looked up in the working folder. */
bool source_lines_read(const char *file, int64_t line, unsigned around, struct source_lines *ret);
