#pragma once
/* What a run has collected of its runtime (`--collect`), as part of the view data: for each name
 * what grew between the first and the last floor that were judged, and what was held at the last.
 * Both are of one start of the service, so they are comparable.
 *
 *     "profiles": [{"name": "heap", "what": "grown", "cycle": 7, "from_cycle": 2, "requests": 500,
 *                   "file": "collected/heap.007.gz", "from_file": "collected/heap.002.gz",
 *                   "bytes": 5123, "files": 9, "sample_types": ["inuse_space/bytes"],
 *                   "flame": {…}, "top": [{"function": "main.leak", "flat": 1, "cumulative": 2}]},
 *                  {"name": "heap", "what": "held", …}]
 *
 * "cycle" is the row of cycles.csv; "requests" were completed between the two floors; "period", in
 * the unit of the flame, is what one sample stands for; "flame" is profile/flame.h's. Where a file
 * holds no profile that can be read, "why" is there instead. */
#include "base/json_writer.h"
#include "view/view_input.h"

/* At most so many names are shown, and so many nodes of each; fewer where there is little room. */
#define VIEW_PROFILES_MAX   8
#define VIEW_PROFILES_NODES 800
#define VIEW_PROFILES_TOP   10
/* A flame graph of fewer nodes says nothing. */
#define VIEW_PROFILES_NODES_LEAST 25

/* The member "profiles" of the run that is being written; nothing where nothing was collected. The
 * flame graphs take so many bytes together at most; one that has no room left has a "why". `prefix`
 * stands before the names of files: where the run's folder is, from the result's. */
void view_profiles_write(struct json_writer *writer, const struct stored_record *run,
                         const char *prefix, size_t room);
