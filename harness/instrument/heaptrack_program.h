#pragma once
/* Can heaptrack be preloaded into a service? Told from files and settings alone, before anything is
 * started. */
#include "scenario/plan.h"

#define HEAPTRACK_PATH_MAX 256

/* Where Debian's libheaptrack (or another distribution's) has put it; `patterns`: of paths,
 * NULL-terminated; NULL: the usual ones. 1: it is not there, and err says how it comes. */
int heaptrack_find_library(const char *const *patterns, char ret[HEAPTRACK_PATH_MAX],
                           struct error *err);

/* 1: this service cannot be followed so; err says why, and what can. */
int heaptrack_probe(const struct settings *settings, struct error *err);
