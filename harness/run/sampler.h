#pragma once
/* The sampler: reads the instance at absolute deadlines into the timeline.
 *
 * A tick is start + n / hz. Most ticks take a quick reading; ten times a second it is a full one.
 * A tick that is more than one interval late is counted and marked, never silently absorbed. The
 * owner's event loop watches sampler_fd() and calls sampler_tick(). While the owner is busy with
 * something that no load runs beside (a survey, a reclaim), it pauses the sampler. */
#include "driver/driver.h"
#include "timeline/timeline.h"

struct sampler;

/* `origin_ns` is the run's start, which all times count from. All pointers are borrowed. */
int sampler_new(const struct driver *driver, struct timeline *timeline, unsigned hz,
                nsec_t origin_ns, struct sampler **ret, struct error *err);
void sampler_free(struct sampler *sampler);   /* NULL is fine */
void sampler_freep(struct sampler **sampler); /* for CLEANUP */

/* Read this instance from now on; NULL: none (the sampler rests). */
void sampler_watch(struct sampler *sampler, struct instance *instance);

/* The next tick is one interval from now; those that were missed meanwhile were not due. */
void sampler_resume(struct sampler *sampler);

/* Readable when a tick is due; borrowed. */
int sampler_fd(const struct sampler *sampler);

/* Take the reading that is due. 1: the instance is gone. */
int sampler_tick(struct sampler *sampler, struct error *err);

/* One full reading now, into the timeline and *ret. 1: the instance is gone. */
int sampler_read_full(struct sampler *sampler, struct memory_sample *ret, struct error *err);

/* The highest memory.current (without a cgroup: RSS) seen since the last call of
 * sampler_reset_peak(); false: none. */
bool sampler_peak(const struct sampler *sampler, uint64_t *ret_bytes);
void sampler_reset_peak(struct sampler *sampler);

/* Of this instance, the last value of each field that was read; none: present is 0. Borrowed. */
const struct memory_sample *sampler_seen(const struct sampler *sampler);

/* The highest of these since the last call, or since the instance is watched; SURVEY_ABSENT: none.
 */
uint64_t sampler_take_highest(struct sampler *sampler);

/* For how long nothing ran here, since the last call: stopped, or suspended, for 5 s or more. */
nsec_t sampler_take_still(struct sampler *sampler);

/* The last of these seen; SURVEY_ABSENT: none. For showing progress. */
uint64_t sampler_current(const struct sampler *sampler);
