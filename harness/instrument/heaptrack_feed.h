#pragma once
/* The FIFO that heaptrack's preload writes to, in a folder of its own, and the thread that reads it
 * all the time: a file would be the service's memory wherever files are memory, and a pipe that
 * nobody reads would stop it.
 *
 *     heaptrack_feed_hold()       all that the service has done was read; nothing more is until
 *     …look at the stream…
 *     heaptrack_feed_release() */
#include "instrument/heaptrack_stream.h"

#include <sys/stat.h>
#include <sys/types.h>

struct heaptrack_feed;

/* The caller owns *ret, and ends it with heaptrack_feed_end(). */
int heaptrack_feed_new(struct heaptrack_feed **ret, struct error *err);

/* Its path, which any user may write to; borrowed. */
const char *heaptrack_feed_path(const struct heaptrack_feed *feed);

/* What the FIFO is as a file. */
const struct stat *heaptrack_feed_file(const struct heaptrack_feed *feed);

/* Read all that there is, also what the writer in process `pid` (0: none) holds back; then hold
 * still. The stream is borrowed until it is released. 1: but for what is held back; err says why.
 * -1: it makes no sense. In any case it is held. */
int heaptrack_feed_hold(struct heaptrack_feed *feed, pid_t pid, const struct heaptrack_stream **ret,
                        struct error *err);
void heaptrack_feed_release(struct heaptrack_feed *feed);

/* The folder and what was read are gone at once. The thread goes on to read what is written as long
 * as somebody writes: a service that may live on must not be ended by a pipe without a reader. NULL
 * is fine. */
void heaptrack_feed_end(struct heaptrack_feed *feed);
