#pragma once
/* Whose events a session sees: a cgroup's, or, without one, those of threads that are there now and
 * of all they start. */
#include "instrument/perf_session.h"

struct perf_target {
    int cgroup_fd;   /* -1: none */
    bool use_cgroup; /* events are of the cgroup itself */
    pid_t *roots;    /* owned: processes, when there is no cgroup */
    size_t n_roots;
};

/* Remember the place. */
int perf_target_set(struct perf_target *target, const struct perf_place *place, struct error *err);
void perf_target_done(struct perf_target *target);

/* Its processes now: the cgroup's, or the roots with all that descend from them. The caller owns
 * *ret. */
int perf_target_processes(const struct perf_target *target, pid_t **ret, size_t *ret_n,
                          struct error *err);

/* The threads of all these. The caller owns *ret. */
int perf_target_threads(const struct perf_target *target, pid_t **ret, size_t *ret_n,
                        struct error *err);
