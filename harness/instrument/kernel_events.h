#pragma once
/* What the kernel sees of a service (perf_session.h): who opens descriptors, maps memory, touches
 * pages first, starts threads; natively, in containers, forked or not, whatever the language. No
 * preload, no symbols that it needs, nothing that stops the service: a record with a copy of the
 * stack for each of these events, which a thread here reads.
 *
 * At a floor, of all processes of the instance:
 *
 *   pages        each resident page of private anonymous memory belongs to the stack that touched
 *                it. Memory that malloc hands out again belongs to whoever touched it before.
 *                Pages that came without being touched (MAP_POPULATE, direct I/O) belong to the
 *                stack of their mmap; what parent and child share after a fork is the parent's.
 *   mappings     each mmap (not brk: the heap is in `pages` and `heap`) that is still there, by the
 *                stack of the call; what mremap adds belongs to its stack. Bytes are the resident
 *                ones: of private mappings, anonymous memory (of a file's only what was written
 *                to); of shared memory (memfd, /dev/shm, shared anonymous) the pages that this
 *                process has mapped, with the label "[shared]", of System V's "[sysv shm]"; these
 *                are no anonymous memory, and count for each process that has them. A file's
 *                pages are not counted. Mappings from before the instrument are left out.
 *   descriptors  each open one, by the stack that opened it (dup: that of dup); labels are those of
 *                descriptor_labels.h. "[received]": that it was opened was not seen, as with one
 *                that came through a socket; "[before]": it was there before.
 *
 * …and for `threads`, thread_origins.h. Calls of 32-bit programs are not read. */
#include "instrument/instrument.h"

extern const struct instrument instrument_kernel_events;
