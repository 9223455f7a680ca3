#pragma once
/* A service's dependency: the stub `upstream` on 127.0.0.1.
 *
 * Who closes a TCP connection first keeps its TIME_WAIT entry for a minute, and the kernel charges
 * that to the closer's cgroup. So a service that behaves asks upstream to close ("quit"), reads to
 * the end and closes second: nothing is left on its side. */
#include <stdbool.h>
#include <stdint.h>

/* A new connection to 127.0.0.1:port; reads and writes give up after two seconds.
 * Returns a descriptor which the caller owns, or -1 with errno set. */
int dependency_connect(uint16_t port);

/* Read and drop everything up to the end of the stream. 0 at the end, -1 on error or time-out. */
int dependency_read_to_end(int fd);

/* Does it answer a ping? Its connection is closed the well-behaved way. */
bool dependency_is_up(uint16_t port);
