#include "run/backoff.h"

#include <math.h>
#include <stdbool.h>

#define BACKOFF_FIRST_NS (10 * NSEC_PER_SEC)
#define BACKOFF_MOST_NS  (300 * NSEC_PER_SEC)
#define BACKOFF_RESET_NS (600 * NSEC_PER_SEC)

static nsec_t backoff_scaled(const struct backoff *backoff, nsec_t time_ns)
{
    return (nsec_t)llround((double)time_ns / backoff->time_scale);
}

void backoff_init(struct backoff *backoff, double time_scale)
{
    *backoff = (struct backoff){.time_scale = time_scale > 0 ? time_scale : 1};
}

nsec_t backoff_wait(struct backoff *backoff, nsec_t ended_ns)
{
    bool lived = ended_ns - backoff->restarted_ns > backoff_scaled(backoff, BACKOFF_RESET_NS);
    if (backoff->next_ns == 0 || lived) {
        backoff->next_ns = BACKOFF_FIRST_NS;
        backoff->restarted_ns = ended_ns;
        return 0;
    }
    nsec_t wait_ns = backoff_scaled(backoff, backoff->next_ns);
    backoff->next_ns =
        2 * backoff->next_ns < BACKOFF_MOST_NS ? 2 * backoff->next_ns : BACKOFF_MOST_NS;
    backoff->restarted_ns = ended_ns + wait_ns;
    return wait_ns;
}
