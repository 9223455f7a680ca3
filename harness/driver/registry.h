#pragma once
/* The drivers there are, and which one `auto` picks. */
#include "driver/driver.h"

/* In the order in which `auto` tries them; NULL-terminated. */
extern const struct driver *const registry_drivers[];

/* By name; an unknown one is an error that lists them. */
int registry_find(const char *name, const struct driver **ret, struct error *err);

/* The driver that starts this run's instance at the place that `place` is: the place's own, but for
 * what brings a driver with it. */
const struct driver *registry_for_run(const struct driver *place, const struct run_spec *spec);

/* The first that works. When none does, the error holds each one's reason, a line each. */
int registry_choose(const struct driver_options *options, const struct driver **ret,
                    struct error *err);
