#pragma once
/* A container engine's command line: podman, or docker.
 *
 * The program is run without a shell, bounded in time and in what it prints; what it says on
 * standard error becomes the text of the error. In a guest the engine gets storage and settings of
 * its own in `home`, handed over by environment: nothing of the machine's own is read or written.
 */
#include <stdbool.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/process.h"

/* One question to an engine; starting a container takes longer. */
#define CONTAINER_ENGINE_WAIT_NS (60 * NSEC_PER_SEC)

/* Room for the words of one call, NULL included. */
#define CONTAINER_ENGINE_WORDS_MAX 64

struct container_engine {
    char name[16];    /* "podman", "docker" */
    char path[512];   /* the program */
    const char *home; /* borrowed; a folder on a tmpfs for its storage; NULL: the user's own */
    bool is_podman;   /* else docker, whose options differ in places */
};

/* The engine of this name; NULL: the first of podman and docker that is in PATH. -1 with the fix
 * when there is none. */
int container_engine_find(const char *name, const char *home, struct container_engine *ret,
                          struct error *err);

/* Split "podman:web" or "docker:web" in name and rest; "web" has none, and a name is NULL. Returns
 * the rest, which points into text. */
const char *container_engine_split(const char *text, const char **ret_name);

/* Make `home` fit for podman: storage, settings, policy. Nothing to do without a home; may be
 * called again. */
int container_engine_prepare(const struct container_engine *engine, struct error *err);

/* Start it with these words (NULL-terminated, without the program) and what `spec` says of
 * descriptors and the like; argv and env are set here. */
int container_engine_spawn(const struct container_engine *engine, const char *const *words,
                           const struct process_spec *spec, struct process *ret, struct error *err);

/* Call it and wait for its end; what it prints is appended to `out` (NULL: dropped). Exit status 0:
 * 0. Else 1, and *err is "podman inspect web: what it said last" (ERROR_ENVIRONMENT). -1: it could
 * not be run, printed too much, or did not end in time. */
int container_engine_call(const struct container_engine *engine, const char *const *words,
                          struct buffer *out, struct error *err);

/* Does this error, of a call that returned 1, say that there is no such thing? */
bool container_engine_says_unknown(const struct error *err);
