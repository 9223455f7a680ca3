#pragma once
/* Connections to one service, opened and carried by libcurl on an epoll instance of the caller's.
 *
 * libcurl opens them without blocking and hands them over (CURLOPT_CONNECT_ONLY); from then on
 * bytes go through connection_send() and connection_receive(), and the caller watches the socket.
 * libcurl's own HTTP transfers were measured and left: they cost about 27,000 instructions and two
 * extra system calls a request, and reach half of wrk's throughput where this reaches all of it.
 *
 * Each connection has a place in the epoll instance under its own number: events carry
 * connection_event_data(). Used from one thread only. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/clock.h"
#include "base/error.h"

struct connector;

enum connection_state {
    CONNECTION_CLOSED,
    CONNECTION_OPENING, /* its events belong to connector_handle_event() */
    CONNECTION_OPEN,
};

enum connection_result {
    CONNECTION_OPENED,
    CONNECTION_REFUSED,
    CONNECTION_BROKEN,
    CONNECTION_TIMED_OUT,
    CONNECTION_FAILED,
};

struct connection {
    struct connector *connector; /* borrowed */
    void *easy;                  /* owned: a libcurl easy handle, */
    void *cache;                 /* and its own connection cache */
    uint32_t number;
    int fd; /* while open; libcurl's */
    enum connection_state state;
    bool watches_output;
};

/* Both of these from connection_receive() and connection_send() instead of a number of bytes. */
#define CONNECTION_AGAIN ((ssize_t)-1) /* nothing now; wait for the next event */
#define CONNECTION_LOST  ((ssize_t)-2) /* reset or otherwise gone */

/* A connector to `base_url`; events go to `epoll_fd`, borrowed. */
int connector_new(const char *base_url, int epoll_fd, struct connector **ret, struct error *err);

/* After every connection_done(). NULL is fine. */
void connector_free(struct connector *connector);

/* When connector_handle_timer() is due (CLOCK_MONOTONIC), or NSEC_NEVER. */
nsec_t connector_due_ns(const struct connector *connector);
void connector_handle_timer(struct connector *connector);

/* An event of a connection that is being opened. */
void connector_handle_event(struct connector *connector, int fd, uint32_t events);

/* The next attempt to open that has ended: its connection, now OPEN or CLOSED, borrowed, and how it
 * went. NULL when there is none. */
struct connection *connector_next(struct connector *connector, enum connection_result *ret);

/* A closed connection; `number` comes back in its events. It must not move in memory. */
int connection_init(struct connection *connection, struct connector *connector, uint32_t number,
                    struct error *err);
void connection_done(struct connection *connection); /* fine when it was zeroed only */

/* Begin to open; connector_next() tells the end of it. -1 when libcurl cannot even begin. */
int connection_open(struct connection *connection);

/* Close at once, whatever the state. */
void connection_close(struct connection *connection);

/* Number of bytes taken (> 0), CONNECTION_AGAIN or CONNECTION_LOST. */
ssize_t connection_send(struct connection *connection, const char *data, size_t length);

/* Number of bytes received, 0 when the peer has closed, CONNECTION_AGAIN or CONNECTION_LOST. */
ssize_t connection_receive(struct connection *connection, char *data, size_t size);

/* Whether events tell, besides input and hang-up, that there is room to send. */
void connection_watch_output(struct connection *connection, bool watch);

/* Data of an epoll event: the connection's number and the descriptor. */
static inline uint64_t connection_event_data(uint32_t number, int fd)
{
    return (uint64_t)number << 32 | (uint32_t)fd;
}
