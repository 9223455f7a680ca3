#pragma once
/* The engine: runs one batch at a time over its transfers, on the thread that calls it.
 *
 * The event loop behind the generator. There is one transfer per unit of concurrency and one per
 * timer. Nothing queues inside libcurl: a request that is due while all transfers are busy is
 * simply not begun yet, and its latency counts from when it was due. All requests have the same
 * timeout, so those in flight, kept in the order of their start, are also in the order of their
 * deadlines: the oldest is the only one to look at. */
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "load/generator.h"
#include "load/profile.h"
#include "load/tally.h"

struct engine;

/* What to do; see generator_begin(). */
struct batch_order {
    uint64_t requests;
    unsigned concurrency;
    nsec_t deadline_ns;
};

/* `profile`, `base_url` and `tally` are borrowed. The caller owns *ret. */
int engine_new(const struct load_profile *profile, const char *base_url, struct tally *tally,
               struct engine **ret, struct error *err);
void engine_free(struct engine *engine); /* NULL is fine */

/* Run a batch to its end, its deadline, or engine_stop(). */
void engine_run(struct engine *engine, const struct batch_order *order, struct batch_result *ret);

/* Tend idle connections (a service may close them) until engine_wake(). */
void engine_rest(struct engine *engine);

/* Close every connection; nothing may be in flight. */
void engine_disconnect(struct engine *engine);

/* The three functions any thread may call. engine_wake() ends engine_rest(). engine_stop() makes
 * the running batch, or the next one, end at once, until engine_resume(). */
void engine_wake(struct engine *engine);
void engine_stop(struct engine *engine);
void engine_resume(struct engine *engine);
