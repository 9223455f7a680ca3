#pragma once
/* What is known of an instance without reading its memory: whether it lives, and how it ended. */
#include <stdbool.h>

#include "base/process.h"

/* What a container engine says about its container. */
struct engine_state {
    bool present; /* there is an engine */
    bool running;
    bool oom_killed;
    bool has_exit_code; /* of the last end */
    int exit_code;
    unsigned restarts; /* that the engine made */
};

/* Alive: the service's first process runs, or it has ended but others of its tree live on. */
struct instance_state {
    bool alive;
    bool main_ended;             /* the first process has ended… */
    struct process_end main_end; /* …and how */
    unsigned processes;          /* how many live on */
    struct engine_state engine;
};
