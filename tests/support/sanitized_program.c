#include "tests/support/sanitized_program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/support/check_main.h"

#define PROGRAM_MAX_BYTES ((size_t)64 << 20)

/* What every dynamic program takes from libc, with the NULs around it. */
static const char taken[] = "\0__libc_start_main";

void sanitized_program_write(const struct temp_dir *dir, const char *name, const char *symbol)
{
    char path[PATH_MAX + 64];
    snprintf(path, sizeof(path), "%s/%s", dir->path, name);
    /* Not this program itself, which may have a sanitizer in it. */
    FILE *in = fopen("/bin/sh", "rbe");
    FILE *out = fopen(path, "wbe");
    char *data = malloc(PROGRAM_MAX_BYTES);
    ck_assert(in != NULL && out != NULL && data != NULL);
    size_t size = fread(data, 1, PROGRAM_MAX_BYTES, in);
    ck_assert_uint_lt(size, PROGRAM_MAX_BYTES);
    char *at = memmem(data, size, taken, sizeof(taken));
    ck_assert_ptr_nonnull(at);
    ck_assert_uint_lt(strlen(symbol), sizeof(taken) - 1);
    memset(at + 1, 0, sizeof(taken) - 1);
    memcpy(at + 1, symbol, strlen(symbol));
    ck_assert_uint_eq(fwrite(data, 1, size, out), size);
    free(data);
    ck_assert_int_eq(fclose(in), 0);
    ck_assert_int_eq(fclose(out), 0);
    ck_assert_int_eq(chmod(path, 0755), 0);
}
