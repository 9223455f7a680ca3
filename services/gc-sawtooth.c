/* gc-sawtooth: garbage that grows, and is collected now and then. No leak.
 *
 * The second post warns of it: a wavy line is a collector at work, and only a rising one is a
 * leak. Every request allocates from a nursery and drops what it took at once; when the nursery is
 * full, the 64 objects still in use are copied out and its pages go back to the kernel. Floors are
 * read wherever on the tooth they happen to be: some cycles rise, some fall.
 *
 *   default  a collection every 650 requests
 *   long     every 1,100 requests: several cycles in a row do nothing but rise
 *   kept     as a JVM does: the pages stay with the nursery, which is full after the first tooth */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "common/service.h"

enum { OBJECT_BYTES = 4096, TOOTH = 650, LONG_TOOTH = 1100, LIVE = 64 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *nursery;
static size_t tooth = TOOTH, used, collections;
static char survivors[LIVE][OBJECT_BYTES];
static bool keeps_pages;

static int init(const char *variant)
{
    keeps_pages = strcmp(variant, "kept") == 0;
    if (strcmp(variant, "long") == 0)
        tooth = LONG_TOOTH;
    nursery = mmap(NULL, tooth * OBJECT_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                   -1, 0);
    if (nursery == MAP_FAILED) {
        perror("gc-sawtooth: mmap");
        return -1;
    }
    return 0;
}

/* What the last 64 requests made is in use; everything before is garbage. */
static void collect(void)
{
    memcpy(survivors, nursery + (used - LIVE) * OBJECT_BYTES, sizeof survivors);
    if (!keeps_pages)
        madvise(nursery, tooth * OBJECT_BYTES, MADV_DONTNEED);
    used = 0;
    collections++;
}

static void work(const struct request *request, struct response *response)
{
    (void)request;
    pthread_mutex_lock(&lock);
    if (used == tooth)
        collect();
    memset(nursery + used++ * OBJECT_BYTES, 'g', OBJECT_BYTES);
    response_printf(response, "{\"collections\":%zu}\n", collections);
    pthread_mutex_unlock(&lock);
}

static const struct service service = {
    .name = "gc-sawtooth",
    .truths = {{"default", "clean", "none", "/work", 0, 0, NULL},
               {"long", "clean", "none", "/work", 0, 0, NULL},
               {"kept", "clean", "none", "/work", 0, 0, NULL}},
    .routes = {{"GET", "/work", work}},
    .init = init,
};

int main(int argc, char **argv)
{
    return service_main(&service, argc, argv);
}
