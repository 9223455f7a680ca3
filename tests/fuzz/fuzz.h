#pragma once
/* What the fuzz targets share. Each is a file fuzz_NAME.c with LLVMFuzzerTestOneInput(): bytes in,
 * and whatever they are, the reader must come back, within bounds, with what its header promises.
 * What breaks a promise aborts the program (FUZZ_REQUIRE), as does a sanitizer's report.
 *
 * Built with preset `fuzz` a target is libFuzzer's; built otherwise it reads the files and folders
 * that it is called with, each once: that is how its seeds are tests in every build. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"

#define FUZZ_REQUIRE(condition)                                             \
    do {                                                                    \
        if (!(condition)) {                                                 \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                        \
        }                                                                   \
    } while (0)

/* One input. 0, always. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes as a text of exactly that size with a NUL behind, so that a sanitizer sees whoever
 * reads beyond it. Malloc'd. */
char *fuzz_text(const uint8_t *data, size_t size);

/* An input can have several files: each begins with a line "=== NAME". Bytes of the one of that
 * name, without its line, borrowed; NULL: it has none. */
const char *fuzz_part(const uint8_t *data, size_t size, const char *name, size_t *ret_length);

/* The same as a malloc'd text; NULL: it has none. */
char *fuzz_part_text(const uint8_t *data, size_t size, const char *name);

/* A folder of this process alone, in memory where it can be (/dev/shm), gone with its end. */
const char *fuzz_folder(void);

/* Write the file "NAME" in there (folders of its name are made), or take it away (data NULL). */
void fuzz_write(const char *name, const void *data, size_t length);

/* For each of the names (NULL-terminated) that part of the input as the file PREFIX/NAME in the
 * folder; those that it does not have are taken away. */
void fuzz_write_parts(const uint8_t *data, size_t size, const char *prefix,
                      const char *const *names);

/* The reader said no: says it why, and is this whom it blames? */
void fuzz_require_error(const struct error *err, enum error_kind kind);

/* A name of ours for what another has named: UTF-8 without control characters of ASCII. */
void fuzz_require_name(const char *what, const char *text);

/* What people read: UTF-8, no control characters but (with has_lines) line ends, nothing that turns
 * text. */
void fuzz_require_harmless(const char *what, const char *text, size_t length, bool has_lines);

/* Two texts that must be the same; where they part is said. */
void fuzz_require_same(const char *what, const char *left, const char *right);

/* Is it JSON that our own reader takes? */
void fuzz_require_json(const char *what, const char *text, size_t length);
