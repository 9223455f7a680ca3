#pragma once
/* The text of a cgroup's files to the fields of a memory sample. Pure: text in, fields out.
 *
 * Which fields a file has, and how it is laid out, follows from the field table (sample.h):
 *     memory.current    "1495040"                                            one number
 *     memory.stat       "anon 1146880" and so on, a key and a number a line
 *     memory.pressure   "some avg10=0.00 avg60=0.00 avg300=0.00 total=1234"  total, in µs
 * Keys the table does not know are skipped, for kernels gain them. A key that is not there leaves
 * its field as it was. A line that is not of the file's form, a number that does not fit, or a
 * known key that comes twice is an error that names file and line. */
#include "base/error.h"
#include "timeline/sample.h"

/* Set the fields that `text`, the content of the kernel file `file`, holds. On failure *ret may
 * hold some of them. */
int memory_text_parse(const char *file, const char *text, struct memory_sample *ret,
                      struct error *err);
