#pragma once
/* Ask the service for something that its own code does: give memory back, collect garbage.
 *
 * How is settings.trim's and .gc's to say: a POST to a path of the service; "signal:NAME" to the
 * process that listens on its port, or else to its first; "jvm" to every HotSpot JVM there is, for
 * which nothing has to be built in (see jvm.h). */
#include "memory/runtime_survey.h"
#include "run/allocator.h"

/* Who may be asked; borrowed. */
struct ask_target {
    const char *url;                        /* of the service */
    const struct runtime_survey *processes; /* NULL: not known here */
};

/* Ask, and wait for the answer where there is one (a signal has none). JVMs tell what their heaps
 * have in use then: `ret`, otherwise all absent; NULL: no matter. Errors are the service's. */
int ask_service(const struct ask_target *target, const char *ask, struct allocator *ret,
                struct error *err);
