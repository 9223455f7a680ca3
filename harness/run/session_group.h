#pragma once
/* What a place takes of a plan at a time: one run, or a group whose runs take turns (turns.h), each
 * in a thread of its own. Private to run/; session.h is what callers see. */
#include "run/session.h"

struct session_place {
    const struct session_options *options;
    const char *work_dir; /* what a run leaves on the way */
    const char *into;     /* where the records go, a folder each, named by their id */
};

/* Run these `n` runs, store each record and hand it over as it is done: never two at once, whatever
 * thread they come from. A run that fails leaves its record, and the others go on. When the user
 * asks to stop, runs that have begun leave a record, others none, and that is no error. -1: a
 * record could not be made or stored; the others have been ended. */
int session_group_run(const struct session_place *place, const struct run_spec *runs, size_t n,
                      struct error *err);
