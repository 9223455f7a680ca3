#pragma once
/* What an engine says about an end, held against what the kernel counted. Pure.
 *
 * They are two witnesses. The engine knows its container's first process, its exit code, and sets
 * OOMKilled when something told it of a kill; memory.events counts the processes that the kernel
 * killed for memory, whichever they were. A killed child is not the container; exit code 137 alone
 * is a SIGKILL from anybody. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "driver/instance_state.h"

struct engine_witness {
    struct engine_state engine;
    bool has_oom_kills;
    uint64_t oom_kills; /* memory.events of the container's group, since its start */
};

enum engine_finding {
    ENGINE_SILENT,          /* no engine, or nothing happened */
    ENGINE_AGREES,          /* OOMKilled, and the kernel has counted it */
    ENGINE_CHILD_KILLED,    /* the kernel killed a process, and the container lives */
    ENGINE_MISSED_KILL,     /* the kernel killed, the engine says OOMKilled false */
    ENGINE_KILLED_BY_OTHER, /* exit code 137, and nobody saw a kill for memory */
    ENGINE_KILLED_ABOVE,    /* OOMKilled, but the container's own group counts none */
    ENGINE_ENDED_AFTER,     /* another exit code, after a process of it was killed */
    ENGINE_RESTARTED,       /* it runs again, the engine has started it anew */
};

/* What the two together say. */
enum engine_finding engine_word(const struct engine_witness *witness);

/* The sentence of it into text[size], "" for ENGINE_SILENT. Returns text. */
const char *engine_word_text(const struct engine_witness *witness, char *text, size_t size);

/* Do the witnesses disagree, so that it must be said? */
bool engine_word_disagrees(enum engine_finding finding);
