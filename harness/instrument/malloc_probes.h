#pragma once
/* Probes of the kernel (uprobes) on malloc and its kin as an instrument: for what heaptrack cannot
 * be preloaded into. It follows all processes of a service, forked ones, those behind a wrapper,
 * set-user-ID ones, those in a container, and static programs that have their symbols.
 *
 * It begins when the service is ready: what was taken before is not in its profiles. Each call is
 * two stops in the kernel and a copy of the stack, ten times as long as a malloc or more; nothing
 * of it is memory of the service. */
#include "instrument/instrument.h"

extern const struct instrument instrument_malloc_probes;
