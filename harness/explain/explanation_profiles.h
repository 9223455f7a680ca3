#pragma once
/* What grew, for programs that read profiles: of each name that a run with instruments has
 * collected, the difference between its first and its last judged floor, in the run's folder:
 *
 *     NAME.grown.pb.gz    as pprof has it: go tool pprof, speedscope, Grafana; what shrank is
 *                         negative
 *     NAME.grown.folded   as folded stacks: flamegraph.pl, speedscope; what grew
 *     NAME.grown.heap     as gperftools' text: google-pprof; what grew
 *
 * What is no profile, or was kept at one floor alone, has none. */
#include "scenario/record_files.h"

/* Write them all, each whole or not at all. A failure to write is an error. */
int explanation_store_profiles(const struct stored_record *instrumented, struct error *err);
