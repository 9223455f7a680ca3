#pragma once
/* A scenario: what an author writes, read into plain structs.
 *
 * One JSON file (scenarios/schema.json describes it) tells which service to run, within which
 * limit, under which load, for how many cycles, and what is expected. `variants` name deviations:
 * each is an object of the same keys that replaces what it names. Reading checks types, units,
 * ranges, unknown and duplicate keys, and its errors name file, line and JSON path. What depends on
 * this machine or on several values together is checked by the plan.
 *
 * Every string and array hangs off the scenario's arena and lives as long as the scenario. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "scenario/settings.h"

#define SCENARIO_NAME_MAX     64
#define SCENARIO_VARIANTS_MAX 32

/* The rule for names, for messages. */
#define SCENARIO_NAME_EXPECTED \
    "a name of at most 48 lower-case letters, digits and '-', and no '-' first"

struct scenario_variant {
    const char *name;
    const char *about; /* NULL: none */
    struct settings settings;
};

struct scenario {
    const char *source; /* file name, or "command line" */
    const char *dir;    /* folder of the file, for {dir} */
    const char *name;
    const char *about; /* NULL: none */
    struct settings settings;
    struct scenario_variant variants[SCENARIO_VARIANTS_MAX];
    unsigned n_variants;
    struct arena *arena;
};

/* Is it [a-z0-9][a-z0-9-]{0,47}? */
bool scenario_is_name(const char *text);

/* Read a scenario file. The caller owns *ret. */
int scenario_load(const char *path, struct scenario **ret, struct error *err);

/* The same from text; `source` is what errors call it and `dir` what {dir} becomes. */
int scenario_load_text(const char *source, const char *dir, const char *text, struct scenario **ret,
                       struct error *err);

/* A scenario made of a command line: "leakcage run -- COMMAND…". The strings are copied; `name` is
 * any text (argv[0]), of which a name is made; `command` may be NULL for what needs none (an image,
 * something to attach to). It has no requests yet: plan_add() refuses that. */
int scenario_from_command(const char *name, const char *const *command, struct scenario **ret,
                          struct error *err);

/* A string that lives as long as the scenario, for options that override settings. NULL when out
 * of memory. */
const char *scenario_keep(struct scenario *scenario, const char *text);

/* NULL is fine. */
void scenario_free(struct scenario *scenario);
void scenario_freep(struct scenario **scenario); /* for CLEANUP */
