#pragma once
/* One cgroup v2 folder: create it, limit it, put processes in, empty it, remove it.
 *
 * Groups live below a base that cgroup_base_open() finds:
 *   - as root on a machine whose real root cgroup we see: directly below the mount point;
 *   - else below our own cgroup (a delegated systemd scope, a container). A cgroup with processes
 *     cannot hand controllers to its children (cgroups(7), "no internal processes"), so we first
 *     move what is in it, ourselves included, to a leaf named "leakcage.self". It stays, for we are
 *     in it; a later session that finds itself there goes on from its parent.
 * A session's groups carry its pid, start time and pid namespace in their name
 * ("leakcage-PID-STARTTIME-PIDNS"), so that cgroup_sweep() can tell what a killed session left
 * behind from what a living one uses.
 *
 * libcgroup creates, sets, attaches and deletes where it can (cgroup_libcgroup.h is its only user);
 * this module checks after it. In a delegated tree it cannot work, and plain files do. Not for
 * several threads at once. */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/clock.h"
#include "base/error.h"

#define CGROUP_NO_LIMIT UINT64_MAX

/* Where groups can be made. */
struct cgroup_base {
    char path[512];  /* folder in the mounted cgroup2 tree */
    char mount[512]; /* where cgroup2 is mounted */
    bool delegated;  /* not the real root: libcgroup cannot be used */
    bool has_cpu;    /* the cpu controller is available too */
    bool has_pids;
};

struct cgroup_limits {
    uint64_t memory_max_bytes;  /* CGROUP_NO_LIMIT: none */
    uint64_t memory_high_bytes; /* CGROUP_NO_LIMIT: none */
    uint64_t memory_min_bytes;  /* 0: none. Given to the session's group too, for a group is
                                   protected no further than the one above it */
    bool oom_group;             /* memory.oom.group: the kernel kills all of it or nothing */
    uint64_t pids_max;          /* CGROUP_NO_LIMIT: none */
    double cpus;                /* 0: no limit */
};

struct cgroup; /* one made group */

/* 0: usable. 1: not here; `why` says what is missing and the fix. Changes nothing but, in a
 * delegated tree, what the head of this file says; `probe_only` changes nothing at all. */
int cgroup_base_open(bool probe_only, struct cgroup_base *ret, struct error *why);

/* Make the group SESSION/NAME below the base with these limits (and memory.swap.max=0) in force;
 * NAME.2 and so on while the session has others of that name. The caller owns *ret. Nothing is
 * left behind on failure. */
int cgroup_create(const struct cgroup_base *base, const char *name,
                  const struct cgroup_limits *limits, struct cgroup **ret, struct error *err);

/* Its folder, borrowed; and a descriptor of it, borrowed, for reading its files. */
const char *cgroup_path(const struct cgroup *cgroup);
int cgroup_dir_fd(const struct cgroup *cgroup);

/* Put a process in; fit for process_spec.attach with the cgroup as context. */
int cgroup_attach(pid_t pid, void *cgroup, struct error *err);

/* Are there processes in it or below (cgroup.events)? False as well when it is gone. */
bool cgroup_is_populated(const struct cgroup *cgroup);

/* Send a signal to every process in it and below. */
void cgroup_signal(const struct cgroup *cgroup, int number);

/* Ask the kernel to take back all it can: memory.reclaim again and again until it stays dry (EAGAIN
 * alone is not dry, some slab comes only at a second try) or the deadline has passed. 0; 1 when
 * this kernel has no memory.reclaim (before 5.19). *ret_bytes is how much memory.current fell. */
int cgroup_reclaim(struct cgroup *cgroup, nsec_t deadline_ns, int64_t *ret_bytes,
                   struct error *err);

/* SIGKILL everything in it (cgroup.kill), wait until it is empty, at the latest at the deadline. */
int cgroup_kill(struct cgroup *cgroup, nsec_t deadline_ns, struct error *err);

/* Kill, remove, free; the session's own folder goes with its last group. Never fails. NULL is
 * fine. */
void cgroup_destroy(struct cgroup *cgroup);

/* Kill and remove the groups of sessions that no longer exist. Returns how many there were. */
unsigned cgroup_sweep(const struct cgroup_base *base);
