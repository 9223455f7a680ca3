#include "serve/serve_order.h"

#include <stdlib.h>
#include <string.h>

const struct serve_column_info serve_columns[SERVE_COLUMN_MAX_] = {
    [SERVE_COLUMN_RUN] = {"run", "run", false},
    [SERVE_COLUMN_VERDICT] = {"verdict", "verdict", false},
    [SERVE_COLUMN_CAUSE] = {"cause", "cause", false},
    [SERVE_COLUMN_GROWTH] = {"growth", "growth", true},
    [SERVE_COLUMN_FLOOR] = {"floor", "floor", true},
    [SERVE_COLUMN_PEAK] = {"peak", "peak", true},
    [SERVE_COLUMN_LIMIT] = {"limit", "limit", true},
    [SERVE_COLUMN_REQUESTS] = {"requests", "requests", true},
    [SERVE_COLUMN_DURATION] = {"duration", "time", true},
    [SERVE_COLUMN_DATE] = {"date", "date", true},
};

struct serve_order serve_order_of(const char *column, const char *direction)
{
    struct serve_order order = {.column = SERVE_COLUMN_DATE};
    for (unsigned i = 0; column != NULL && i < SERVE_COLUMN_MAX_; i++)
        if (strcmp(column, serve_columns[i].name) == 0)
            order.column = (enum serve_column)i;
    order.descending = serve_columns[order.column].number;
    if (direction != NULL && strcmp(direction, "asc") == 0)
        order.descending = false;
    else if (direction != NULL && strcmp(direction, "desc") == 0)
        order.descending = true;
    return order;
}

static const char *order_text(const struct serve_row *row, enum serve_column column)
{
    if (row->why[0] != '\0' && column != SERVE_COLUMN_RUN)
        return "";
    return column == SERVE_COLUMN_VERDICT ? row->verdict
           : column == SERVE_COLUMN_CAUSE ? row->cause
                                          : row->id;
}

static struct serve_number order_number(const struct serve_row *row, enum serve_column column)
{
    switch (column) {
    case SERVE_COLUMN_GROWTH:
        return row->growth_bytes_per_request;
    case SERVE_COLUMN_FLOOR:
        return row->floor_bytes;
    case SERVE_COLUMN_PEAK:
        return row->peak_bytes;
    case SERVE_COLUMN_LIMIT:
        return row->limit_bytes;
    case SERVE_COLUMN_REQUESTS:
        return row->requests;
    case SERVE_COLUMN_DURATION:
        return row->duration_s;
    default:
        return (struct serve_number){.present = row->stamp.mtime_ns > 0,
                                     .value = (double)row->stamp.mtime_ns};
    }
}

/* By what is known of both; *ret_order is of the smaller first. False: not of both, and then it is
 * of the known one first, whichever way is asked for. */
static bool order_compare_known(const struct serve_row *a, const struct serve_row *b,
                                enum serve_column column, int *ret_order)
{
    if (serve_columns[column].number) {
        struct serve_number left = order_number(a, column);
        struct serve_number right = order_number(b, column);
        bool both = left.present && right.present;
        *ret_order = both ? (left.value > right.value) - (left.value < right.value)
                          : right.present - left.present;
        return both;
    }
    const char *left = order_text(a, column);
    const char *right = order_text(b, column);
    bool both = *left != '\0' && *right != '\0';
    *ret_order = both ? strcmp(left, right) : (*right != '\0') - (*left != '\0');
    return both;
}

static int order_compare(const void *a, const void *b, void *context)
{
    const struct serve_row *left = *(const struct serve_row *const *)a;
    const struct serve_row *right = *(const struct serve_row *const *)b;
    const struct serve_order *order = context;
    int found = 0;
    if (order_compare_known(left, right, order->column, &found) && order->descending)
        found = -found;
    return found != 0 ? found : strcmp(left->key, right->key);
}

const struct serve_row **serve_order_rows(const struct serve_row *rows, size_t n,
                                          const struct serve_order *order)
{
    struct serve_order by = *order;
    const struct serve_row **sorted = calloc(n + 1, sizeof(const struct serve_row *));
    if (sorted == NULL)
        return NULL;
    for (size_t i = 0; i < n; i++)
        sorted[i] = &rows[i];
    if (n > 1)
        qsort_r(sorted, n, sizeof(const struct serve_row *), order_compare, &by);
    return sorted;
}
