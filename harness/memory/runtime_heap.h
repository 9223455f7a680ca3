#pragma once
/* How large a runtime lets its collected heap become, from its options, its environment and the
 * limit. Pure; part of runtime.h. */
#include "memory/runtime.h"

/* Set has_heap_max, heap_max_bytes, heap_is_constant and heap_from of *ret, whose kind is known. */
void runtime_find_heap(const struct runtime_facts *facts, struct runtime *ret);
