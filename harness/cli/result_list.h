#pragma once
/* The results that a comparison or a gate named: a folder keeps what earlier ones left, longer ones
 * or of other variants, and comparison.json or gate.json tells what the last one is made of. */
#include "base/arena.h"
#include "base/error.h"

/* A file that lists results: {KEY: [{"results": [PATH…]}…]}. */
struct result_list_kind {
    const char *file;
    const char *key;
    const char *one; /* what it is of, for messages */
};

extern const struct result_list_kind result_list_comparison, result_list_gate;

/* Replace each operand (NULL-terminated) that is a folder with such a file by the results it names,
 * as they lie in that folder now; others stay. *ret is of the arena. */
int result_list_expand(struct arena *arena, const struct result_list_kind *kind,
                       const char *const *operands, const char *const **ret, struct error *err);
