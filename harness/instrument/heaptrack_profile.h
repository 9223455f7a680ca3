#pragma once
/* The profile "heap" of what a stream of heaptrack says is held: a sample for each stack, from the
 * caller of malloc on. */
#include "instrument/heaptrack_stream.h"
#include "instrument/instrument.h"

struct heaptrack_profile;

/* Which file each module is comes from here on; `share` is borrowed. The caller owns *ret. */
int heaptrack_profile_new(struct instrument_share *share, struct heaptrack_profile **ret,
                          struct error *err);
void heaptrack_profile_free(struct heaptrack_profile *self); /* NULL is fine */

/* Note what the stream says now (quickly, for who writes to it waits meanwhile)… */
int heaptrack_profile_look(struct heaptrack_profile *self, const struct heaptrack_stream *stream,
                           struct error *err);

/* …and make the profile of it. The caller owns *ret. */
int heaptrack_profile_make(struct heaptrack_profile *self, struct profile **ret, struct error *err);
