#include "run/sampler.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/cleanup.h"

#define FULL_READINGS_PER_S 10

/* No machine is so busy: what ticks late by this stood still. */
#define SAMPLER_STILL_NS (5 * NSEC_PER_SEC)

struct sampler {
    const struct driver *driver;
    struct timeline *timeline;
    struct instance *instance;
    nsec_t origin_ns;
    nsec_t interval_ns;
    unsigned full_every; /* ticks */
    uint64_t tick;
    bool has_peak;
    uint64_t peak_bytes;
    uint64_t current_bytes;
    uint64_t highest_bytes; /* since it was asked for last */
    struct memory_sample seen;
    nsec_t still_ns;
    int timer_fd;
};

int sampler_new(const struct driver *driver, struct timeline *timeline, unsigned hz,
                nsec_t origin_ns, struct sampler **ret, struct error *err)
{
    CLEANUP(sampler_freep) struct sampler *sampler = calloc(1, sizeof(*sampler));
    if (sampler == NULL)
        return error_out_of_memory(err);
    sampler->driver = driver;
    sampler->timeline = timeline;
    sampler->origin_ns = origin_ns;
    sampler->interval_ns = NSEC_PER_SEC / hz;
    sampler->full_every = hz > FULL_READINGS_PER_S ? hz / FULL_READINGS_PER_S : 1;
    sampler->current_bytes = sampler->highest_bytes = SURVEY_ABSENT;
    sampler->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (sampler->timer_fd < 0)
        return error_set_errno(err, ERROR_INTERNAL, errno, "cannot make a timer");
    *ret = take_ptr(&sampler);
    return 0;
}

void sampler_free(struct sampler *sampler)
{
    if (sampler == NULL)
        return;
    closep(&sampler->timer_fd);
    free(sampler);
}

void sampler_freep(struct sampler **sampler)
{
    sampler_free(*sampler);
}

/* Fire at `first_ns` and at every interval after it, or (0) never. */
static void sampler_arm(struct sampler *sampler, nsec_t first_ns)
{
    nsec_t interval_ns = first_ns > 0 ? sampler->interval_ns : 0;
    struct itimerspec timer = {
        .it_value = {.tv_sec = (time_t)(first_ns / NSEC_PER_SEC),
                     .tv_nsec = (long)(first_ns % NSEC_PER_SEC)},
        .it_interval = {.tv_sec = (time_t)(interval_ns / NSEC_PER_SEC),
                        .tv_nsec = (long)(interval_ns % NSEC_PER_SEC)},
    };
    timerfd_settime(sampler->timer_fd, TFD_TIMER_ABSTIME, &timer, NULL);
}

void sampler_watch(struct sampler *sampler, struct instance *instance)
{
    sampler->instance = instance;
    sampler->current_bytes = sampler->highest_bytes = SURVEY_ABSENT;
    sampler->seen = (struct memory_sample){.t_ns = 0};
    sampler_reset_peak(sampler);
    if (instance != NULL)
        sampler_resume(sampler);
    else
        sampler_arm(sampler, 0);
}

void sampler_resume(struct sampler *sampler)
{
    sampler_arm(sampler, clock_now_ns() + sampler->interval_ns);
}

int sampler_fd(const struct sampler *sampler)
{
    return sampler->timer_fd;
}

/* Read, note the peak, append. */
static int sampler_take(struct sampler *sampler, bool full, struct memory_sample *ret,
                        struct error *err)
{
    struct memory_sample sample = {0};
    int status = sampler->driver->read(sampler->instance, full, &sample, err);
    if (status != 0)
        return status;
    sample.t_ns = clock_now_ns() - sampler->origin_ns;
    if (memory_sample_has(&sample, MEMORY_CURRENT) || memory_sample_has(&sample, MEMORY_RSS)) {
        sampler->current_bytes =
            memory_sample_get(&sample, MEMORY_CURRENT, sample.value[MEMORY_RSS]);
        if (!sampler->has_peak || sampler->current_bytes > sampler->peak_bytes)
            sampler->peak_bytes = sampler->current_bytes;
        sampler->has_peak = true;
        if (sampler->highest_bytes == SURVEY_ABSENT ||
            sampler->current_bytes > sampler->highest_bytes)
            sampler->highest_bytes = sampler->current_bytes;
    }
    sampler->seen.t_ns = sample.t_ns;
    for (unsigned field = 0; field < MEMORY_FIELD_MAX; field++)
        if (memory_sample_has(&sample, field))
            memory_sample_set(&sampler->seen, field, sample.value[field]);
    if (ret != NULL)
        *ret = sample;
    return timeline_add_memory(sampler->timeline, &sample, err);
}

int sampler_tick(struct sampler *sampler, struct error *err)
{
    uint64_t due = 0; /* ticks since the last one that was taken */
    if (read(sampler->timer_fd, &due, sizeof(due)) < 0 || sampler->instance == NULL)
        return 0;

    sampler->timeline->ticks += due;
    if ((nsec_t)due * sampler->interval_ns >= SAMPLER_STILL_NS)
        sampler->still_ns += (nsec_t)due * sampler->interval_ns;
    if (due > 1) {
        sampler->timeline->late_ticks += due - 1;
        timeline_add_mark(sampler->timeline, clock_now_ns() - sampler->origin_ns, MARK_LATE_TICK,
                          (due - 1) * (uint64_t)sampler->interval_ns, "");
    }
    bool full = sampler->tick++ % sampler->full_every == 0;
    return sampler_take(sampler, full, NULL, err);
}

int sampler_read_full(struct sampler *sampler, struct memory_sample *ret, struct error *err)
{
    return sampler_take(sampler, true, ret, err);
}

bool sampler_peak(const struct sampler *sampler, uint64_t *ret_bytes)
{
    *ret_bytes = sampler->peak_bytes;
    return sampler->has_peak;
}

void sampler_reset_peak(struct sampler *sampler)
{
    sampler->has_peak = false;
    sampler->peak_bytes = 0;
}

const struct memory_sample *sampler_seen(const struct sampler *sampler)
{
    return &sampler->seen;
}

uint64_t sampler_take_highest(struct sampler *sampler)
{
    uint64_t highest_bytes = sampler->highest_bytes;
    sampler->highest_bytes = SURVEY_ABSENT;
    return highest_bytes;
}

nsec_t sampler_take_still(struct sampler *sampler)
{
    nsec_t still_ns = sampler->still_ns;
    sampler->still_ns = 0;
    return still_ns;
}

uint64_t sampler_current(const struct sampler *sampler)
{
    return sampler->current_bytes;
}
