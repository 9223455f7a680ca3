#pragma once
/* Time: nanoseconds on CLOCK_MONOTONIC.
 *
 * Decision code never calls these; it is handed times. Whatever repeats does so at absolute
 * deadlines (start + n * interval), so that lateness is seen and never adds up. */
#include <stdint.h>

typedef int64_t nsec_t;

#define NSEC_PER_USEC ((nsec_t)1000)
#define NSEC_PER_MSEC ((nsec_t)1000000)
#define NSEC_PER_SEC  ((nsec_t)1000000000)

/* "No deadline". */
#define NSEC_NEVER INT64_MAX

/* Now, on CLOCK_MONOTONIC. */
nsec_t clock_now_ns(void);

/* Seconds since the Unix epoch, for naming things only. */
int64_t clock_wall_s(void);

/* Milliseconds since the Unix epoch: when something was, for people and for other programs' data.
 */
int64_t clock_wall_ms(void);

/* Sleep until the absolute time; a signal does not cut it short. */
void clock_sleep_until(nsec_t deadline_ns);

/* Milliseconds from now until the deadline, rounded up, for poll() and epoll_wait(): 0 when it has
 * passed, -1 for NSEC_NEVER. */
int clock_poll_timeout_ms(nsec_t now_ns, nsec_t deadline_ns);
