#include "timeline/sample.h"

#include <stddef.h>

const struct memory_field_info memory_field_info[] = {
/* NOLINTBEGIN(bugprone-macro-parentheses): initialisers */
#define X(name, column_name, file_name, key_name) \
    {.column = column_name, .file = file_name, .key = key_name},
    MEMORY_FIELDS(X)
#undef X
    /* NOLINTEND(bugprone-macro-parentheses) */
};

_Static_assert(MEMORY_FIELD_MAX_ <= 64, "one bit of memory_sample.present for each field");
