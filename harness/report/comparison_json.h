#pragma once
/* comparison.json: a comparison as other programs read it; its keys are a promise (schema
 * "leakcage.comparison/1"). What was not measured is left out. */
#include "base/json_writer.h"
#include "report/comparison_report.h"

/* The object. `key` as in json_writer.h; the writer keeps the failure. */
void comparison_json_write(struct json_writer *writer, const char *key,
                           const struct comparison_report *report);
