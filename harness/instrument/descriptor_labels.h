#pragma once
/* What a descriptor is, as a label that those of one sort have in common, at every floor:
 *
 *     [tcp to 127.0.0.1:80, CLOSE_WAIT]       a connection that was made, to this peer
 *     [tcp from 127.0.0.1 at :8080, ESTABLISHED]   one that was accepted
 *     [tcp listening at 127.0.0.1:8080]  [udp to 127.0.0.1:53]  [unix CONNECTED]  [socket, not
 *     connected]  [pipe]  [eventfd]  [memfd cache]  [file /tmp/x-*]  [device /dev/null]
 *
 * Numbers in names of files, and what looks as if it were made up, are "*". */
#include "memory/descriptors.h"
#include "memory/socket_table.h"

#define DESCRIPTOR_LABEL_MAX 320

/* The label of a link of /proc/PID/fd; `socket` is what socket_table_describe() says of it, or NULL
 * where that does not know it. Pure. Returns text[DESCRIPTOR_LABEL_MAX]. */
const char *descriptor_label(const char *link, const char *socket, char *text);

/* The socket tables of the namespaces that are met, each read once. */
struct descriptor_labels;

/* An empty one. The caller owns *ret. */
int descriptor_labels_new(struct descriptor_labels **ret, struct error *err);
void descriptor_labels_free(struct descriptor_labels *labels);   /* NULL is fine */
void descriptor_labels_freep(struct descriptor_labels **labels); /* for CLEANUP */

/* The sockets that the process with this /proc folder sees; borrowed. NULL: they cannot be read. */
const struct socket_table *descriptor_labels_sockets(struct descriptor_labels *labels,
                                                     int process_fd);
