#pragma once
/* A round of runs that take turns, so that all of them see the same machine.
 *
 * Each run of a group (run_spec.group) goes on in a thread of its own, and of these threads only
 * the one that has the turn does anything: it starts, loads, measures and stops its instance,
 * stores its record and talks to the session's caller. The others wait, their instances at rest.
 * So what one turn writes the next one reads: nothing that a turn calls needs to bear two threads
 * at once. What goes on without a turn is what an instance does by itself (it is not frozen), and
 * the threads of its own that a run keeps asleep (its load generator's, a container's last
 * reading).
 *
 * Turns go round in the order of the seats, from seat 0, past those that have left. A turn is as
 * long as its owner makes it: a restart's back-off (pods), a start that takes long or a service
 * that does not stop holds it, and all others wait meanwhile.
 *
 * An interrupt does not take the turn from anybody: who has it sees it within its own waits, ends
 * and leaves, and so does, one after the other, whoever gets the turn then. */
#include <stdbool.h>

#include "base/clock.h"
#include "base/error.h"

struct turns;      /* a round */
struct turns_seat; /* one run's place in it; the round's own */

/* A round with `n` seats, all of them taken: each must be left (turns_leave()), or the turn stays
 * with it for ever. The caller owns *ret. */
int turns_new(unsigned n, struct turns **ret, struct error *err);

/* When all have left. NULL is fine. */
void turns_free(struct turns *turns);
void turns_freep(struct turns **turns); /* for CLEANUP */

/* The seat of that number, from 0; borrowed. */
struct turns_seat *turns_seat(struct turns *turns, unsigned index);

/* Wait for the first turn. -1, as ERROR_INTERRUPTED: it is there, and to be left again at once,
 * for the user asked to stop or the round is over. */
int turns_enter(struct turns_seat *seat, struct error *err);

/* Is there nobody else any more? Then there is no turn to pass. Only with the turn. */
bool turns_is_alone(const struct turns_seat *seat);

/* Pass the turn on and wait until it is back; *ret_waited_ns is how long that took. -1 as
 * turns_enter(): the turn is back all the same, to clean up in. */
int turns_pass(struct turns_seat *seat, nsec_t *ret_waited_ns, struct error *err);

/* Leave for good; who has the turn passes it on. Also without it, for a seat that nobody took. */
void turns_leave(struct turns_seat *seat);

/* The round is over: every further turn is only there to end in. From any thread. */
void turns_end(struct turns *turns);
