#pragma once
/* What is known of an instance without reading its memory: whether it lives, and how it ended. */
#include <stdbool.h>
#include <stdint.h>

#include "base/process.h"
#include "timeline/run_end.h"

/* Alive: the service's first process runs, or it has ended but others of its tree live on. How a
 * process ended that was attached to is its parent's to know: it is not alive then, and main_ended
 * is not set. */
struct instance_state {
    bool alive;
    bool main_ended;             /* the first process has ended… */
    struct process_end main_end; /* …and how */
    unsigned processes;          /* how many live on */
    struct engine_state engine;
};

/* What an instance is that was there before us, where the spec does not say. */
struct instance_facts {
    char target[160];     /* "pid 1234 (nginx)" */
    uint64_t limit_bytes; /* memory.max that holds for it; SCENARIO_NO_LIMIT: none is known */
    bool comes_back;      /* whoever runs it starts it again when it has ended */
    char unseen[240];     /* why its kernel memory cannot be seen, and what mends it; "": it can */
};
