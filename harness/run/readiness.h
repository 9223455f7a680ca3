#pragma once
/* Wait until a program answers: a path with 2xx, or a port that accepts connections. */
#include <stdbool.h>

#include "base/clock.h"
#include "base/error.h"

/* What the last try found, for the message when time is up. */
struct readiness {
    const char *url;   /* "http://127.0.0.1:8080" */
    const char *ready; /* "/healthz" or "tcp" */
    char last[160];    /* "nothing listens on 127.0.0.1:8080", "/healthz answers 404" */
};

/* One try, at most a second long: true when it is ready; else `last` says why not. */
bool readiness_try(struct readiness *readiness);

/* POST to base_url + path and take the answer; 0 when it is 2xx. */
int readiness_post(const char *base_url, const char *path, struct error *err);
