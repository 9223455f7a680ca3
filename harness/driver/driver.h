#pragma once
/* The driver contract: where an instance can run.
 *
 * A driver is a constant table of functions. There are two sorts:
 *   - one that starts instances here: all functions but `relocate` (one that attaches to what
 *     runs already starts, limits and ends nothing: its `reclaim` and `squeeze` answer 1, its
 *     `stop` only looks);
 *   - one that takes the whole plan elsewhere (a virtual machine), where this same program runs it
 *     with a driver of the first sort and writes its records into a shared folder: only `probe`,
 *     `prepare` and `relocate`. No second code path measures anything.
 *
 * The contract, which tests/contract/ holds every driver to:
 *   - limits are in force before the service's first instruction;
 *   - `read` does not block for longer than a tick; an instance whose processes have all ended can
 *     still be read (its counters tell why); 1 means that even its cgroup is gone;
 *   - a service that ends, for whatever reason, is seen through `state`;
 *   - `squeeze` leaves nothing but its effect behind: its own process and memory are gone when it
 *     returns, and are no part of any survey; when it is late, it says so and gives up;
 *   - `stop` asks (SIGTERM), and kills what is left at the deadline;
 *   - `destroy` cannot fail, may be called at any time, and leaves no process, cgroup, guest or
 *     temporary file behind. */
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "driver/instance_state.h"
#include "driver/parameters.h"
#include "load/function_engine.h"
#include "memory/runtime_survey.h"
#include "scenario/plan.h"
#include "timeline/sample.h"
#include "timeline/squeeze.h"
#include "timeline/survey.h"

struct instance; /* each driver's own */

struct driver {
    const char *name; /* as written on the command line and in results */

    /* 0: usable here. 1: not; `why` says what is missing and how to get it. */
    int (*probe)(const struct driver_options *options, struct error *why);

    /* Start the dependencies, then the service, in the cage. What is in files->data_dir from an
     * earlier start stays there. Does not wait for ready. The caller owns *ret. */
    int (*start)(const struct driver_options *options, const struct run_spec *spec,
                 const struct run_files *files, struct instance **ret, struct error *err);

    /* "http://127.0.0.1:PORT", borrowed; index 0 is the service, 1… its dependencies. */
    const char *(*endpoint)(const struct instance *instance, unsigned index);

    /* Where its work is calls of a function (load.calls): the child that makes them, borrowed.
     * NULL: nowhere. */
    const struct load_function *(*calls)(const struct instance *instance);

    /* Its cgroup's folder, absolute, borrowed: of the service with all its processes, without its
     * dependencies. NULL: it has none of its own, or none is known. */
    const char *(*cgroup_dir)(const struct instance *instance);

    /* Where it runs already: what it is. NULL: it is what the spec says. */
    void (*describe)(const struct instance *instance, struct instance_facts *ret);

    /* What the service has printed until now is in its log; gives up after a second. Returns the
     * errno with which the log could not be written, 0 when it could. NULL: it always is there. */
    int (*catch_up)(struct instance *instance);

    int (*state)(struct instance *instance, struct instance_state *ret, struct error *err);

    /* A quick or a full reading, without t_ns. 1: the instance is gone. */
    int (*read)(struct instance *instance, bool full, struct memory_sample *ret, struct error *err);

    /* Everything, processes included, without t_ns; absent is what only the service itself can tell
     * (its allocator's numbers). 1: the instance is gone. */
    int (*survey)(struct instance *instance, struct survey *ret, struct error *err);

    /* The runtimes of its processes, which choose their heaps by `limit_bytes` (UINT64_MAX: none),
     * and which process listens. Once, when it is ready. NULL: cannot be told here. */
    int (*inspect)(struct instance *instance, uint64_t limit_bytes, struct runtime_survey *ret,
                   struct error *err);

    /* Have the kernel take back all it can. 1: cannot be asked for here. */
    int (*reclaim)(struct instance *instance, nsec_t deadline_ns, int64_t *ret_bytes,
                   struct error *err);

    /* Fill `bytes` from within the instance's limit, as somebody would who needs them (see
     * timeline/squeeze.h). When the kernel kills, the instance has ended (see `state`), and *ret
     * says so. 1: there is nothing to be learned: no limit, nothing alive, or a service that
     * manages cgroups of its own. Dependencies are not squeezed. */
    int (*squeeze)(struct instance *instance, uint64_t bytes, nsec_t deadline_ns,
                   struct squeeze_result *ret, struct error *err);

    int (*stop)(struct instance *instance, nsec_t deadline_ns, struct instance_state *ret,
                struct error *err);

    /* NULL is fine. */
    void (*destroy)(struct instance *instance);

    /* Before `relocate` on several threads at once: find out what each would find out for itself,
     * and put the answers into *ret, which is `options` otherwise. NULL: there is nothing. */
    int (*prepare)(const struct driver_options *options, struct driver_options *ret,
                   struct error *err);

    /* Run this program elsewhere, with these arguments, and wait for its end. -1 when it could not
     * be run, and when it did not end with exit status 0; errno_value ETIMEDOUT: the place has
     * stopped for no fault of the program, and may be tried again. */
    int (*relocate)(const struct driver_options *options, const struct relocation *relocation,
                    struct error *err);
};
