#pragma once
/* One run: start, warm up, cycle after cycle until the verdict is in, probes, stop. The only place
 * where the protocol of the method meets the clock; what to do next is verdict_next()'s word. */
#include "driver/driver.h"
#include "run/instruments.h"
#include "scenario/record.h"

/* A floor, as soon as it was read. */
struct run_floor {
    bool present;
    unsigned index;       /* which cycle, from 0: another one is another floor */
    enum cycle_kind kind; /* of its cycle */
    unsigned start;       /* which start of the service */
    nsec_t t_ns;
    uint64_t requests; /* completed since that start */
    int64_t bytes;     /* as indicators_floor() has it */
};

/* What a run tells while it goes on; every 100 ms and at each change of phase. What was read last
 * of something is told until it is read again. */
struct run_progress {
    const char *id;
    const char *phase; /* "cycle 3" */
    unsigned cycle;    /* measuring cycles done */
    unsigned cycles_max;
    uint64_t requests;      /* completed in this phase */
    uint64_t requests_goal; /* of this phase; 0: no load */
    uint64_t memory_bytes;  /* SURVEY_ABSENT: not known yet */
    uint64_t highest_bytes; /* of memory_bytes since the word before; SURVEY_ABSENT: the same */
    uint64_t limit_bytes;   /* UINT64_MAX: none */
    nsec_t elapsed_ns;      /* since the start of the run */
    nsec_t budget_ns;
    unsigned cycles_min; /* no verdict with fewer of them, unless it is killed */
    unsigned starts;     /* of the service, so far */
    uint64_t oom_kills;  /* in all cycles so far */
    /* The fields of RUN_PROGRESS_FIELDS that this instance has; when the newest was read. */
    struct memory_sample memory;
    struct load_sample load; /* totals of the run; t_ns 0: there was no load yet */
    uint64_t threads;        /* SURVEY_ABSENT: not known; this and the next */
    uint64_t descriptors;    /* at the last floor */
    struct run_floor floor;  /* the last one */
};

/* Fields of memory_sample that are worth being shown while a run goes on; X(NAME). */
#define RUN_PROGRESS_FIELDS(X) \
    X(CURRENT)                 \
    X(ANON)                    \
    X(FILE)                    \
    X(INACTIVE_FILE)           \
    X(KERNEL)                  \
    X(SHMEM)                   \
    X(EVENTS_MAX)              \
    X(EVENTS_OOM_KILL)         \
    X(PSI_SOME)                \
    X(PSI_FULL)                \
    X(PIDS)                    \
    X(RSS)

struct run_observer {
    void (*progress)(void *context, const struct run_progress *progress);
    void *context;
};

struct turns_seat;

struct run_context {
    const struct driver *driver;
    const struct driver_options *options;
    struct run_files files; /* data_dir: empty; who called removes it */
    const struct run_observer *observer;
    const struct run_instruments *instruments; /* for specs that ask for some; NULL: there are
                                                  none */
    /* Its place among the runs that it takes turns with (turns.h), and it has the turn; who called
     * leaves. NULL: it is alone. */
    struct turns_seat *seat;
};

/* Execute the run and fill the record, judged. What goes wrong on the way is in record->error: a
 * run always leaves a record, and never a process or a cgroup. */
void run_execute(const struct run_context *context, const struct run_spec *spec,
                 struct record *record);
