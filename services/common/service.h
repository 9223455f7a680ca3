#pragma once
/* The frame of a sample service: one small HTTP server on 127.0.0.1 (or the address in
 * LISTEN) around one known behaviour.
 *
 * A service file holds its handlers, its truth and one const `struct service`; main() hands that
 * to service_main(). The frame brings the server (libmicrohttpd, keep-alive, a fixed pool of
 * threads), the command line, the clean stop at SIGTERM, and these routes:
 *
 *   GET      /healthz       status, variant, threads, descriptors, dependencies
 *   GET|POST /freememory    give back what can be given back: malloc_trim and the service's hook
 *   GET      /debug/heap, /debug/threads, /debug/sockets    when switched on, see debug.h
 *
 * The frame must not disturb what is measured: per request it takes a fixed amount of memory and
 * returns all of it. What grows is the service's own. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct MHD_Connection;

enum {
    SERVICE_TRUTHS_MAX = 8,
    SERVICE_ROUTES_MAX = 8,
    REQUEST_BODY_MAX_BYTES = 4096,  /* a longer body is answered with 413 */
    RESPONSE_TEXT_MAX_BYTES = 8192, /* longer text is cut */
};

/* What a variant truly does: what a verdict on it must say. Written beside the code it describes;
 * `--truth` prints it. The bounds are bytes planted per request, for leaks only (0, 0 otherwise);
 * they count what the cgroup is charged with, kernel memory included.
 *
 * Which line it is, a comment says behind the statement that takes what grows (malloc, socket,
 * pthread_create, mmap): "planted: default", or several variants with commas between. Where threads
 * pile up, the line at which they wait has "waits: default". In common/, which all services share,
 * it is "planted: unclosed-socket.default". The whole call stands on that line. */
struct truth {
    const char *variant; /* the mistake itself is called "default" */
    /* leak, pressure, lazy-release, clean; NULL: no leak, and else it depends on the allocator. */
    const char *verdict;
    const char *cause; /* NULL with it */
    const char *path;  /* what to drive */
    long low_bytes, high_bytes;
    const char *function; /* of a leak: it has the planted line; several with blanks between */
};

/* One request, complete. Everything is borrowed until the handler returns. */
struct request {
    const char *method;
    const char *path;
    const char *body; /* NULL when there is none; not NUL-terminated */
    size_t body_bytes;
    struct MHD_Connection *connection;
};

/* The answer, 200 and JSON unless the handler says otherwise. */
struct response {
    unsigned status;
    const char *type;
    size_t used;
    char *owned; /* malloc'ed text sent in place of `text`, freed by the frame; mostly NULL */
    char text[RESPONSE_TEXT_MAX_BYTES];
};

/* Called on several threads at once. */
typedef void service_handler(const struct request *request, struct response *response);

struct route {
    const char *method;
    const char *path;
    service_handler *handler;
};

struct service {
    const char *name;
    struct truth truths[SERVICE_TRUTHS_MAX]; /* up to the first without a variant */
    struct route routes[SERVICE_ROUTES_MAX]; /* up to the first without a method */
    unsigned threads;                        /* of the pool; 0 means 4 */
    bool thread_per_connection;       /* instead of a pool: n connections, n requests at once */
    bool needs_upstream;              /* UPSTREAM_PORT must be set */
    int (*init)(const char *variant); /* before the first request; 0, or -1 after saying why */
    void (*release)(void);            /* the service's part of /freememory */
};

/* Runs the service until SIGTERM or SIGINT. Returns the exit status: 0 after a clean stop, 1 when
 * it could not start, 2 for a wrong command line or environment. */
int service_main(const struct service *service, int argc, char **argv);

/* Port of the dependency on 127.0.0.1; 0 for a service that has none. */
uint16_t service_upstream_port(void);

/* Number in the query string (?rows=9), or `fallback` when absent or not a decimal number. */
long request_number(const struct request *request, const char *key, long fallback);

/* Is the key in the query string, with or without a value? */
bool request_has(const struct request *request, const char *key);

/* Append to the answer; what does not fit is cut. */
void response_printf(struct response *response, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Replace the answer by a failure: {"error": "..."} with this status. */
void response_fail(struct response *response, unsigned status, const char *why);
