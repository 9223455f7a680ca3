/* fragmentation: most blocks are freed, and hardly a page comes back.
 *
 * The fifth post: heap in use half of the footprint, and the question how much of the rest can be
 * fragmentation (at most what is in use less what is allocated). Every request builds 8 MiB of
 * small blocks and keeps only every fourth until the next request: one page holds four of them, so
 * each page has one that is in use, and malloc_trim finds nothing to give back. mallinfo2 tells:
 * arena 8 MiB, in use 2 MiB, free 6 MiB.
 *
 *   default  every fourth block of 1,000 bytes is kept
 *   wide     every 32nd: whole pages are free between them; malloc_trim gives those back, free does
 * not fixed    the mend: what is to be kept is copied to memory of its own, once all is known */
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "common/service.h"

enum { BLOCK_BYTES = 1000, BLOCKS = 8 * 1024, EVERY = 4, EVERY_WIDE = 32 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *blocks[BLOCKS];
static char *pool; /* of the mend */
static size_t every = EVERY;

static int init(const char *variant)
{
    mallopt(M_ARENA_MAX, 1); /* one arena, whichever thread it is */
    if (strcmp(variant, "wide") == 0)
        every = EVERY_WIDE;
    if (strcmp(variant, "fixed") != 0)
        return 0;
    pool = mmap(NULL, (size_t)BLOCKS / EVERY * BLOCK_BYTES, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return pool == MAP_FAILED ? -1 : 0;
}

static void build(const struct request *request, struct response *response)
{
    size_t kept = 0;

    (void)request;
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < BLOCKS; i++) {
        free(blocks[i]);
        blocks[i] = NULL;
    }
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(BLOCK_BYTES);
        if (blocks[i])
            memset(blocks[i], 'f', BLOCK_BYTES);
    }
    for (size_t i = 0; i < BLOCKS; i++) {
        bool keep = i % every == every - 1;

        kept += keep;
        if (pool && keep && blocks[i])
            memcpy(pool + i / every * BLOCK_BYTES, blocks[i], BLOCK_BYTES);
        if (!keep || pool) {
            free(blocks[i]);
            blocks[i] = NULL;
        }
    }
    response_printf(response, "{\"blocks\":%d,\"kept\":%zu}\n", BLOCKS, kept);
    pthread_mutex_unlock(&lock);
}

static const struct service service = {
    .name = "fragmentation",
    .truths = {{"default", "lazy-release", "fragmentation", "/build", 0, 0},
               {"wide", "lazy-release", "allocator", "/build", 0, 0},
               {"fixed", "clean", "none", "/build", 0, 0}},
    .routes = {{"GET", "/build", build}},
    .init = init,
};

int main(int argc, char **argv)
{
    return service_main(&service, argc, argv);
}
