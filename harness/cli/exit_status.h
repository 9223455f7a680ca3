#pragma once
/* What the program's exit status means. Part of the command line's contract. */
#include "base/error.h"
#include "scenario/record.h"

enum exit_status {
    EXIT_AS_EXPECTED = 0, /* verdict as expected; without an expectation: not a leak */
    EXIT_OTHER_VERDICT = 1,
    EXIT_USAGE = 2,       /* the command line or a scenario is wrong */
    EXIT_ENVIRONMENT = 3, /* this machine cannot; the message names the fix */
    EXIT_SERVICE = 4,     /* the service failed for another cause than memory */
    EXIT_INCONCLUSIVE = 5,
    EXIT_INTERRUPTED = 130,
};

/* Of a failure without a record; of one run. */
enum exit_status exit_status_of_error(enum error_kind kind);
enum exit_status exit_status_of_record(const struct record *record);

/* Of two, the one to report: what broke outweighs what was found. */
enum exit_status exit_status_worse(enum exit_status a, enum exit_status b);
