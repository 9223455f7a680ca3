#pragma once
/* What is served: the results below the folders that the user named, and the runs that go on there.
 *
 * Results are found as `leakcage report` finds them, up to two folders down, whenever somebody asks
 * (at most every 200 ms); what has not changed is not read again. Each has a key, "N/PATH": the
 * number of the folder among those named, from 0, and the path below it ("0" is that folder
 * itself). A run that goes on has the key that its result will have. Keys are looked up among what
 * was found, never made into paths. Thread-safe. */
#include <stddef.h>

#include "serve/serve_row.h"

#define SERVE_ROWS_MAX 4096
#define SERVE_RUNS_MAX 256

struct serve_list {
    struct serve_row *rows; /* in the order of their keys */
    size_t n_rows;
    size_t n_more; /* results beyond SERVE_ROWS_MAX */
    struct serve_run *runs;
    size_t n_runs;
};

struct serve_results;

/* A result that was found. All is owned. */
struct serve_place {
    char *key, *dir, *root;
    struct serve_stamp stamp, explained; /* as in struct serve_row */
};

/* Serve these folders (NULL-terminated, borrowed); each must be there. The caller owns *ret. */
int serve_results_new(const char *const *folders, struct serve_results **ret, struct error *err);
void serve_results_free(struct serve_results *results);
void serve_results_freep(struct serve_results **results); /* for CLEANUP */

/* Look anew, and hold what was found until it is released. Runs are read as they are now. */
const struct serve_list *serve_results_hold(struct serve_results *results);
void serve_results_release(struct serve_results *results);

/* The result of this key, or the only one whose path ends with it as a name. 1: there is none, or
 * it is broken, and the error says how. */
int serve_results_find(struct serve_results *results, const char *key, struct serve_place *ret,
                       struct error *err);
void serve_place_done(struct serve_place *place); /* for CLEANUP */

/* The same of a run that goes on; *ret is a copy, for serve_run_done(). 1: there is none. */
int serve_results_find_run(struct serve_results *results, const char *key, struct serve_run *ret);
