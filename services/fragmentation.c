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

/* The mistake: what lives long and what does not, side by side. */
static size_t build_blocks(void)
{
    size_t kept = 0;

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
        if (i % every == every - 1) {
            kept++;
        } else {
            free(blocks[i]);
            blocks[i] = NULL;
        }
    }
    return kept;
}

static size_t build_region(void)
{
    size_t size = (size_t)BLOCKS * BLOCK_BYTES, kept = 0;
    char *region = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (region == MAP_FAILED)
        return 0;
    memset(region, 'f', size);
    for (size_t i = every - 1; i < BLOCKS; i += every)
        memcpy(pool + kept++ * BLOCK_BYTES, region + i * BLOCK_BYTES, BLOCK_BYTES);
    munmap(region, size);
    return kept;
}

static void build(const struct request *request, struct response *response)
{
    (void)request;
    pthread_mutex_lock(&lock);
    response_printf(response, "{\"blocks\":%d,\"kept\":%zu}\n", BLOCKS,
                    pool ? build_region() : build_blocks());
    pthread_mutex_unlock(&lock);
}

static const struct service service = {
    .name = "fragmentation",
    .truths = {{"default", "lazy-release", "fragmentation", "/build", 0, 0, NULL},
               {"wide", "lazy-release", "allocator", "/build", 0, 0, NULL},
               {"fixed", "clean", "none", "/build", 0, 0, NULL}},
    .routes = {{"GET", "/build", build}},
    .init = init,
};

int main(int argc, char **argv)
{
    return service_main(&service, argc, argv);
}
