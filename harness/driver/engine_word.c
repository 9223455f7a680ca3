#include "driver/engine_word.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>

/* What a shell and an engine make of SIGKILL. */
#define EXIT_KILLED (128 + SIGKILL)

enum engine_finding engine_word(const struct engine_witness *witness)
{
    const struct engine_state *engine = &witness->engine;
    bool counted = witness->has_oom_kills && witness->oom_kills > 0;
    if (!engine->present)
        return ENGINE_SILENT;
    if (engine->running) {
        if (engine->restarts > 0)
            return ENGINE_RESTARTED;
        return counted ? ENGINE_CHILD_KILLED : ENGINE_SILENT;
    }
    if (engine->oom_killed && counted)
        return engine->has_exit_code && engine->exit_code != EXIT_KILLED ? ENGINE_ENDED_AFTER
                                                                         : ENGINE_AGREES;
    if (engine->oom_killed)
        return witness->has_oom_kills ? ENGINE_KILLED_ABOVE : ENGINE_AGREES;
    if (!engine->has_exit_code)
        return ENGINE_SILENT;
    if (engine->exit_code == EXIT_KILLED)
        return counted ? ENGINE_MISSED_KILL : ENGINE_KILLED_BY_OTHER;
    return counted ? ENGINE_ENDED_AFTER : ENGINE_SILENT;
}

bool engine_word_disagrees(enum engine_finding finding)
{
    return finding != ENGINE_SILENT && finding != ENGINE_AGREES;
}

/* With how it ended, where that is known. */
static void engine_restarted_text(const struct engine_witness *witness, char *text, size_t size)
{
    const struct engine_state *engine = &witness->engine;
    char code[64] = "";
    char kills[64] = "";
    if (engine->has_exit_code)
        snprintf(code, sizeof(code), " (exit code %d, OOMKilled %s)", engine->exit_code,
                 engine->oom_killed ? "true" : "false");
    if (witness->has_oom_kills)
        snprintf(kills, sizeof(kills), "; memory.events counted %" PRIu64 " OOM kill%s",
                 witness->oom_kills, witness->oom_kills == 1 ? "" : "s");
    snprintf(text, size, "the engine has restarted the container %u time%s%s%s", engine->restarts,
             engine->restarts == 1 ? "" : "s", code, kills);
}

const char *engine_word_text(const struct engine_witness *witness, char *text, size_t size)
{
    uint64_t kills = witness->oom_kills;
    const char *plural = kills == 1 ? "" : "es";
    int code = witness->engine.exit_code;
    text[0] = '\0';
    switch (engine_word(witness)) {
    case ENGINE_SILENT:
        break;
    case ENGINE_AGREES:
        snprintf(text, size,
                 "engine and kernel agree: the container was OOM-killed (OOMKilled, "
                 "exit code %d)",
                 code);
        break;
    case ENGINE_CHILD_KILLED:
        snprintf(text, size,
                 "the kernel killed %" PRIu64 " process%s of the container for memory, and the "
                 "container lives on: the engine counts no restart",
                 kills, plural);
        break;
    case ENGINE_MISSED_KILL:
        snprintf(text, size,
                 "the engine says OOMKilled false (exit code %d), but memory.events counts %" PRIu64
                 " OOM-killed process%s: it was the limit",
                 code, kills, plural);
        break;
    case ENGINE_KILLED_BY_OTHER:
        snprintf(text, size,
                 "exit code %d, but neither the engine nor memory.events knows of an "
                 "OOM kill: somebody else killed it",
                 code);
        break;
    case ENGINE_KILLED_ABOVE:
        snprintf(text, size,
                 "the engine says OOMKilled, but memory.events of the container counts "
                 "no kill: it was a limit above it, or the whole machine's");
        break;
    case ENGINE_ENDED_AFTER:
        snprintf(text, size,
                 "it ended with exit code %d after the kernel had OOM-killed %" PRIu64
                 " of its processes: a child was killed, not the container",
                 code, kills);
        break;
    case ENGINE_RESTARTED:
        engine_restarted_text(witness, text, size);
        break;
    }
    return text;
}
