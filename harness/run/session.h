#pragma once
/* A session: the whole plan, run after run, each record stored and handed over as it is done.
 *
 * With a driver that starts instances here, the session runs them. With one that takes the plan
 * elsewhere, it hands the plan over as JSON, follows the other session's messages (a line each, on
 * its standard output), and takes its records back: to the caller it looks the same. Everything a
 * session works on lies in RESULTS/.work-OWNER until it is whole; what a killed session left there
 * is removed by the next. */
#include "run/run.h"

struct session_options {
    const struct driver *driver;
    const struct driver_options *driver_options;
    const char *results_dir; /* where the records go, a folder each, named by their id */
    const struct run_observer *observer;
    /* A record is done and stored in `dir`. The callee owns the record. */
    void (*record_done)(void *context, struct record *record, const char *dir);
    void *context;
};

/* Run the plan. An interrupted session stops after the record that was interrupted, and that is
 * not an error of the session; -1: no further run was possible. */
int session_run(const struct plan *plan, const struct session_options *options, struct error *err);

/* The other end: run the plan in `work_dir`/plan.json with the native driver, tell progress and
 * finished records on `messages_fd`. */
int session_run_for(const char *work_dir, const struct driver *driver,
                    const struct driver_options *driver_options, int messages_fd,
                    struct error *err);

/* Remove what killed sessions left in `results_dir`. Returns how many there were. */
unsigned session_sweep(const char *results_dir);
