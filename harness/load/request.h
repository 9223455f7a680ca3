#pragma once
/* A request as bytes: built once from its kind, sent many times. */
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "load/profile.h"

struct request {
    char *bytes; /* owned: request line, headers, body */
    size_t length;
    bool head; /* its answer has no body */
};

/* Build the request for a service at `base_url` ("http://host:port", perhaps with a path). Host,
 * User-Agent, Accept and, with a body, Content-Length are added unless the kind brings its own.
 * Control characters in any of it are refused (ERROR_USAGE), as are other schemes. */
int request_init(struct request *request, const struct request_kind *kind, const char *base_url,
                 struct error *err);

/* Release it; fine when it was zeroed only. */
void request_done(struct request *request);
