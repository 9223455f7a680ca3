#pragma once
/* What a load that is a command runs, with everything filled in that is known once the service is
 * started: {port}, {data} and so on in its words, and in its environment (ours otherwise) PORT and
 * NAME_PORT of the dependencies, LEAKCAGE_URL of the service, LEAKCAGE_DATA.
 *
 * Where nobody was named for the service it runs as the service does: without privileges, and where
 * we are root as the one who called (base/caller.h). */
#include "driver/driver.h"
#include "load/command_engine.h"

/* The instance and its run; borrowed. */
struct load_place {
    const struct driver *driver;
    const struct instance *instance;
    const struct run_spec *spec;
    const struct run_files *files;
};

struct load_target;

/* The caller owns *ret. */
int load_target_new(const struct load_place *place, struct load_target **ret, struct error *err);
void load_target_free(struct load_target *target);   /* NULL is fine */
void load_target_freep(struct load_target **target); /* for CLEANUP */

/* Borrowed from the target. */
const struct load_command *load_target_command(const struct load_target *target);
