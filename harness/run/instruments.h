#pragma once
/* What a run with instruments (scenario/instruments.h) tells them: a table of functions that the
 * command line hands down, so that run/ does not depend on how they work, and a run without them
 * (and the library for tests) not on what they need.
 *
 * Instruments never end a run. What cannot be done, and what it costs, they note in the record
 * (record_add_instrument), which is how nothing changes a verdict unnoticed. What they keep goes
 * to files.collected_dir as NAME.CYCLE.gz, a gzipped pprof profile, where CYCLE is the row of
 * cycles.csv, three digits at least. */
#include "driver/parameters.h"
#include "memory/runtime_survey.h"
#include "scenario/record.h"

/* Of one start of a service; borrowed until `end`. */
struct instrument_site {
    const struct run_spec *spec; /* settings.instruments: which */
    const struct run_files *files;
    struct record *record;
};

/* What is there once it was started. */
struct instrument_target {
    const char *cgroup_dir;                 /* of the instance, absolute; NULL: none is known */
    const char *url;                        /* of the service */
    const struct runtime_survey *processes; /* NULL: not known yet */
};

struct instruments; /* whoever implements it: those of one start */

struct run_instruments {
    /* Before a start. The caller owns *ret and hands it to `end`. */
    int (*begin)(const struct instrument_site *site, struct instruments **ret, struct error *err);

    /* The whole environment that the spec gives to the service, with what the instruments need in
     * it (LD_PRELOAD, …); NULL-terminated, borrowed until `end`. */
    const char *const *(*environment)(const struct instruments *instruments);

    /* The service is in its cgroup and has not begun, where the driver can tell (url is NULL then);
     * else it was started, and its first instructions may be done. Once. */
    void (*started)(struct instruments *instruments, const struct instrument_target *target);

    /* It is ready. */
    void (*ready)(struct instruments *instruments, const struct instrument_target *target);

    /* At rest after a cycle's load, before anything is given back: what reclaim is about to take is
     * there now. May be NULL. */
    void (*settled)(struct instruments *instruments);

    /* At a floor, after all was measured: keep what there is. `cycle` is the row of cycles.csv. */
    void (*floor)(struct instruments *instruments, size_t cycle);

    /* The service was stopped or has ended (what was attached to lives on), and its cgroup is still
     * there; or it could not be started. So whoever reads what comes out of the service reads to
     * the end. NULL is fine. */
    void (*end)(struct instruments *instruments);
};
