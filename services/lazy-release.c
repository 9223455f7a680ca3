/* lazy-release: memory that is free and yet stays resident.
 *
 * The first and the fifth post: from Go 1.12 to 1.15 the runtime gave memory back with MADV_FREE.
 * The kernel may take such pages when it needs some, and until then they count: 400 MB by docker
 * stats, 7 MB by heap profile. Here each burst fills an arena of 12 MiB and gives it back.
 *
 *   default             MADV_FREE: stays in RSS; the next burst uses the same pages again
 *   dontneed, fixed     the posts' mend (GODEBUG=madvdontneed=1): gone at once
 *   freememory          kept for the next burst; the first post's endpoint gives it back
 *   rest                kept until a scavenger finds it unused for a second (in Go: five minutes)
 *
 * /freememory gives the arena back for good, whatever the variant. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "common/service.h"

enum { ARENA_BYTES = 12 * 1024 * 1024, SCAVENGE_S = 1 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *arena;
static int advice;
static size_t bursts;

static void release(void)
{
    pthread_mutex_lock(&lock);
    madvise(arena, ARENA_BYTES, MADV_DONTNEED);
    pthread_mutex_unlock(&lock);
}

/* Gives the arena back when no burst came for a whole turn. */
static _Noreturn void *scavenge(void *argument)
{
    size_t seen = 0;

    (void)argument;
    for (;;) {
        size_t now;

        nanosleep(&(struct timespec){.tv_sec = SCAVENGE_S}, NULL);
        pthread_mutex_lock(&lock);
        now = bursts;
        pthread_mutex_unlock(&lock);
        if (now == seen)
            release();
        seen = now;
    }
}

static int init(const char *variant)
{
    pthread_t scavenger;

    advice = strcmp(variant, "default") == 0 ? MADV_FREE : MADV_DONTNEED;
    if (strcmp(variant, "freememory") == 0 || strcmp(variant, "rest") == 0)
        advice = MADV_NORMAL; /* nothing is given back */
    arena = mmap(NULL, ARENA_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (arena == MAP_FAILED) {
        perror("lazy-release: mmap");
        return -1;
    }
    if (strcmp(variant, "rest") == 0)
        return pthread_create(&scavenger, NULL, scavenge, NULL) == 0 ? 0 : -1;
    return 0;
}

static void burst(const struct request *request, struct response *response)
{
    int failed;

    (void)request;
    pthread_mutex_lock(&lock);
    memset(arena, 'b', ARENA_BYTES);
    failed = madvise(arena, ARENA_BYTES, advice); /* with MADV_FREE: "take it when you need it" */
    bursts++;
    pthread_mutex_unlock(&lock);
    if (failed)
        response_fail(response, 500, "madvise failed");
    else
        response_printf(response, "{\"used_bytes\":%d}\n", ARENA_BYTES);
}

static const struct service service = {
    .name = "lazy-release",
    .truths = {{"default", "lazy-release", "madv-free", "/burst", 0, 0, NULL},
               {"dontneed", "clean", "none", "/burst", 0, 0, NULL},
               {"fixed", "clean", "none", "/burst", 0, 0, NULL},
               {"freememory", "lazy-release", "allocator", "/burst", 0, 0, NULL},
               {"rest", "lazy-release", "allocator", "/burst", 0, 0, NULL}},
    .routes = {{"GET", "/burst", burst}},
    .init = init,
    .release = release,
};

int main(int argc, char **argv)
{
    return service_main(&service, argc, argv);
}
