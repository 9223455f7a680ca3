#include "instrument/malloc_size.h"

#include <string.h>

#include "base/cleanup.h"

#define WORD_BYTES      8
#define CHUNK_BYTES     16
#define CHUNK_MIN_BYTES 32
#define PAGE_BYTES      4096

/* What malloc gives a mapping of its own is this large at least, and begins behind the head of a
 * page. */
#define MAPPED_MIN_BYTES ((uint64_t)128 << 10)

bool malloc_is_other(const char *path)
{
    static const char *const names[] = {
        "libjemalloc", "libtcmalloc", "libmimalloc",  "libhoard",     "libscudo",
        "librpmalloc", "libsnmalloc", "libtbbmalloc", "libclang_rt.", "libasan",
        "libtsan",     "ld-musl",     "libc.musl"};
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        if (strncmp(name, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

uint64_t malloc_size(enum malloc_kind kind, uint64_t address, uint64_t size)
{
    if (kind != MALLOC_GLIBC || size > UINT64_MAX - PAGE_BYTES - CHUNK_BYTES)
        return size;
    if (size >= MAPPED_MIN_BYTES && address % PAGE_BYTES == CHUNK_BYTES)
        return (size + CHUNK_BYTES + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
    uint64_t chunk = (size + WORD_BYTES + CHUNK_BYTES - 1) / CHUNK_BYTES * CHUNK_BYTES;
    return chunk < CHUNK_MIN_BYTES ? CHUNK_MIN_BYTES : chunk;
}
