#pragma once
/* The engine: runs one batch at a time, on the thread that calls it; behind the generator.
 *
 * There is one for each kind of work: http_engine.h requests over HTTP, command_engine.h runs a
 * program for every unit of work, function_engine.h has a function called. Each is a struct that
 * begins with a struct engine. Nothing queues inside an engine: work that is due while all places
 * are busy is simply not begun yet, and its latency counts from when it was due. */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "load/batch.h"

struct engine;

/* The functions of a kind of engine; all are called from the generator's thread but `free`, which
 * is called when that thread is no more. */
struct engine_type {
    /* Run a batch to its end, its deadline, or engine_stop(). */
    void (*run)(struct engine *engine, const struct batch_order *order, struct batch_result *ret);

    /* Between batches, until engine_wake(): tend what is open. */
    void (*rest)(struct engine *engine);

    /* Close every connection; nothing may be in flight. */
    void (*disconnect)(struct engine *engine);

    void (*free)(struct engine *engine);
};

struct engine {
    const struct engine_type *type;
    int wake_fd; /* eventfd; what waits in run and rest waits for this, too */
    atomic_bool stop;
};

/* For those that make and free engines; engine_done() is fine on what was zeroed with wake_fd = -1.
 */
int engine_init(struct engine *engine, const struct engine_type *type, struct error *err);
void engine_done(struct engine *engine);

/* Make the wake-up quiet again. */
void engine_woken(struct engine *engine);

/* The three functions any thread may call. engine_wake() ends the rest. engine_stop() makes the
 * running batch, or the next one, end at once, until engine_resume(). */
void engine_wake(struct engine *engine);
void engine_stop(struct engine *engine);
void engine_resume(struct engine *engine);
