#pragma once
/* The stacks of all threads of a service at a floor, grouped and counted as Go does with its
 * goroutines: "500 @ clock_nanosleep ← wait ← … ← [started by] ← pthread_create ← main". Profile
 * "threads" (instrument.h).
 *
 * Threads that sleep are looked at without being touched (thread_capture.h); what their code keeps
 * in registers is known from the first of them that had to be stopped. A thread is stopped when it
 * runs, or when its stack cannot be told otherwise; how many were, for how long, and which system
 * calls may have ended with EINTR for it, `effect` says. */
#include "instrument/instrument.h"

extern const struct instrument instrument_thread_stacks;
