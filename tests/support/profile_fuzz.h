#pragma once
/* One input for everything that reads profiles: read in every form, and what could be read is
 * compared with itself, ranked, drawn, written and read again. Whatever the bytes are it must come
 * back within bounds; what is read must keep its promises, or the program is aborted.
 *
 * A fuzzer calls it by its usual name; tests/README.md says how it is run. */
#include <stddef.h>
#include <stdint.h>

/* 0, always. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
