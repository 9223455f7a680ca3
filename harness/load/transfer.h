#pragma once
/* A transfer: one place for a request in flight, with the connection it uses.
 *
 * It opens the connection when there is none, sends the request, reads the response and says how it
 * ended. When a connection that had served before turns out to be closed, without a byte of the
 * response, the request is sent once more on a new one: servers close idle connections, and that is
 * no failure of the request. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "load/connection.h"
#include "load/request.h"
#include "load/response.h"

enum request_outcome {
    REQUEST_PENDING, /* not over yet */
    REQUEST_OK,
    REQUEST_OTHER_STATUS,
    REQUEST_REFUSED,
    REQUEST_RESET,
    REQUEST_TIMED_OUT,
    REQUEST_FAILED,
};

/* Where received bytes go for the moment they are looked at; shared by all transfers of a thread.
 * libcurl receives no more than this at a time (CURLOPT_BUFFERSIZE's default). */
#define TRANSFER_SCRATCH_BYTES ((size_t)16 * 1024)

struct transfer {
    struct connection connection;
    const struct request *request; /* borrowed; NULL: idle */
    size_t sent;
    bool reuse;  /* keep the connection for the next request */
    bool reused; /* the connection has served a request before this one */
    nsec_t due_ns, start_ns;
    struct transfer *older, *newer; /* in flight, by start; the engine's */
    struct response response;
};

/* An idle transfer without a connection. It must not move in memory. */
int transfer_init(struct transfer *transfer, struct connector *connector, uint32_t number,
                  struct error *err);
void transfer_done(struct transfer *transfer); /* fine when it was zeroed only */

/* Begin a request on an idle transfer. The four functions from here on return the outcome, after
 * which the transfer is idle again, or REQUEST_PENDING. `request` is borrowed until then. */
enum request_outcome transfer_start(struct transfer *transfer, const struct request *request);

/* The connection it asked for is open, or will not open. */
enum request_outcome transfer_connected(struct transfer *transfer, enum connection_result result);

/* Something happened on its open connection; an idle one is closed if the peer closed it. */
enum request_outcome transfer_handle_event(struct transfer *transfer, uint32_t events,
                                           char *scratch);

/* How its last request has ended, which is not REQUEST_OK, in words: "the connection was closed
 * within the headers". */
void transfer_describe(const struct transfer *transfer, enum request_outcome outcome, char *text,
                       size_t size);

/* Give up the request and its connection. */
void transfer_abandon(struct transfer *transfer);
