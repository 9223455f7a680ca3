#pragma once
/* The results that a comparison named: a folder keeps what earlier comparisons left, longer ones or
 * of other variants, and comparison.json tells what the last one is made of. */
#include "base/arena.h"
#include "base/error.h"

/* Replace each operand (NULL-terminated) that is a folder with a comparison.json by the results it
 * names, as they lie in that folder now; others stay. *ret is of the arena. */
int comparison_list_expand(struct arena *arena, const char *const *operands,
                           const char *const **ret, struct error *err);
