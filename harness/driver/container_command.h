#pragma once
/* The words of `podman run` and `docker run` for one run of a plan. Pure. */
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "driver/engine.h"
#include "scenario/plan.h"

/* Whose container it is: its value is an owner_name(). */
#define CONTAINER_OWNER_LABEL "leakcage.owner"

struct container_order {
    const struct container_engine *engine;
    const struct settings *settings;
    const char *image;     /* as the engine names it */
    const uint16_t *ports; /* inside the container: of the service (0); dependencies (1…) */
    uint16_t host_port;    /* where 127.0.0.1 reaches it; 0: it has the host's network */
    const char *data_dir;  /* there under the same path inside */
    const char *name;
    const char *owner;
    const char *id_path;  /* where the engine writes the container's id… */
    const char *pid_path; /* …and podman the pid of its first process */
};

struct container_command {
    char **words; /* owned, each too; NULL-terminated */
    size_t n_words;
};

/* The caller releases *ret. What cannot be said to this engine is ERROR_USAGE. */
int container_command_make(const struct container_order *order, struct container_command *ret,
                           struct error *err);
void container_command_done(struct container_command *command); /* for CLEANUP */
