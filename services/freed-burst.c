/* freed-burst: all of a burst is freed, and what the allocator does with it stays or goes.
 *
 * The first and the fifth post blame the runtime: freed memory that stays up, MADV_FREE or
 * MADV_DONTNEED, killed at the limit or not. In C it is the allocator that decides. Each burst
 * takes 12 MiB in blocks of 1 to 64 KiB, fills them and frees them all. Then something else needs
 * 12 MiB for a moment, straight from the kernel: a mapped buffer, a stack, another library. Where
 * the freed pages are kept, both count at once; where they went back, or are lazily free, the need
 * takes their place. One thread does it all: with several, an allocator that keeps an arena for
 * each keeps it several times.
 *
 *   default    malloc, whichever it is (LD_PRELOAD): what stays is the allocator's choice, so
 *              there is no truth but that it is no leak (glibc keeps all of it: a few of the
 *              smallest blocks wait in the thread's cache, and they lie on top of the heap)
 *   madv-free  the burst is a mapping of its own, given back with MADV_FREE
 *   dontneed   the same with MADV_DONTNEED
 *   kept       the same, and never given back */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "common/service.h"

enum { BURST_BYTES = 12 * 1024 * 1024, NEED_BYTES = 12 * 1024 * 1024, KIB = 1024 };
enum { BLOCKS_MAX = BURST_BYTES / KIB };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *blocks[BLOCKS_MAX];
static char *arena; /* NULL: malloc */
static int advice;

static char *map(size_t size)
{
    char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return memory == MAP_FAILED ? NULL : memory;
}

static int init(const char *variant)
{
    if (strcmp(variant, "default") == 0)
        return 0;
    advice = MADV_NORMAL; /* nothing is given back */
    if (strcmp(variant, "madv-free") == 0)
        advice = MADV_FREE;
    else if (strcmp(variant, "dontneed") == 0)
        advice = MADV_DONTNEED;
    arena = map(BURST_BYTES);
    if (!arena)
        perror("freed-burst: mmap");
    return arena ? 0 : -1;
}

/* 1, 4, 16 and 64 KiB in turn, until it is 12 MiB; then all of it is freed. */
static int burst_in_blocks(void)
{
    size_t used = 0, n = 0;
    int failed = 0;

    while (used < BURST_BYTES && !failed) {
        size_t size = (size_t)KIB << 2 * (n % 4);

        blocks[n] = malloc(size);
        failed = !blocks[n];
        if (!failed)
            memset(blocks[n++], 'b', size);
        used += size;
    }
    while (n > 0)
        free(blocks[--n]);
    return failed;
}

static int burst_in_arena(void)
{
    memset(arena, 'b', BURST_BYTES);
    return madvise(arena, BURST_BYTES, advice);
}

static int need(void)
{
    char *memory = map(NEED_BYTES);

    if (!memory)
        return -1;
    memset(memory, 'n', NEED_BYTES);
    return munmap(memory, NEED_BYTES);
}

static void burst(const struct request *request, struct response *response)
{
    int failed;

    (void)request;
    pthread_mutex_lock(&lock);
    failed = arena ? burst_in_arena() : burst_in_blocks();
    failed = failed || need();
    pthread_mutex_unlock(&lock);
    if (failed)
        response_fail(response, 503, "out of memory");
    else
        response_printf(response, "{\"used_bytes\":%d}\n", BURST_BYTES + NEED_BYTES);
}

static const struct service service = {
    .name = "freed-burst",
    .truths = {{"default", NULL, NULL, "/burst", 0, 0, NULL},
               {"madv-free", "lazy-release", "madv-free", "/burst", 0, 0, NULL},
               {"dontneed", "clean", "none", "/burst", 0, 0, NULL},
               {"kept", "clean", "none", "/burst", 0, 0, NULL}},
    .routes = {{"GET", "/burst", burst}},
    .threads = 1,
    .init = init,
};

int main(int argc, char **argv)
{
    return service_main(&service, argc, argv);
}
