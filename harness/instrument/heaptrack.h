#pragma once
/* heaptrack's preload as an instrument: every malloc of the program that is started, with its
 * stack, while the allocator stays the service's own. Nothing is sampled and nothing is left out:
 * bytes are what the allocator takes.
 *
 * It follows the one process that is started; what that forks or runs it does not, nor what cannot
 * be preloaded (heaptrack_program.h). The service takes longer for each malloc, and has the
 * library's tree of stacks in its memory: effect() says how large that is about. */
#include "instrument/instrument.h"

extern const struct instrument instrument_heaptrack;
