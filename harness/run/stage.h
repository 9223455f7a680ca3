#pragma once
/* The stage of one run: what the steps of the protocol share while it goes on. Private to run/. */
#include "load/generator.h"
#include "run/allocator.h"
#include "run/backoff.h"
#include "run/collector.h"
#include "run/host.h"
#include "run/load_target.h"
#include "run/run.h"
#include "run/sampler.h"

struct stage {
    const struct run_context *context;
    const struct run_spec *spec;
    struct record *record;
    struct timeline *timeline; /* the record's */
    struct instance *instance; /* NULL: not started */
    struct generator *generator;
    struct load_target *load_target;    /* what the generator runs; NULL: it speaks HTTP */
    struct allocator_client *allocator; /* NULL: the service does not tell */
    struct sampler *sampler;
    nsec_t origin_ns;   /* the run's start on CLOCK_MONOTONIC */
    nsec_t deadline_ns; /* the run's budget on CLOCK_MONOTONIC, from the first ready */
    unsigned start;     /* which start of the service */
    unsigned failures;  /* starts that ended for another cause than memory */
    struct backoff backoff;
    nsec_t backoff_ns;       /* after the last end, as long as this… */
    nsec_t restart_ns;       /* …until then, on CLOCK_MONOTONIC */
    unsigned concurrency;    /* of the next cycle */
    uint64_t cycle_requests; /* of the next cycle */
    unsigned measured;       /* complete measuring cycles of this start */
    uint64_t squeeze_bytes;  /* what a squeeze takes beyond the room under the limit */
    unsigned restless;       /* cycles on end after which memory did not come to rest */
    char phase[64];
    uint64_t phase_requests;
    uint64_t phase_goal;
    uint64_t requests_before; /* completed when the phase began */
    nsec_t next_progress_ns;
    bool allocator_failed; /* the warning about that has been given */
    bool gc_failed;        /* the same */
    const char *gc;        /* how garbage is collected before every floor; NULL: it is not */
    bool has_processes;    /* of this start: */
    struct runtime_survey processes;
    struct collector collector;
    struct instruments *instruments; /* of this start; NULL: none */
    bool instruments_started;        /* they were told of the instance */
    struct instrument_site instrument_site;
    struct run_spec instrumented; /* the spec, with what they need in the environment */
    struct host_state host;       /* what the machine is compared with at the end */
    bool has_kills; /* of this start: OOM kills that its last cycle knew of, or ready */
    uint64_t known_kills;
    char trouble[BATCH_TROUBLE_MAX]; /* of the last load: how the first request failed; "": none */
    bool killed_above;               /* in the last cycle: for memory, and not at its own limit */
};

/* Nanoseconds since the start of the run. */
nsec_t stage_now_ns(const struct stage *stage);

/* Enter a phase: a mark, and a word to the observer. `requests_goal` 0: no load. */
void stage_enter_phase(struct stage *stage, const char *phase, uint64_t requests_goal);

/* Tell the observer, at most every 100 ms. */
void stage_show_progress(struct stage *stage, bool force);

/* Start an instance and wait until it is ready. -1: error says what happened, with the end of the
 * service's log where the service is to blame. */
int stage_start_instance(struct stage *stage, struct error *err);

/* Stop and destroy the instance, if there is one. */
void stage_stop_instance(struct stage *stage);

/* "…: exit status 3" and the tail of the log, as ERROR_SERVICE. Always -1. */
int stage_service_error(struct stage *stage, struct error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with the end of what the load's command printed. */
int stage_load_error(struct stage *stage, const char *text, struct error *err);

/* Instruments, where the spec asks for some (run/instruments.h). What the start takes is returned:
 * the spec, or one with what they need in the service's environment. What goes wrong is in the
 * record, and never ends the run; what they take is no part of the run's budget. */
const struct run_spec *stage_begin_instruments(struct stage *stage);

/* struct run_files.placed, whose context is the stage: the instance is about to begin. */
void stage_placed_instruments(void *context, const char *cgroup_dir);

/* The instance was started; it is ready; a complete cycle was measured, which is not in the
 * timeline yet; it was stopped, or could not be started. */
void stage_start_instruments(struct stage *stage);
void stage_ready_instruments(struct stage *stage);
void stage_settled_instruments(struct stage *stage);
void stage_floor_instruments(struct stage *stage);
void stage_end_instruments(struct stage *stage);

/* Wait for something to happen: samples are taken meanwhile. Returns at the deadline (absolute), or
 * when the generator's batch is over, or with 1 when the instance is gone. -1: error, also when the
 * user asked to stop. */
int stage_wait(struct stage *stage, nsec_t deadline_ns, bool for_batch, struct error *err);

/* Have the service do what `ask` says, see ask_service(). */
int stage_ask(struct stage *stage, const char *ask, struct allocator *ret, struct error *err);

/* Squeeze the instance by so many bytes, for 5 s at most (see timeline/squeeze.h); no samples are
 * taken meanwhile. Killed: the instance has ended, and the caller says so in its cycle and
 * goes on from there. 1: there is nothing to be learned here. */
int stage_squeeze(struct stage *stage, uint64_t bytes, struct squeeze_result *ret,
                  struct error *err);

/* Run one cycle of this kind and append it to the timeline. The cycle is incomplete when the
 * instance did not live to its end. -1 only for errors that end the run. */
int stage_run_cycle(struct stage *stage, enum cycle_kind kind, uint64_t requests,
                    struct error *err);
