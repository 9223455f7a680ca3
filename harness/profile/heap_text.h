#pragma once
/* The text that gperftools' pprof reads (Debian: google-pprof), which reads no pprof of today: a
 * "heap profile" with its symbols in it, so that it needs no program beside it.
 *
 *     --- symbol
 *     0x0000000000000002 registry_check registry.c:41
 *     ---
 *     heap profile: 9: 900 [ 9: 900] @ heapprofile
 *        9: 900 [ 9: 900] @ 0x0000000000000002 0x0000000000000003
 *
 * It knows objects and bytes in use, and nothing that is negative: of a difference it has what
 * grew. Where only objects are counted (descriptors, threads) bytes are 0: --inuse_objects. */
#include "base/buffer.h"
#include "profile/profile.h"

/* Append it. 1: the profile counts neither objects nor bytes; nothing was appended. */
int heap_text_write(const struct profile *profile, struct buffer *out, struct error *err);
