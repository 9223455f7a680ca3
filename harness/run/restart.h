#pragma once
/* What happens when the service has ended: why it did, whether it is started again, and how long
 * that has to wait. Private to run/.
 *
 * With the policy "at once" the method starts it again when it learns from that, and an end that
 * memory did not cause is the run's. The others are Kubernetes' restartPolicy: always and
 * on-failure start it again after the back-off, whatever it ended of; only a service that fails
 * again and again for another cause than memory ends the run. So it is with a container that was
 * attached to and that its engine starts again: it is followed. */
#include "run/stage.h"

/* The instance has ended by itself: note how, and what the back-off says. It is stopped later. */
void restart_note_end(struct stage *stage, const struct instance_state *state);

/* Stop the instance, wait for the back-off, and make ready for the next start. The waiting counts
 * against no budget. -1: the user asked to stop. */
int restart_wait(struct stage *stage, struct error *err);

/* The instance is gone in the middle of a cycle. 0: killed for memory, which verdict_next() sees.
 * 1: it failed, and is to be started again. -1: it failed, and that is the end of the run. */
int restart_explain_end(struct stage *stage, struct error *err);

/* It did not get ready, and `err` says why. 1: it is to be started again. -1: that is the end. */
int restart_explain_start(struct stage *stage, struct error *err);
