#pragma once
/* What a service knows about its own process.
 *
 * The figures come from /proc/self and are read with small buffers on the stack, so that looking
 * does not move what is looked at. Counting descriptors borrows one directory buffer from the
 * heap and gives it back. A figure that the kernel does not offer is -1, never 0. */
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Threads of this process, by /proc/self/status. */
long process_threads(void);

/* Open descriptors of this process; the one that reads the list is not counted. */
long process_descriptors(void);

/* Resident bytes to the page, by smaps_rollup: statm lags behind by up to 64 pages a thread. */
long process_rss_bytes(void);

/* The whole of a small file into `text`, cut at `size` - 1 and closed with a NUL.
 * Returns its length, or -1. */
ssize_t process_read_file(const char *path, char *text, size_t size);

/* Raise the soft limit of open descriptors to the hard one: a service that loses sockets should
 * run into its memory limit, not into `ulimit -n`. */
void process_raise_descriptor_limit(void);

/* A decimal port, 0 to 65535. 0 and *ret set, or -1 and *ret untouched. */
int process_parse_port(const char *text, uint16_t *ret);
