/* lazy-release: memory that is free and yet stays resident.
 *
 * The first and the fifth post: from Go 1.12 to 1.15 the runtime gave memory back with MADV_FREE.
 * The kernel may take such pages when it needs some, and until then they count: 400 MB by docker
 * stats, 7 MB by heap profile. Here each burst fills an arena of 24 MiB and gives it back.
 *
 *   default             MADV_FREE: stays in RSS; the next burst uses the same pages again
 *   dontneed, fixed     the posts' mend (GODEBUG=madvdontneed=1): gone at once
 *
 * /freememory is the first post's endpoint: it gives the arena back for good. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "common/service.h"

enum { ARENA_BYTES = 24 * 1024 * 1024 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *arena;
static int advice;

static int init(const char *variant)
{
    advice = strcmp(variant, "default") == 0 ? MADV_FREE : MADV_DONTNEED;
    arena = mmap(NULL, ARENA_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (arena == MAP_FAILED) {
        perror("lazy-release: mmap");
        return -1;
    }
    return 0;
}

static void burst(const struct request *request, struct response *response)
{
    int failed;

    (void)request;
    pthread_mutex_lock(&lock);
    memset(arena, 'b', ARENA_BYTES);
    failed = madvise(arena, ARENA_BYTES, advice); /* with MADV_FREE: "take it when you need it" */
    pthread_mutex_unlock(&lock);
    if (failed)
        response_fail(response, 500, "madvise failed");
    else
        response_printf(response, "{\"used_bytes\":%d}\n", ARENA_BYTES);
}

static void release(void)
{
    pthread_mutex_lock(&lock);
    madvise(arena, ARENA_BYTES, MADV_DONTNEED);
    pthread_mutex_unlock(&lock);
}

static const struct service service = {
    .name = "lazy-release",
    .truths = {{"default", "lazy-release", "madv-free", "/burst", 0, 0},
               {"dontneed", "clean", "none", "/burst", 0, 0},
               {"fixed", "clean", "none", "/burst", 0, 0}},
    .routes = {{"GET", "/burst", burst}},
    .init = init,
    .release = release,
};

int main(int argc, char **argv)
{
    return service_main(&service, argc, argv);
}
