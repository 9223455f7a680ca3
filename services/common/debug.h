#pragma once
/* The profiles of a service: heap, threads, sockets.
 *
 * The posts found their leaks with such pages (pprof's heap and goroutine profiles, netstat), and
 * the second post warns: served without a password on a public port, anyone can see them. So they
 * exist only when switched on (--debug, or LEAKCAGE_DEBUG=1), for whoever is on this machine and
 * has the token (debug_door.h), on whatever address the service listens. */
#include "common/service.h"

/* malloc's own numbers: {"arena_bytes","in_use_bytes","free_bytes","mmapped_bytes",...}; with
 * ?arenas of each arena, with ?full the whole malloc_info XML. "free_bytes" bounds what
 * fragmentation can cost, as HeapInuse - HeapAlloc does in the fifth post. */
void debug_heap(const struct request *request, struct response *response);

/* How many threads, grouped by name, state and the place in the kernel where they wait ("0": this
 * kernel does not tell). */
void debug_threads(const struct request *request, struct response *response);

/* This process's sockets (TCP over IPv4 and IPv6, Unix) counted by state and peer. Inbound ones are
 * grouped by address. */
void debug_sockets(const struct request *request, struct response *response);
