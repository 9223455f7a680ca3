#pragma once
/* How often each name came: sockets by state and peer, open files by path. */
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "timeline/survey.h"

struct name_counts {
    struct name_count *entries; /* owned; open addressing, n_slots is a power of two */
    size_t n_slots;
    size_t n_used;
};

#define NAME_COUNTS_INIT ((struct name_counts){.entries = NULL})

void name_counts_done(struct name_counts *counts); /* for CLEANUP */

/* Count one more of this name. Names are cut to SURVEY_NAME_MAX - 1 bytes: a path loses its
 * beginning, anything else its end. */
int name_counts_add(struct name_counts *counts, const char *name, struct error *err);

/* The same for a file of that size; the largest of a name counts. SURVEY_ABSENT: not known. */
int name_counts_add_file(struct name_counts *counts, const char *name, uint64_t bytes,
                         struct error *err);

/* The rows of a survey: largest count first, equal counts by name; what does not fit is summed in
 * a last row "other". Where paths do not fit, those of one folder are first joined as
 * "/folder/…", so that files with made-up names still show where they are. */
int name_counts_top(const struct name_counts *counts, struct survey_group *rows, unsigned *ret_n,
                    struct error *err);
