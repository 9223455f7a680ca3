#pragma once
/* What is held, summed by label and stack, for one profile. */
#include "instrument/instrument.h"

struct held_totals;

/* An empty one. The caller owns *ret. */
int held_totals_new(struct held_totals **ret, struct error *err);
void held_totals_free(struct held_totals *totals);   /* NULL is fine */
void held_totals_freep(struct held_totals **totals); /* for CLEANUP */

/* So many more of this stack. `label` with its brackets; "": none. */
int held_totals_add(struct held_totals *totals, const char *label, uint32_t stack, int64_t objects,
                    int64_t bytes, struct error *err);

/* Which file, and which types. */
struct held_totals_file {
    const char *dir;
    const char *name;
    size_t cycle;
    bool has_bytes;
};

/* Write them as DIR/NAME.CYCLE.gz, with the types of `pages` and `mappings` (inuse_objects,
 * inuse_space), or, without bytes, that of `descriptors`. The share's lock is taken meanwhile. */
int held_totals_store(const struct held_totals *totals, struct instrument_share *share,
                      const struct held_totals_file *file, struct error *err);
