#pragma once
/* One gate, while it is made: what its parts (gate_*.h) share.
 *
 * From the command line to cases (gate_plan.h), to their runs in rounds (gate_rounds.h) or from
 * recordings (gate_recordings.h), to the decision about each (gate_decide.h) against a stored
 * baseline (gate_baseline.h) or against the other side's runs, to what is written (gate_update.h,
 * gate_report_make.h, gate_files.h). A case is open until it is settled; what is known of it before
 * anything is run settles it, and it is not run. */
#include "base/arena.h"
#include "cli/console.h"
#include "cli/exit_status.h"
#include "compare/compare_run.h"
#include "report/gate_report.h"
#include "scenario/baseline.h"

#define GATE_NOTES_MAX 8

/* Fewer repeats than this show nothing of how runs scatter. */
#define GATE_REPEATS_MIN 3

/* Whose runs: those that are gated, and with --against those that they are gated against. */
enum gate_side_of { GATE_CANDIDATE, GATE_BASE, GATE_SIDES };

/* The runs of one side of a case, in the order of its repeats; borrowed from the console or from
 * the recordings. */
struct gate_runs {
    const struct record *records[GATE_RUNS_MAX];
    const char *dirs[GATE_RUNS_MAX];
    unsigned n;
    unsigned more; /* beyond GATE_RUNS_MAX, which are not looked at */
};

struct gate_case {
    struct baseline_key key;
    char id[BASELINE_KEY_TEXT_MAX];
    const char *file; /* of the scenario; NULL: the command line */
    struct gate_budgets budgets;
    size_t template[GATE_SIDES]; /* which of the gate's templates; the base only with --against */
    bool can_run;                /* …and that there are such */
    const struct baseline_entry *entry; /* of the stored baseline, when it can be compared with */
    const char *replaces; /* --update: why the entry that is there cannot be; NULL: it can */
    struct gate_runs runs[GATE_SIDES];
    struct gate_result *result; /* NULL: nothing was compared yet */
    bool confirmed;             /* it was suspect, and has been run again */
    bool settled;
    enum gate_case_status status; /* of a settled one, and the rest, too */
    enum exit_status exit;
    const char *message;
    const char *notes[GATE_NOTES_MAX];
    unsigned n_notes;
};

/* What a run of the plan is of. */
struct gate_slot {
    size_t of; /* the case's index */
    enum gate_side_of side;
};

struct gate {
    const struct options *options;
    struct arena *arena;
    struct places places;
    struct console console;
    double false_alarm_rate;
    struct baseline *baseline;  /* NULL with --against */
    struct revisions revisions; /* with --against, when it is one */
    const char *rev_names[GATE_SIDES];
    const char *const *command; /* with --against, when it is a command; the arena's */
    const char *const *env;     /* what --env says, for all runs; NULL-terminated */
    struct plan *templates;     /* a run of each case, and of each side */
    struct plan *plan;          /* what is run, in the order in which it is */
    struct gate_slot *slots;    /* of each run of the plan */
    struct gate_case *cases;    /* in the order of the command line, then what was not run */
    size_t n_cases;
    size_t n_compared; /* open ones when it began: those that share the false alarm rate */
    unsigned repeats;  /* of the candidate in the first round */
    bool recorded;     /* nothing is run */
    const char *notes[GATE_NOTES_MAX];
    unsigned n_notes;
};

/* An empty gate of these options. Whatever happens then: gate_done(). */
int gate_init(struct gate *gate, const struct options *options, struct error *err);
void gate_done(struct gate *gate); /* for CLEANUP */

/* One more case. ERROR_USAGE: there is one of the same key. */
int gate_add_case(struct gate *gate, const struct gate_case *added, struct error *err);

/* Say what becomes of a case, once. */
void gate_settle(struct gate *gate, struct gate_case *of, enum gate_case_status status,
                 enum exit_status exit, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* A note on a case, or on the whole; what is beyond GATE_NOTES_MAX is dropped. */
void gate_note(struct gate *gate, struct gate_case *of, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void gate_note_all(struct gate *gate, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* How many are not settled. */
size_t gate_count_open(const struct gate *gate);

/* A run of this side is there. */
void gate_runs_add(struct gate_runs *runs, const struct record *record, const char *dir);
