#pragma once
/* The families of samples over time that export_openmetrics.h writes: which they are, and what a
 * step of a run's walk says of each. Pure. */
#include "export/export_run.h"

/* One series of a family: what is read, and the label that tells it from its siblings. */
struct export_series {
    const char *family; /* "leakcage_memory_pressure_seconds"; several in a row may have one */
    const char *type;   /* "gauge", "counter" */
    const char *unit;   /* NULL: a count */
    const char *help;
    const char *label; /* NULL: none */
    const char *value;
    uint64_t divisor; /* what was read is so many times the unit: 1, 1,000,000 or 1,000,000,000 */
    bool (*read)(const struct export_step *at, unsigned field, uint64_t *ret);
    unsigned field; /* for `read` */
};

/* How many there are, and the one at `index`: gauges of memory first. */
size_t export_series_count(void);
void export_series_at(size_t index, struct export_series *ret);
