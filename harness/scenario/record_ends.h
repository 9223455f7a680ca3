#pragma once
/* The part of result.json that tells how the service ended and was started again: "pod", "restart"
 * and "ends" (timeline/run_end.h). What there is nothing of is left out. Private to record. */
#include "base/json.h"
#include "base/json_writer.h"
#include "scenario/record.h"

/* Write them, as members of the object that is open. */
void record_write_ends(struct json_writer *writer, const struct record *record);

/* Read them back. What is wrong is ERROR_USAGE, with its place. */
int record_read_ends(const struct json_place *root, struct record *record, struct error *err);
