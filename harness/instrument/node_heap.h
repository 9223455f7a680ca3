#pragma once
/* The heap of Node: what lives, by V8's own sampling heap profiler, through a script that each
 * process and each worker thread loads (NODE_OPTIONS=--require). Profile "node".
 *
 * Bytes and objects are estimates: V8 samples an allocation once in 4 KiB. The bytes are scaled to
 * add up to what its heap has in use since the start, which is exact. It knows functions, not
 * lines: a frame's line is the one on which its function begins. What array buffers have outside of
 * the heap is one sample without a stack, with the label
 * "[array buffers, outside of the heap of V8]". Garbage is collected before. */
#include "instrument/instrument.h"
#include "scenario/instruments.h"

/* INSTRUMENT_NODE. */
extern const struct instrument instrument_node;
