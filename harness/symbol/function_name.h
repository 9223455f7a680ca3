#pragma once
/* Names of functions as people wrote them: what a C++ or Rust compiler makes of a name ("_ZN5store
 * 4openEv") is undone. */
#include <stdbool.h>

/* Is this a name that a compiler made? */
bool function_name_is_mangled(const char *name);

/* The name as it was written, without parameters; malloc'd. NULL: it is no such name. */
char *function_name_written(const char *name);
