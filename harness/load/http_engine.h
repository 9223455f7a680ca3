#pragma once
/* The engine for work over HTTP: one batch at a time over its transfers.
 *
 * There is one transfer per unit of concurrency and one per timer. Nothing queues inside libcurl.
 * All requests have the same timeout, so those in flight, kept in the order of their start, are
 * also in the order of their deadlines: the oldest is the only one to look at. */
#include "load/engine.h"
#include "load/profile.h"

/* `profile`, `base_url` and `tally` are borrowed. The caller owns *ret. */
int http_engine_new(const struct load_profile *profile, const char *base_url, struct tally *tally,
                    struct engine **ret, struct error *err);
