#pragma once
/* A program that looks as if a sanitizer were in it, for what only reads files: a copy of /bin/sh,
 * in which the name of one thing that it takes from libc is another. It cannot be run. */
#include "tests/support/temp_dir.h"

#define SANITIZED_ADDRESS "__asan_init"
#define SANITIZED_THREAD  "__tsan_init"

/* Write it into the folder; executable. Failures end the test. */
void sanitized_program_write(const struct temp_dir *dir, const char *name, const char *symbol);
