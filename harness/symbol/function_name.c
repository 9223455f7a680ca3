#include "symbol/function_name.h"

#include <libiberty/demangle.h>
#include <string.h>

bool function_name_is_mangled(const char *name)
{
    return strncmp(name, "_Z", 2) == 0 || strncmp(name, "_R", 2) == 0;
}

char *function_name_written(const char *name)
{
    /* DMGL_AUTO: the language is told by the name, not by a global variable of the library. */
    return function_name_is_mangled(name) ? cplus_demangle(name, DMGL_AUTO) : NULL;
}
