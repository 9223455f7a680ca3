#pragma once
/* What the live view knows: of each run that goes on what it has told so far, and how those ended
 * that are done.
 *
 * The history of a run is a row of points, one for each stretch of time of the same length. When
 * the row is full, every two become one and the stretch is twice as long: highest and lowest
 * survive, so that no peak is lost however long the run takes. Pure; absent amounts are NAN. */
#include "run/run.h"
#include "verdict/trend.h"

#define WATCH_RUNS_MAX   64
#define WATCH_POINTS_MAX 1024
#define WATCH_FLOORS_MAX 256
#define WATCH_KILLS_MAX  64
#define WATCH_DONE_MAX   64
#define WATCH_RECENT_MAX 16
#define WATCH_NOTE_MAX   240

/* What a stretch of time had, the highest unless it says otherwise; NAN: nothing was told. */
struct watch_point {
    double first_bytes, last_bytes, lowest_bytes, highest_bytes; /* of all memory */
    double inner_bytes;                                          /* not page cache: see below */
    double rate_per_s, latency_p99_ns, threads, descriptors, stalled_share;
    bool joined; /* nothing ended between the point before and this one */
};

/* What readings at two times tell together. */
struct watch_recent {
    nsec_t t_ns;
    uint64_t completed;
    bool has_stalls;
    nsec_t stalls_t_ns;
    uint64_t some_us, full_us;
};

struct watch_kill {
    nsec_t t_ns;
    double bytes; /* highest that was seen just before; NAN: none */
};

/* A run that goes on. */
struct watch_run {
    char id[2 * SCENARIO_NAME_MAX + 16];
    char phase[64];
    struct run_progress now; /* as told last; its strings are the two above */
    uint64_t seen;           /* memory fields that were there at some time: a bit each */
    struct watch_point *points;
    unsigned n_points; /* up to the last one with anything in it */
    nsec_t point_ns;   /* how long the stretch of one is */
    struct run_floor floors[WATCH_FLOORS_MAX];
    unsigned n_floors;
    struct watch_kill kills[WATCH_KILLS_MAX];
    unsigned n_kills;
    struct watch_recent recent[WATCH_RECENT_MAX]; /* the last second, oldest first */
    unsigned n_recent;
    double rate_per_s; /* now; NAN: no load */
    double some_share; /* of the last second, stalled for memory: some of it, and all of it */
    double full_share;
    double highest_bytes;  /* so far; NAN: none known */
    bool broken;           /* nothing ran since the last point */
    nsec_t ready_ns;       /* when it was ready at first; -1: not yet */
    nsec_t measure_ns;     /* when the first measuring cycle of this start began; -1: not yet */
    nsec_t cycle_ended_ns; /* when the last one ended */
};

/* How a run ended, in words. */
struct watch_done {
    char id[2 * SCENARIO_NAME_MAX + 16];
    char verdict[32]; /* "leak", "failed", "interrupted" */
    enum verdict_kind kind;
    bool judged; /* there is a verdict, and `kind` is it */
    char cause[32];
    char growth[96];
    char duration[48];
};

struct watch_state {
    struct watch_run *runs[WATCH_RUNS_MAX]; /* owned; in the order in which they began */
    unsigned n_runs;
    const struct watch_run *latest; /* the one of them that has told something last; NULL: none */
    struct watch_done done[WATCH_DONE_MAX]; /* the last ones, the latest last */
    unsigned n_done_kept;
    size_t n_done;
    size_t n_planned;                       /* runs in all; 0: not known */
    char driver[16];                        /* where they run */
    char title[2 * SCENARIO_NAME_MAX + 16]; /* while nothing runs */
    bool several;                           /* runs go on at the same time: a row each */
    bool stopping;                          /* the user asked to stop */
    bool paused;
    nsec_t waited_ns;          /* since the view began, while no run has told anything */
    char note[WATCH_NOTE_MAX]; /* the last line that something else has printed; "": none */
};

/* How long until there is a verdict, in nanoseconds; -1: not known. */
struct watch_eta {
    nsec_t about_ns;
    nsec_t at_most_ns;
};

/* Take what a run tells. -1: out of memory, or there is no room for one more run. */
int watch_state_progress(struct watch_state *state, const struct run_progress *progress,
                         struct error *err);

/* The run of this record is done: it goes on no more, and stands among those that are done. */
void watch_state_record(struct watch_state *state, const struct record *record);
void watch_state_done(struct watch_state *state); /* for CLEANUP */

/* Memory that the kernel would not simply drop: the working set (memory.current without inactive
 * page cache), else what is anonymous; NAN: neither is known. */
double watch_inner_bytes(const struct memory_sample *sample);

/* The growth by the floors that the verdict would judge: those of the last measuring cycles of
 * about one size, and the one before them. 1: there are fewer than three. */
int watch_growth(const struct watch_run *run, struct trend *ret);
struct watch_eta watch_eta(const struct watch_run *run);
