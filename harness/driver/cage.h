#pragma once
/* A cage: the cgroup of one instance on this kernel, and the process that was started in it. What
 * the drivers that start instances here have in common.
 *
 * The functions are those of struct driver, where they are the same for both. A cage whose
 * processes have all ended can be read until it is done. */
#include "driver/driver.h"
#include "memory/cgroup.h"
#include "memory/cgroup_reader.h"

struct cage {
    struct cgroup *cgroup; /* owned */
    struct cgroup_reader *reader;
    int proc_fd;            /* /proc */
    uint64_t limit_bytes;   /* memory.max; CGROUP_NO_LIMIT: none */
    uint16_t port;          /* that the instance listens on; 0: none */
    struct process process; /* started by the owner, with cgroup_attach(); PROCESS_NONE before */
    bool ended;
    struct process_end end;
};

#define CAGE_NONE ((struct cage){.proc_fd = -1, .process = {.pid = 0, .pidfd = -1}})

/* Make the group "service" with the limits of these settings. `base`: where groups can be made, for
 * others beside it. On failure the cage is for cage_done(), as it is after success. */
int cage_make(const struct settings *settings, struct cage *cage, struct cgroup_base *base,
              struct error *err);

/* Kill all that is in there, and remove it. Never fails; fine on CAGE_NONE. */
void cage_done(struct cage *cage);

/* As the functions of struct driver. */
int cage_state(struct cage *cage, struct instance_state *ret, struct error *err);
int cage_read(struct cage *cage, bool full, struct memory_sample *ret, struct error *err);
int cage_survey(struct cage *cage, struct survey *ret, struct error *err);
int cage_inspect(struct cage *cage, uint64_t limit_bytes, struct runtime_survey *ret,
                 struct error *err);
int cage_reclaim(struct cage *cage, nsec_t deadline_ns, int64_t *ret_bytes, struct error *err);
int cage_squeeze(struct cage *cage, uint64_t bytes, nsec_t deadline_ns, struct squeeze_result *ret,
                 struct error *err);

/* Has the first process ended? Looks. */
bool cage_has_ended(struct cage *cage);

/* The first process was asked to end: wait until the deadline, ask what it leaves behind, then kill
 * what is left. */
int cage_await_end(struct cage *cage, nsec_t deadline_ns, struct instance_state *ret,
                   struct error *err);
