#pragma once
/* The sockets of one network namespace, by inode, from /proc/PID/net/{tcp,tcp6,udp,udp6,unix}.
 *
 * A descriptor only says "socket:[1234]"; this table says what that is, in the words of ss(8):
 *     ESTABLISHED 127.0.0.1:9001          a connection we made, to this peer
 *     ESTABLISHED 127.0.0.1:* on :8080    one that was made to us: the peer's port says nothing
 *     LISTEN 127.0.0.1:8080
 *     UDP 127.0.0.1:53, UDP unconnected
 *     unix CONNECTED, unix LISTEN /run/service.socket */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct socket_table;

/* Read the table that the process with this /proc folder sees. Sockets in TIME_WAIT are counted but
 * for those of the load generator (their peer's port is `service_port`) and of other servers (they
 * are the end that listens, and not on that port); 0: count all. Returns 1 when the process is
 * gone, 2 when it may not be read. The caller owns *ret. */
int socket_table_read(int process_fd, uint16_t service_port, struct socket_table **ret,
                      struct error *err);
void socket_table_free(struct socket_table *table); /* NULL is fine */

/* Describe a socket in text[size]; false when the table does not have it (one that was never bound
 * or connected, or of another family). */
bool socket_table_describe(const struct socket_table *table, uint64_t inode, char *text,
                           size_t size);

/* Is it a TCP socket that listens? Then its address as in a URL ("0.0.0.0", "[::1]") goes into
 * host[size], and its port into *ret_port. */
bool socket_table_listener(const struct socket_table *table, uint64_t inode, char *host,
                           size_t size, uint16_t *ret_port);

/* How many wait out their minute. */
uint64_t socket_table_time_wait(const struct socket_table *table);
