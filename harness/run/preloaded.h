#pragma once
/* Whether what LD_PRELOAD names in a service's environment was really taken.
 *
 * The dynamic loader only prints a line when it cannot take a library, and says nothing at all in a
 * program that is linked statically, that is set-user-ID, or that a wrapper starts with an
 * environment of its own: figures of an allocator that was never there would be figures of another
 * one. So the kernel is asked which files the process that listens has mapped. */
#include "memory/runtime_survey.h"
#include "scenario/record.h"

/* Warn in the record of each absolute path in LD_PRELOAD (of the service's settings) that is not
 * mapped in the process that listens (where none does, in the first one). Of a container nothing is
 * said: the paths are its own. */
void preloaded_check(const struct run_spec *spec, const struct runtime_survey *processes,
                     struct record *record);
