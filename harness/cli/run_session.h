#pragma once
/* A plan, run: where it was asked for, with its progress and records told to the console. What
 * `run`, `compare` and `gate` have in common. */
#include "cli/console.h"
#include "cli/options.h"
#include "cli/places.h"
#include "run/session.h"
#include "scenario/plan.h"

/* What a session needs to begin. */
struct run_session {
    const struct options *options;
    struct console *console;
    struct plan *plan;
    const struct driver *driver;
    struct driver_options driver_options;
    void (*progress)(void *context, const struct run_progress *progress); /* of the console */
    void (*record_done)(void *context, struct record *record, const char *dir);
    void *record_context; /* of record_done; NULL: the console */
};

/* Can results go there? To be asked before anything is measured. */
int run_session_check_output(const char *dir, struct error *err);

/* Choose the place for session->plan, and warn of a crowd. -1: no run is possible. */
int run_session_prepare(struct run_session *session, const struct places *places,
                        struct error *err);

/* The same place for another session->plan, which is like the one that it was chosen for. */
void run_session_continue(struct run_session *session);

/* Run the plan, and put the console's records into its order. An interrupted session is none that
 * failed. -1: no further run was possible; what was done is with the console. */
int run_session_run(const struct run_session *session, struct error *err);
