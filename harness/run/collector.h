#pragma once
/* Profiles of the runtime itself, fetched at every floor and kept with the result.
 *
 * Each is a GET of settings.collect; the answer goes to DIR/NAME.CYCLE, where CYCLE is the row of
 * cycles.csv, from 000, and an ending tells what it is (.json, .txt, .gz; none: something else).
 * An answer is at most COLLECTOR_MAX_BYTES long and takes at most COLLECTOR_MAX_S; what fails is
 * left out, and said once for each. */
#include "scenario/record.h"

#define COLLECTOR_MAX_BYTES ((size_t)64 * 1024 * 1024)
#define COLLECTOR_MAX_S     10

struct collector {
    const struct settings *settings;
    const char *url;      /* of the service, for what is a path */
    const char *dir;      /* made when there is something to keep */
    unsigned long warned; /* a bit for each that failed */
};

/* Fetch all of them. A failure is a warning of the record. */
void collector_fetch(struct collector *collector, size_t cycle, struct record *record);
