#pragma once
/* The source around the lines of an explanation, taken when it is made, on the machine where the
 * service was built: whoever reads it later, elsewhere, has it from explanation.json, and reads no
 * file that another names. */
#include <stdint.h>

#include "base/error.h"

struct explanation;

/* Lines of source as they were when it was explained. */
struct explanation_source {
    int64_t first;            /* the number of the first, from 1 */
    unsigned n;               /* 0: it was not there */
    const char *const *lines; /* the arena's of the explanation */
};

/* Give each entry, and what is held, the lines around its place, where the source is there
 * (source_lines.h) and is not newer than the run: what was edited since is not what ran.
 * `started_unix_s` is when it began; 0: not known. */
int explanation_add_sources(struct explanation *explanation, int64_t started_unix_s,
                            struct error *err);
