#pragma once
/* A baseline: what runs of each case were like when they were right, to be gated against later
 * (verdict/gate.h). One JSON file that lives with the code it is about.
 *
 * One entry per case: scenario, variant, build and allocator. It has the figures of every repeat,
 * not a summary of them, for the test relabels whole repeats; and what the figures depend on: the
 * environment (kernel, processor, driver…) and the work (limit, requests, concurrency…). Entries
 * are sorted by case, keys have one order, a figure is one line: what has not changed makes no
 * difference in a diff. There is no date and no host name in it.
 *
 * Schema "leakcage.baseline/1"; a file of a later one is refused. A baseline owns its entries. */
#include <stdint.h>

#include "base/error.h"
#include "scenario/record.h"
#include "verdict/gate.h"

#define BASELINE_SCHEMA         "leakcage.baseline/1"
#define BASELINE_ENTRIES_MAX    4096
#define BASELINE_FILE_MAX_BYTES ((size_t)16 * 1024 * 1024)

/* What names a case; "" where there is none. */
struct baseline_key {
    char scenario[SCENARIO_NAME_MAX];
    char variant[SCENARIO_NAME_MAX];
    char build[SCENARIO_NAME_MAX];
    char allocator[SCENARIO_NAME_MAX];
};

/* Room for baseline_key_text(). */
#define BASELINE_KEY_TEXT_MAX (4 * SCENARIO_NAME_MAX + 8)

/* What the figures of a run depend on besides the program. Kernel, driver and processors are in
 * every result; what is not known of the others ("", 0) is not known in older recordings. */
struct baseline_environment {
    char kernel[65]; /* release, of where it ran */
    char driver[16];
    char accel[8]; /* "kvm", "tcg"; "": none known */
    unsigned cpus;
    struct record_machine machine;
};

/* What was asked to be done in a run. */
struct baseline_work {
    uint64_t limit_bytes; /* UINT64_MAX: none */
    uint64_t cycle_requests;
    bool has_warmup; /* false: not known, as of older recordings */
    uint64_t warmup_requests;
    unsigned concurrency;
    unsigned cycles_min;
    double rate_per_s; /* 0: closed loop */
};

struct baseline_entry {
    struct baseline_key key;
    struct baseline_environment environment;
    struct baseline_work work;
    struct comparison_run runs[GATE_RUNS_MAX]; /* verdict, cause and the figures that are gated, of
                                                  growth only the estimate; all judged */
    unsigned n_runs;
    unsigned line; /* of the file; 0: not from a file */
};

struct baseline {
    struct baseline_entry *entries; /* sorted by key */
    size_t n;
    size_t room; /* entries allocated */
};

/* An empty one; the caller owns *ret. */
int baseline_new(struct baseline **ret, struct error *err);
void baseline_free(struct baseline *baseline);
void baseline_freep(struct baseline **baseline); /* for CLEANUP */

/* Read a file; the caller owns *ret. ERROR_USAGE names file, line and JSON path. 1: there is no
 * such file (and *ret is an empty baseline). */
int baseline_load(const char *path, struct baseline **ret, struct error *err);

/* The same from text; `source` is what errors call it. */
int baseline_load_text(const char *source, const char *text, size_t length, struct baseline **ret,
                       struct error *err);

/* Write all of it; the file (what a link leads to) is replaced whole or not at all, and is left
 * alone when it would be the same. */
int baseline_write(const struct baseline *baseline, struct buffer *out, struct error *err);
int baseline_store(const struct baseline *baseline, const char *path, struct error *err);

/* The entry of a case; NULL: there is none. Borrowed, until the baseline changes. */
const struct baseline_entry *baseline_find(const struct baseline *baseline,
                                           const struct baseline_key *key);

/* Add an entry, or replace the one of the same case; copied. ERROR_USAGE: it could not be read
 * again, for it has a name that is none, no repeat, a fact or a figure that is impossible. */
int baseline_put(struct baseline *baseline, const struct baseline_entry *entry, struct error *err);
void baseline_remove(struct baseline *baseline, const struct baseline_key *key);

/* The smaller key first, as strcmp(). */
int baseline_compare_keys(const struct baseline_key *left, const struct baseline_key *right);

/* What a run's case is called, and what it is done with. The work of a run is known before it
 * (true) unless it attaches to what has a limit of its own (false: only its record tells all of
 * it). */
void baseline_key_of_run(const struct run_spec *run, struct baseline_key *ret);
void baseline_key_of_record(const struct record *record, struct baseline_key *ret);
bool baseline_work_of_run(const struct run_spec *run, struct baseline_work *ret);
void baseline_work_of_record(const struct record *record, struct baseline_work *ret);
void baseline_environment_of_record(const struct record *record, struct baseline_environment *ret);

/* "json-tree.fixed [race+jemalloc]". Returns text[BASELINE_KEY_TEXT_MAX]. */
const char *baseline_key_text(const struct baseline_key *key, char *text);

/* An entry made of the judged ones of these records, all of one case; of more than GATE_RUNS_MAX
 * the first. Figures are rounded as they are stored. 1: none of them is judged. ERROR_USAGE: they
 * are of different cases, environments or work, and the text says how they differ. */
int baseline_entry_of_records(const struct record *const *records, size_t n,
                              struct baseline_entry *ret, struct error *err);
