#pragma once
/* The grid of a gate's cases, for a terminal or Markdown. */
#include "report/gate_cells.h"
#include "report/line_text.h"

/* The columns that a name may have in a grid. */
#define GATE_NAME_COLUMNS_MAX 60

/* A head, and a row for each of these cases; NULL when out of memory. The caller owns it. */
struct grid *gate_grid_new(const struct gate_report *report,
                           const struct gate_report_case *const *cases, size_t n,
                           enum line_text_form form);
