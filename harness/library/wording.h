#pragma once
/* What the engine says of requests and services, said of calls and functions. Pure. */
#include <stddef.h>

/* Copy `text` into ret[size], cut where it must be: "requests" become "calls", "the service" "the
 * function", and options of the command line those of struct leakcage_options. */
void wording_of_functions(const char *text, char *ret, size_t size);
