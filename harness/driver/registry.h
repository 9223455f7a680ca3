#pragma once
/* The drivers there are, and which one `auto` picks. */
#include "driver/driver.h"

/* In the order in which `auto` tries them; NULL-terminated. Where a run's service is in a
 * container, `auto` tries container first, and for all others never. */
extern const struct driver *const registry_drivers[];

/* By name; an unknown one is an error that lists them. */
int registry_find(const char *name, const struct driver **ret, struct error *err);

/* The driver that starts this run's instance at the place that `place` is: the place's own, but for
 * what brings a driver with it. */
const struct driver *registry_for_run(const struct driver *place, const struct run_spec *spec);

/* Can this plan be run at this place, so far as drivers go? */
int registry_check_plan(const struct driver *place, const struct driver_options *options,
                        const struct plan *plan, struct error *err);

/* The first that works; for this plan, or (NULL) for programs. When none does, the error holds each
 * one's reason, a line each. */
int registry_choose(const struct driver_options *options, const struct plan *plan,
                    const struct driver **ret, struct error *err);
