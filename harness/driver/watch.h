#pragma once
/* A watch: what runs already, looked at from outside and left as it is.
 *
 * It only ever reads: files of /proc and of a cgroup, and a pidfd that tells when a process has
 * ended. No limit is set, no signal sent, nothing written into a cgroup, nothing reclaimed. With a
 * cgroup v2 that holds nothing else, its counters are read, kernel memory and events among them;
 * without one the process and its descendants are (see memory/process_tree.h), and what only a
 * cgroup tells is absent. */
#include "driver/driver.h"
#include "memory/cgroup_layout.h"
#include "memory/listeners.h"

/* What is to be watched: a process, a cgroup, or both (a container's). */
struct watch_point {
    pid_t pid;                    /* when it ends, it is over; 0: when the cgroup is empty */
    char cgroup[CGROUP_PATH_MAX]; /* folder, with the memory controller; "": processes alone */
    char unseen[240];             /* without a cgroup: why, and what mends it */
    char endpoint[96];            /* "http://127.0.0.1:8080"; "": where the processes listen */
    char what[160];               /* "pid 1234 (nginx)", for people */
    char name[32];                /* of its first process: "nginx" */
};

struct watch;

/* Begin. Every process of it must be one that we may look into: an error names the first file that
 * may not be read, and the fix. The caller owns *ret. */
int watch_open(const struct watch_point *point, struct watch **ret, struct error *err);
void watch_free(struct watch *watch);   /* NULL is fine */
void watch_freep(struct watch **watch); /* for CLEANUP */

/* As the functions of struct driver. How a process ended is its parent's to know: main_ended is
 * never set. */
int watch_state(struct watch *watch, struct instance_state *ret, struct error *err);
int watch_read(struct watch *watch, bool full, struct memory_sample *ret, struct error *err);

/* `service_port` as in process_survey.h. */
int watch_survey(struct watch *watch, uint16_t service_port, struct survey *ret, struct error *err);

/* `service_port` and `limit_bytes` as in runtime_survey.h. */
int watch_inspect(struct watch *watch, uint16_t service_port, uint64_t limit_bytes,
                  struct runtime_survey *ret, struct error *err);

/* Are its sockets in our network namespace, so that its loopback is ours? */
bool watch_shares_network(struct watch *watch);

/* The TCP ports that it listens on now. */
int watch_listeners(struct watch *watch, struct listeners *ret, struct error *err);

/* The limit that holds for it: of the cgroup and those above it. UINT64_MAX: none, or no cgroup. */
int watch_limit(const struct watch *watch, uint64_t *ret_bytes, struct error *err);
