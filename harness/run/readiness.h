#pragma once
/* Wait until a program is ready: a path answers 2xx, a port accepts connections, a line of its log
 * matches; or at once. */
#include <stdbool.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/line_watch.h"

/* What the last try found, for the message when time is up. */
struct readiness {
    const char *url;        /* "http://127.0.0.1:8080"; NULL: it has no port */
    const char *ready;      /* program.ready: "/healthz", "tcp", "log:REGEX", "none" */
    struct line_watch *log; /* of the log, from where it ended at readiness_init(); owned */
    char last[400];         /* "nothing listens on 127.0.0.1:8080", "/healthz answers 404" */
};

/* Before the program is started; `log_path` is where its output will go. */
int readiness_init(struct readiness *readiness, const char *ready, const char *log_path,
                   struct error *err);
void readiness_done(struct readiness *readiness); /* fine when zeroed; for CLEANUP */

/* One try, at most a second long: true when it is ready; else `last` says why not. */
bool readiness_try(struct readiness *readiness);

/* POST to base_url + path and take the answer; 0 when it is 2xx. */
int readiness_post(const char *base_url, const char *path, struct error *err);
