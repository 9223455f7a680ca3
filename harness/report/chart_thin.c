#include "report/chart_thin.h"

/* The points of the column that is being looked at. */
struct chart_column {
    bool open;
    bool after_gap;
    unsigned column;
    struct chart_point lowest, highest;
    bool highest_last;
};

static size_t chart_column_put(struct chart_column *column, struct chart_thinned *ret)
{
    if (!column->open)
        return 0;
    column->open = false;
    bool last = column->highest_last;
    ret[0] = (struct chart_thinned){.point = last ? column->lowest : column->highest,
                                    .after_gap = column->after_gap};
    if (column->lowest.y >= column->highest.y)
        return 1;
    ret[1] = (struct chart_thinned){.point = last ? column->highest : column->lowest};
    return 2;
}

static void chart_column_add(struct chart_column *column, const struct chart_point *point)
{
    if (point->y > column->highest.y) {
        column->highest = *point;
        column->highest_last = true;
    } else if (point->y < column->lowest.y) {
        column->lowest = *point;
        column->highest_last = false;
    }
}

size_t chart_thin(const struct chart_point *points, size_t n, const struct chart_columns *columns,
                  struct chart_thinned *ret)
{
    struct chart_column column = {.open = false};
    bool gap = true;
    size_t out = 0;
    for (size_t i = 0; i < n; i++) {
        if (!chart_is_drawn(&points[i])) {
            gap = true;
            continue;
        }
        double at = floor((points[i].x - columns->x0) * columns->per_unit);
        at = at > 0 ? at : 0;
        unsigned place = at < columns->n ? (unsigned)at : columns->n - 1;
        /* A gap within a column cannot be seen; x that falls back is not met. */
        if (column.open && place <= column.column) {
            chart_column_add(&column, &points[i]);
            gap = false;
            continue;
        }
        out += chart_column_put(&column, ret + out);
        column = (struct chart_column){.open = true,
                                       .after_gap = gap,
                                       .column = place,
                                       .lowest = points[i],
                                       .highest = points[i]};
        gap = false;
    }
    return out + chart_column_put(&column, ret + out);
}
