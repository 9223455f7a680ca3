#pragma once
/* Runs with whole timelines, made by hand, for what exports them: one that leaks, one of a variant
 * that is killed and started again, one of processes without a cgroup, and the same with text that
 * wants to be something else. */
#include "export/export_run.h"

#define EXPORTED_MAX 3
/* When the first of them began, since the Unix epoch; the others an hour later each. */
#define EXPORTED_STARTED_MS INT64_C(1764000000250)

struct exported {
    struct record *records[EXPORTED_MAX]; /* owned */
    struct stored_record runs[EXPORTED_MAX];
    size_t n;
};

/* "leaky", "leaky.fixed" of build race with jemalloc, "leaky.attached". For CLEANUP:
 * exported_done(). */
struct exported exported_new(void);
void exported_done(struct exported *exported);

/* The same with hostile names, marks and folders. */
struct exported exported_new_hostile(void);

/* A run in which so many samples were taken, a hundred a second, and nothing else. */
struct exported exported_new_long(size_t n_samples);

/* What a writer makes of them; fails the test when it cannot. The document is kept as `name` in the
 * folder that LEAKCAGE_KEEP_CI names, when there is one. The caller frees it. */
typedef int (*exported_writer)(const struct stored_record *runs, size_t n, struct buffer *out,
                               struct error *err);
char *exported_write(exported_writer write, const struct exported *exported, const char *name);
