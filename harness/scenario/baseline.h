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
 * Schema "leakcage.baseline/1"; a file of a later one is refused. Everything is owned by the
 * baseline's arena. */
#include <stdint.h>

#include "base/error.h"
#include "scenario/record.h"
#include "verdict/gate.h"

#define BASELINE_SCHEMA       "leakcage.baseline/1"
#define BASELINE_ENTRIES_MAX  4096
#define BASELINE_REQUESTS_MAX LOAD_KINDS_MAX

/* What names a case; "" where there is none. */
struct baseline_key {
    char scenario[SCENARIO_NAME_MAX];
    char variant[SCENARIO_NAME_MAX];
    char build[SCENARIO_NAME_MAX];
    char allocator[SCENARIO_NAME_MAX];
};

/* Room for baseline_key_text(). */
#define BASELINE_KEY_TEXT_MAX (4 * SCENARIO_NAME_MAX + 8)

/* What the figures of a run depend on besides the program. */
struct baseline_environment {
    char kernel[65];       /* release, of where it ran */
    char architecture[16]; /* "x86_64" */
    char driver[16];
    char accel[8]; /* "kvm", "tcg"; "": none known */
    char libc[32]; /* "glibc 2.36": of where leakcage ran; "": not known */
    unsigned cpus;
    unsigned page_bytes;
    bool thp_system; /* transparent huge pages as the system has them; false: never */
};

/* What was done in a run. */
struct baseline_work {
    uint64_t limit_bytes; /* UINT64_MAX: none */
    uint64_t cycle_requests;
    uint64_t warmup_requests;
    unsigned concurrency;
    unsigned cycles_min;
    double rate_per_s; /* 0: closed loop */
};

struct baseline_entry {
    struct baseline_key key;
    struct baseline_environment environment;
    struct baseline_work work;
    struct comparison_run runs[GATE_RUNS_MAX]; /* verdict, cause, growth's estimate and the figures
                                                  that are gated; all judged */
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

/* Write all of it; the file is replaced whole or not at all, and is left alone when it would be the
 * same. */
int baseline_write(const struct baseline *baseline, struct buffer *out, struct error *err);
int baseline_store(const struct baseline *baseline, const char *path, struct error *err);

/* The entry of a case; NULL: there is none. Borrowed, until the baseline changes. */
const struct baseline_entry *baseline_find(const struct baseline *baseline,
                                           const struct baseline_key *key);

/* Add an entry, or replace the one of the same case; copied. */
int baseline_put(struct baseline *baseline, const struct baseline_entry *entry, struct error *err);
void baseline_remove(struct baseline *baseline, const struct baseline_key *key);

/* What a run's case is called, and what it was done with. */
void baseline_key_of_run(const struct run_spec *run, struct baseline_key *ret);
void baseline_key_of_record(const struct record *record, struct baseline_key *ret);

/* "json-tree.fixed [race+jemalloc]". Returns text[BASELINE_KEY_TEXT_MAX]. */
const char *baseline_key_text(const struct baseline_key *key, char *text);

/* An entry made of the judged ones of these records, all of one case. 1: none of them is judged. */
int baseline_entry_of_records(const struct record *const *records, size_t n,
                              struct baseline_entry *ret, struct error *err);

/* Can figures of the one stand beside figures of the other? Each returns false and says in
 * text[BASELINE_DIFFERENCE_MAX] what differs ("kernel 6.1 in the baseline, 6.12 here") when they
 * cannot. A kernel counts as another one when its first two numbers differ; what else differs of
 * its release is no reason to refuse, and is told by baseline_remark() ("" when nothing is). */
#define BASELINE_DIFFERENCE_MAX 400
bool baseline_same_environment(const struct baseline_entry *entry,
                               const struct baseline_environment *now, char *text);
bool baseline_same_work(const struct baseline_entry *entry, const struct baseline_work *now,
                        char *text);
const char *baseline_remark(const struct baseline_entry *entry,
                            const struct baseline_environment *now, char *text);
