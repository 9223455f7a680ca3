#include "driver/vm_tsc.h"

#define VM_TSC_INTERVAL_MIN_NS (10 * NSEC_PER_MSEC)
#define VM_TSC_TRIES           8

static uint64_t vm_tsc_ticks(void)
{
#ifdef __x86_64__
    return __builtin_ia32_rdtsc();
#else
    return 0;
#endif
}

/* The reading that was least disturbed. */
struct vm_tsc_reading vm_tsc_read(void)
{
    struct vm_tsc_reading best = {0};
    nsec_t best_width_ns = INT64_MAX;

    for (int i = 0; i < VM_TSC_TRIES; i++) {
        nsec_t before_ns = clock_now_ns();
        uint64_t ticks = vm_tsc_ticks();
        nsec_t width_ns = clock_now_ns() - before_ns;

        if (width_ns >= best_width_ns)
            continue;
        best_width_ns = width_ns;
        best = (struct vm_tsc_reading){.time_ns = before_ns + width_ns / 2, .ticks = ticks};
    }
    return best;
}

uint64_t vm_tsc_khz(struct vm_tsc_reading from, struct vm_tsc_reading to)
{
    nsec_t interval_ns = to.time_ns - from.time_ns;
    if (interval_ns < VM_TSC_INTERVAL_MIN_NS || to.ticks <= from.ticks)
        return 0;
    return (uint64_t)((double)(to.ticks - from.ticks) * 1e6 / (double)interval_ns + 0.5);
}
