#pragma once
/* A run's live feed as server-sent events: the stream of one reader.
 *
 * Each line of the feed is an event, `data: {…}`, whose id is where the next line begins: a reader
 * that comes back with the last id it saw (Last-Event-ID) goes on there. Lines that are no JSON
 * object, or hold what would break the stream, are left out. The last event is the end line, with
 * "report" added where there is a report to load; a feed that ends without one (its session was
 * killed) gets one. Between events a comment goes out every 10 s, so that both ends notice when the
 * other is gone. Nothing here waits. */
#include <sys/types.h>

#include "serve/serve_results.h"

struct serve_events;

/* The stream of the run that goes on, or of the end of the run whose result is there; `after` is
 * the Last-Event-ID, NULL: from the beginning. The results are borrowed, and asked at the end. The
 * caller owns *ret. 1: nobody knows of such a run. */
int serve_events_open(struct serve_results *results, const char *key, const char *after,
                      struct serve_events **ret, struct error *err);
void serve_events_close(struct serve_events *events);

/* The next bytes of the stream, up to `size`; 0: there are none yet; -1: it is over. */
ssize_t serve_events_read(struct serve_events *events, char *out, size_t size);
