#pragma once
/* The columns of the list, and the order of its rows. */
#include <stddef.h>

#include "serve/serve_row.h"

enum serve_column {
    SERVE_COLUMN_RUN,
    SERVE_COLUMN_VERDICT,
    SERVE_COLUMN_CAUSE,
    SERVE_COLUMN_GROWTH,
    SERVE_COLUMN_FLOOR,
    SERVE_COLUMN_PEAK,
    SERVE_COLUMN_LIMIT,
    SERVE_COLUMN_REQUESTS,
    SERVE_COLUMN_DURATION,
    SERVE_COLUMN_DATE,
    SERVE_COLUMN_MAX_
};

struct serve_order {
    enum serve_column column;
    bool descending;
};

struct serve_column_info {
    const char *name; /* in the link that sorts by it */
    const char *heading;
    bool number; /* numbers stand at the right, and come largest first */
};

extern const struct serve_column_info serve_columns[SERVE_COLUMN_MAX_];

/* The order that a link asks for: a column's name, "asc" or "desc"; NULL or no such word: newest
 * first, or as the column comes first. */
struct serve_order serve_order_of(const char *column, const char *direction);

/* The rows (borrowed) in that order, malloc'd; what is not known comes last. NULL: out of memory.
 */
const struct serve_row **serve_order_rows(const struct serve_row *rows, size_t n,
                                          const struct serve_order *order);
