#pragma once
/* What load to offer: kinds of request with weights, how many at a time or how many a second.
 *
 * Closed loop (rate_per_s == 0): `concurrency` requests are in flight until the work is done; the
 * next is due when one has completed. Open loop (rate_per_s > 0): request n of a batch is due at
 * n / rate, whatever the service does; at most `concurrency` are in flight and later ones queue.
 * Latency is measured from the due time (so a stalled service is charged for the requests that
 * waited), service time from the send. Timers fire at fixed intervals while a batch runs, as health
 * checks do; when there are no request kinds, the batch's work is counted in timer firings.
 *
 * Work that is not HTTP is a command: one run of it is what a request is otherwise, and its exit
 * status the outcome. Or it is a function (leakcage.h): one call of it, and its result. */
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

#define LOAD_KINDS_MAX       16
#define LOAD_HEADERS_MAX     16
#define LOAD_CONCURRENCY_MAX 4096

struct request_kind {
    const char *method;                    /* "GET", "POST", … */
    const char *path;                      /* starts with '/', may hold a query */
    const char *body;                      /* NULL: none */
    const char *headers[LOAD_HEADERS_MAX]; /* "Name: value", NULL-terminated if shorter */
    unsigned n_headers;
    unsigned weight; /* >= 1; ignored for timers */
    nsec_t every_ns; /* timers only: the interval, > 0 */
};

/* Strings are borrowed and must outlive every user of the profile. */
struct load_profile {
    struct request_kind requests[LOAD_KINDS_MAX];
    unsigned n_requests;
    struct request_kind timers[LOAD_KINDS_MAX];
    unsigned n_timers;
    const char *const *command; /* NULL-terminated words; NULL: HTTP */
    const char *command_cwd;    /* where it runs; NULL: the working directory of leakcage */
    bool calls;                 /* a function, in a process that the driver has forked */
    unsigned concurrency;       /* 1 to LOAD_CONCURRENCY_MAX */
    double rate_per_s;          /* 0: closed loop */
    bool reuse;                 /* keep connections open between requests */
    nsec_t timeout_ns;          /* of one request, from its send */
};
