#pragma once
/* A record: what one run produced. Facts (timeline, end, machine), conclusion (verdict) and whether
 * that was expected (outcome) are kept apart. It owns what it points to; stored: record_files.h. */
#include "base/error.h"
#include "memory/runtime.h"
#include "scenario/plan.h"
#include "scenario/record_facts.h"
#include "timeline/run_end.h"
#include "timeline/timeline.h"
#include "verdict/verdict.h"

/* Why a run ended; the first reason wins. */
enum termination {
    TERMINATION_DECIDED,        /* the verdict was reached, or no further cycle would help */
    TERMINATION_BUDGET,         /* the time was up */
    TERMINATION_OOM_KILLED,     /* killed at the limit, and that was evidence enough */
    TERMINATION_SERVICE_FAILED, /* never ready, exited, answers nothing but errors */
    TERMINATION_INTERRUPTED,    /* the user asked to stop */
    TERMINATION_DRIVER_FAILED,  /* this machine or the harness failed */
    TERMINATION_MAX_
};

enum outcome {
    OUTCOME_PASS,      /* as expected; without an expectation: not a leak */
    OUTCOME_FAIL,      /* other than expected; without one: a leak */
    OUTCOME_ERROR,     /* no verdict: the service or the machine failed, or it was interrupted */
    OUTCOME_UNDECIDED, /* inconclusive, and that was not expected */
    OUTCOME_MAX_
};

#define RECORD_WARNINGS_MAX       8
#define RECORD_RUNTIMES_MAX       8
#define RECORD_ENDS_MAX           64
#define RECORD_POD_MAX            256
#define RECORD_LABEL_MAX          208
#define RECORD_SANITIZER_MAX      128
#define RECORD_SANITIZER_TEXT_MAX 320

struct record {
    char id[2 * SCENARIO_NAME_MAX + 16];
    char scenario[SCENARIO_NAME_MAX];
    char variant[SCENARIO_NAME_MAX];   /* "": the scenario itself */
    char label[RECORD_LABEL_MAX];      /* how people read the variant; "": as it is written there */
    char build[SCENARIO_NAME_MAX];     /* which build of the program; "": nobody chose */
    char allocator[SCENARIO_NAME_MAX]; /* which one is preloaded; "": nobody chose */
    char sanitizer_options[RECORD_SANITIZER_MAX]; /* as run_spec's; "": nothing */
    unsigned group;    /* runs of a session that took turns with this one have the same; 0: alone */
    unsigned position; /* which of the variants of a comparison it is, from 1; 0: of none */
    bool has_expectation, expects_cause;
    enum verdict_kind expect;
    enum cause expect_cause;
    struct gate_budgets gate; /* of its scenario; no line */
    char driver[16];
    char target[160]; /* what runs already and was attached to; "": nothing */
    char accel[8];    /* the hypervisor of the machine it ran on: "kvm", "tcg"; "": none known */
    char kernel[65];  /* release */
    unsigned cpus;
    struct record_machine machine; /* more of it */
    struct record_work work;       /* as it was asked for */
    unsigned sample_hz;
    int64_t started_unix_ms; /* when it began, since the Unix epoch; 0: not known */
    nsec_t duration_ns;      /* start to end */
    nsec_t waited_ns;        /* of that, while runs that it took turns with went on */
    bool has_ready, has_decided;
    nsec_t ready_ns;   /* when the service was ready, since the start of the run */
    nsec_t decided_ns; /* when the verdict was reached, the same less what it waited until then */
    unsigned starts;   /* of the service */
    struct runtime runtimes[RECORD_RUNTIMES_MAX]; /* of the service's processes, when first ready */
    unsigned n_runtimes;
    struct run_end ends[RECORD_ENDS_MAX]; /* of those starts that ended by themselves */
    unsigned n_ends;
    struct restart restart;   /* what happens when it has ended */
    char pod[RECORD_POD_MAX]; /* metadata.name; "": none */
    enum termination termination;
    struct error error; /* kind ERROR_NONE unless the run failed */
    char warnings[RECORD_WARNINGS_MAX][200];
    unsigned n_warnings;
    struct record_instrument instruments[RECORD_INSTRUMENTS_MAX]; /* in the order they were added */
    unsigned n_instruments;                                       /* 0: a plain run */

    struct verdict_question question;
    struct timeline *timeline; /* owned */
    struct verdict verdict;
    enum outcome outcome;
};

/* An empty record of this run. The caller owns *ret. */
int record_new(const struct run_spec *spec, struct record **ret, struct error *err);
void record_free(struct record *record);
void record_freep(struct record **record); /* for CLEANUP */

/* Add a warning; only when it is not there yet. What is beyond RECORD_WARNINGS_MAX is dropped. */
void record_warn(struct record *record, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void record_warn_once(struct record *record, const char *text);

/* Note the service's runtimes (NULL: not known), and what follows for the question: is it told at
 * every floor what the heap has in use, and is garbage collected before? */
void record_set_runtimes(struct record *record, const struct runtime *runtimes, unsigned n,
                         bool heap_is_told, bool collects);

/* Add an end; NULL when there are RECORD_ENDS_MAX already. Borrowed. */
struct run_end *record_add_end(struct record *record, const struct run_end *end);

/* Is this Kubernetes' restartPolicy, with its back-off? */
bool record_has_backoff(const struct record *record);

/* Judge the timeline and set verdict and outcome. Pure, but for the record itself. */
void record_judge(struct record *record);

/* The words of results, and back (false: no such word). */
const char *termination_name(enum termination termination);
bool termination_from_name(const char *name, enum termination *ret);
const char *outcome_name(enum outcome outcome);

/* What sanitizer_options are and why; "" without. Returns text[RECORD_SANITIZER_TEXT_MAX]. */
const char *record_sanitizer_text(const struct record *record, char *text);

/* "leak", "clean (none)" as expected; "" when nothing is. Returns text. */
const char *record_expectation_text(const struct record *record, char *text, size_t size);
