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

#include "base/clock.h"
#include "base/error.h"
#include "load/profile.h"
#include "timeline/judgement.h"

#define SCENARIO_NAME_MAX         64
#define SCENARIO_VARIANTS_MAX     32
#define SCENARIO_DEPENDENCIES_MAX 4
#define SCENARIO_LIMIT_MIN_BYTES  ((uint64_t)1024 * 1024)
#define SCENARIO_NO_LIMIT         UINT64_MAX

/* The rule for names, for messages. */
#define SCENARIO_NAME_EXPECTED \
    "a name of at most 48 lower-case letters, digits and '-', and no '-' first"

/* How to start a program and how to know that it is ready. Words may hold placeholders: {port} is
 * the program's own port, {NAME.port} that of a dependency, {service.port} that of the service;
 * {services}, {dir} and {data} are folders, the last one the run's own; {{word}} is the text
 * "{word}". The lists are never NULL. */
struct program {
    const char *name;           /* a dependency's name; NULL for the service */
    const char *const *command; /* NULL-terminated */
    const char *const *args;    /* NULL-terminated, appended to the command (variants set these) */
    const char *const *env;     /* NULL-terminated "K=V", added to the environment */
    const char *cwd;            /* NULL: the working directory of leakcage */
    uint16_t port;              /* 0: choose a free one */
    const char *ready;          /* path that answers 2xx when ready; "tcp": accepts connections */
    nsec_t ready_timeout_ns;
};

enum thp_mode { THP_NEVER, THP_SYSTEM };

/* Everything that a variant may replace. */
struct settings {
    struct program service;
    struct program dependencies[SCENARIO_DEPENDENCIES_MAX];
    unsigned n_dependencies;
    const char *trim_path; /* POST here asks the service to give memory back; NULL: cannot */
    const char *heap_path; /* GET here answers with its allocator's numbers; NULL: none */
    uint64_t limit_bytes;  /* memory.max; SCENARIO_NO_LIMIT: none */
    uint64_t high_bytes;   /* memory.high; SCENARIO_NO_LIMIT: none */
    uint64_t pids;         /* pids.max */
    double cpus;           /* cpu.max in processors; 0: no limit */
    enum thp_mode thp;
    struct load_profile load;
    unsigned cycles;          /* at most so many */
    unsigned cycles_min;      /* at least so many before a decision */
    uint64_t cycle_requests;  /* work of one cycle */
    uint64_t warmup_requests; /* work before the first cycle */
    nsec_t settle_ns;         /* rest after a cycle's load: at least so long */
    nsec_t budget_ns;         /* of the whole run, from ready */
    unsigned sample_hz;
    bool has_expectation;
    enum verdict_kind expect;
    bool expects_cause;
    enum cause expect_cause;
};

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

/* What holds when nothing is said: no limit, 8 at a time, cycles of 250 requests, and so on. */
void settings_defaults(struct settings *settings);

/* Read a scenario file. The caller owns *ret. */
int scenario_load(const char *path, struct scenario **ret, struct error *err);

/* The same from text; `source` is what errors call it and `dir` what {dir} becomes. */
int scenario_load_text(const char *source, const char *dir, const char *text, struct scenario **ret,
                       struct error *err);

/* A scenario made of a command line: "leakcage run -- COMMAND…". The strings are copied; `name` is
 * any text (argv[0]), of which a name is made. It has no requests yet: plan_add() refuses that. */
int scenario_from_command(const char *name, const char *const *command, struct scenario **ret,
                          struct error *err);

/* A string that lives as long as the scenario, for options that override settings. NULL when out
 * of memory. */
const char *scenario_keep(struct scenario *scenario, const char *text);

/* NULL is fine. */
void scenario_free(struct scenario *scenario);
void scenario_freep(struct scenario **scenario); /* for CLEANUP */
