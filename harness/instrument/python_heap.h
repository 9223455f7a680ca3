#pragma once
/* The heap of Python: what is held of what its allocators have handed out, by stacks of calls with
 * lines, through a script that each process loads as its sitecustomize (PYTHONPATH); the service's
 * own comes after it. Profile "python".
 *
 * Bytes and objects are estimates: one allocation in 4 KiB is looked at (scripts/python_sampler.c;
 * tracemalloc, which notes each, makes a service ten to thirty times as slow). What a library of C
 * takes from malloc itself is not in it. A forked child goes on with what it had. An interpreter
 * that is started with -I, -E or -S loads none; it takes CPython 3.9 or newer. */
#include "instrument/instrument.h"
#include "scenario/instruments.h"

/* INSTRUMENT_PYTHON. */
extern const struct instrument instrument_python;
