#pragma once
/* A session: the whole plan, part after part, each record stored and handed over as it is done. A
 * part is one run, or a group of runs that take turns (plan_groups.h, turns.h).
 *
 * With a driver that starts instances here, the session runs them, one at a time: side by side they
 * would take processor time and memory from each other. Also of a group only one works at a time,
 * while the others rest: so its instances share the machine's memory, but not its time. With one
 * that takes the plan elsewhere, it hands the plan over, to several places at once if that is asked
 * for, and takes the records back: to the caller it looks the same (relocated.h tells how).
 * Everything a session works on lies in RESULTS/.work-OWNER until it is whole; what a killed
 * session left there is removed by the next.
 */
#include "run/run.h"

struct session_options {
    const struct driver *driver;
    const struct driver_options *driver_options;
    const char *results_dir; /* where the records go, a folder each, named by their id */
    unsigned jobs;           /* places at once, for a driver with `relocate`; 0: one */
    const struct run_observer *observer;
    const struct run_instruments *instruments; /* as run_context has it */
    /* A record is done and stored in `dir`; with several jobs in the order in which they get done,
     * and on any thread, but never two at once, nor one beside the observer. The callee owns the
     * record. */
    void (*record_done)(void *context, struct record *record, const char *dir);
    void *context;
};

/* Run the plan. An interrupted session stops after the record that was interrupted, and that is
 * not an error of the session; -1: no further run was possible (with several jobs: in the place
 * that the error names; the others have gone on). */
int session_run(const struct plan *plan, const struct session_options *options, struct error *err);

/* The other end: run what nobody has taken yet of the plan in `work_dir`/plan.json with the native
 * driver, tell progress and finished records on `messages_fd`. `instruments` as in the options. */
int session_run_for(const char *work_dir, const struct driver *driver,
                    const struct driver_options *driver_options,
                    const struct run_instruments *instruments, int messages_fd, struct error *err);

/* Remove what killed sessions left in `results_dir`. Returns how many there were. */
unsigned session_sweep(const char *results_dir);
