#pragma once
/* Ask a HotSpot JVM from outside, as jcmd does: nothing has to be built into the service.
 *
 * The JVM is told by a file .attach_pidN and SIGQUIT to listen on /tmp/.java_pidN, a socket in its
 * own file system, which takes one command a connection. It costs the JVM one more thread, once.
 * Other JVMs, and one with -XX:+DisableAttachMechanism or -Xrs, cannot be asked. */
#include <sys/types.h>

#include "base/buffer.h"
#include "base/error.h"
#include "run/allocator.h"

/* Have this JVM execute a diagnostic command ("GC.run") and append what it says to `answer`. An
 * error is the service's. Takes at most 30 s. */
int jvm_command(pid_t pid, const char *command, struct buffer *answer, struct error *err);

/* Collect all garbage, say what the heap has in use then (so that is what is kept), and have malloc
 * give back what the JIT compiler has freed. A thread that makes something meanwhile takes a piece
 * of the heap of some hundred KiB at once: it is collected until two numbers agree, three times at
 * the most, and the least one counts. */
int jvm_collect(pid_t pid, struct allocator *ret, struct error *err);

/* Read an answer of GC.heap_info, of whichever collector; -1 when there is no heap in it. */
int jvm_parse_heap(const char *text, struct allocator *ret, struct error *err);
