#include "base/clock.h"

#include <errno.h>
#include <limits.h>
#include <time.h>

nsec_t clock_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (nsec_t)now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

int64_t clock_wall_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec;
}

int64_t clock_wall_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / NSEC_PER_MSEC;
}

void clock_sleep_until(nsec_t deadline_ns)
{
    struct timespec deadline = {
        .tv_sec = (time_t)(deadline_ns / NSEC_PER_SEC),
        .tv_nsec = (long)(deadline_ns % NSEC_PER_SEC),
    };
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, NULL) == EINTR)
        continue;
}

int clock_poll_timeout_ms(nsec_t now_ns, nsec_t deadline_ns)
{
    if (deadline_ns == NSEC_NEVER)
        return -1;
    if (deadline_ns <= now_ns)
        return 0;
    nsec_t left_ns = deadline_ns - now_ns;
    nsec_t left_ms = left_ns / NSEC_PER_MSEC + (left_ns % NSEC_PER_MSEC > 0);
    return left_ms > INT_MAX ? INT_MAX : (int)left_ms;
}
