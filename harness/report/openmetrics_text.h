#pragma once
/* The pieces that OpenMetrics text is made of, for whoever writes some: what describes a family,
 * the labels of a case, a point in time. The writer keeps the first failure (ci_text.h). */
#include "report/ci_text.h"

struct openmetrics_family {
    const char
        *name; /* with its unit, as the specification wants it; of a counter without _total */
    const char *type; /* "gauge", "counter" */
    const char *unit; /* what the name ends with; NULL: a count */
    const char *help; /* without a full stop, quotes and backslashes */
    const char *more; /* of the help; NULL: nothing */
};

/* Append TYPE, UNIT and HELP. */
void openmetrics_describe(struct ci_writer *writer, const struct openmetrics_family *family);

/* Append "{scenario="…",…}": what tells which case it is, and further pairs of a name and a value
 * up to a NULL (`more` may be NULL). A label that is empty is left out; nothing when all are. */
void openmetrics_labels(struct ci_writer *writer, const struct ci_case *item,
                        const char *const *more);

/* A timestamp, "1764000000.123". Returns text[CI_NUMBER_MAX]. */
const char *openmetrics_time(int64_t unix_ms, char *text);
