#pragma once
/* A plan, run: where it was asked for, with its progress and records told to the console. What
 * `run` and `compare` have in common. */
#include "cli/console.h"
#include "cli/options.h"
#include "cli/places.h"
#include "run/session.h"
#include "scenario/plan.h"

/* Can results go there? To be asked before anything is measured. */
int run_session_check_output(const char *dir, struct error *err);

/* What of a session is the caller's affair. The context of all three is the console. */
struct run_session_hooks {
    void (*progress)(void *context, const struct run_progress *progress);
    void (*record_done)(void *context, struct record *record, const char *dir);
};

/* Choose the place, warn of a crowd, run the plan (`parts` of it can go on at the same time), and
 * put the console's records into its order. An interrupted session is none that failed. -1: no
 * further run was possible; what was done is with the console. */
int run_session(const struct options *options, const struct places *places, struct plan *plan,
                const struct run_session_hooks *hooks, struct console *console, struct error *err);
