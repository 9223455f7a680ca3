#pragma once
/* A gate in Markdown; see gate_table.h. */
#include "base/buffer.h"
#include "report/gate_cells.h"

/* Append it: all cases of the report, in the order in which they are listed. */
int gate_markdown_write(const struct gate_report *report,
                        const struct gate_report_case *const *cases, const struct gate_order *order,
                        struct buffer *out, struct error *err);
