#pragma once
/* The load generator: offers a profile's load to a service, on a thread of its own.
 *
 * Work comes in batches: so many requests, by a deadline. At most `concurrency` requests are in
 * flight (and one per timer), each on a connection of its own; requests that are due while all are
 * busy wait here, with their latency counting from when they were due. Which kind a request is
 * follows the weights in a fixed smooth order (arrival.h) that starts anew with every batch, so
 * equal batches are equal work. One batch at a time; the owner waits on generator_fd() and then
 * fetches the result.
 *
 * Timers fire first one interval after the batch began and then at every multiple, until the last
 * request is done. A timer has one request in flight at most: a firing that falls due meanwhile
 * happens late, once, and further missed ones are skipped.
 *
 * Threads: every function is called from the owner's thread; the generator's own thread only runs
 * batches. Connections stay open between batches when the profile says reuse;
 * generator_disconnect() closes them. Without reuse the client closes each one after its response,
 * so that TIME_WAIT sockets are never the service's. */
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "load/batch.h"
#include "load/command_engine.h"
#include "load/function_engine.h"
#include "load/profile.h"
#include "timeline/load_sample.h"

struct generator;

/* `profile` and `base_url` ("http://127.0.0.1:8080", no slash at the end) are borrowed; only http
 * is spoken. ERROR_USAGE for a request that cannot be sent as it stands. The caller owns *ret. */
int generator_new(const struct load_profile *profile, const char *base_url, struct generator **ret,
                  struct error *err);

/* Work that is not HTTP: each unit is one run of a program (see command_engine.h, which says what
 * becomes of it). `command` is borrowed; the profile has neither requests nor timers then. */
int generator_new_command(const struct load_profile *profile, const struct load_command *command,
                          struct generator **ret, struct error *err);

/* Each unit is one call of a function in a child of ours (see function_engine.h). `function` is
 * borrowed; the profile has neither requests nor timers then, and a concurrency of 1. */
int generator_new_function(const struct load_profile *profile, const struct load_function *function,
                           struct generator **ret, struct error *err);

/* Stops what runs, closes every connection. NULL is fine. */
void generator_free(struct generator *generator);
void generator_freep(struct generator **generator); /* for CLEANUP */

/* Begin a batch of `requests`, at most `concurrency` at a time (1 to the profile's), to be over by
 * `deadline_ns` (CLOCK_MONOTONIC): what is then in flight counts as timed out. The batch before
 * must have been fetched with generator_finish(). */
int generator_begin(struct generator *generator, uint64_t requests, unsigned concurrency,
                    nsec_t deadline_ns, struct error *err);

/* Readable when the batch is over; borrowed. */
int generator_fd(const struct generator *generator);

/* The result of the batch that is over; the descriptor is quiet again. -1 when none is over. */
int generator_finish(struct generator *generator, struct batch_result *ret, struct error *err);

/* Give up the running batch: unfinished requests are dropped. Does not wait; generator_fd() tells
 * when the batch is over. Nothing happens when none runs. */
void generator_stop(struct generator *generator);

/* Totals of all batches so far with the latencies (of answered requests) since the last call, t_ns
 * = now_ns. Cheap; may be called while a batch runs. */
void generator_sample(struct generator *generator, nsec_t now_ns, struct load_sample *ret);

/* Close idle connections; they are closed when this returns. Only between batches. */
void generator_disconnect(struct generator *generator);
