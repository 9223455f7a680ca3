#pragma once
/* Functions and lines of an address by debug information (DWARF), with those that were inlined.
 *
 * What was found of a compiled unit is kept, so only the first address in it is slow. What the file
 * has wrong is as if it were not there: nothing here loops or recurses by what it says. */
#include <elfutils/libdw.h>
#include <stdint.h>

#include "base/error.h"

struct debug_lines;

/* Borrowed from the debug information. */
struct debug_frame {
    const char *function; /* as it is in there, perhaps mangled; "": not known */
    const char *file;     /* "": not known */
    const char *folder;   /* that `file` is relative to, when it is relative; "": not known */
    int64_t line;         /* 0: not known */
};

/* For this debug information, which is borrowed. The caller owns *ret. */
int debug_lines_new(Dwarf *dwarf, struct debug_lines **ret, struct error *err);
void debug_lines_free(struct debug_lines *lines); /* NULL is fine */

/* The frames of an address, innermost first, `max` of them at most; *ret_n is 0 when nothing is
 * known of it, and 1 with no function where only its line is. */
int debug_lines_find(struct debug_lines *lines, uint64_t address, struct debug_frame *ret,
                     unsigned max, unsigned *ret_n, struct error *err);
