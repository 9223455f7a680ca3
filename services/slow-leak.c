/* slow-leak: eight bytes per request.
 *
 * The second post's script calls its handler 10,000 times; each call leaves one int64 in a global
 * slice. That is 78 KiB after all of them, 20 pages: invisible in a graph of megabytes, and out of
 * memory in a few weeks at 100 requests a second.
 *
 *   default  appends to blocks of one page, which are never freed
 *   long     the same, for a run over more work: an allocator that takes memory in spans of 16 KiB
 *            for each thread hides 2,000 requests in every one of them
 *   fixed    the mend: the last 4,096 values only */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/service.h"

enum { BLOCK_BYTES = 4080, VALUES = BLOCK_BYTES / 8 - 1, RING = 4096 };

struct block {
    struct block *next;
    int64_t values[VALUES];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct block *blocks;
static size_t count;
static int64_t ring[RING];
static bool mended;

static int init(const char *variant)
{
    mended = strcmp(variant, "fixed") == 0;
    for (size_t i = 0; i < RING; i++)
        ring[i] = -1; /* touched now: a ring that is filling looks like a leak */
    return 0;
}

static int append(int64_t value)
{
    if (mended) {
        ring[count % RING] = value;
        return 0;
    }
    if (count % VALUES == 0) {
        struct block *block = malloc(sizeof *block); /* planted: default, long */

        if (!block)
            return -1;
        block->next = blocks; /* the mistake: nothing ever leaves the list */
        blocks = block;
    }
    blocks->values[count % VALUES] = value;
    return 0;
}

static void work(const struct request *request, struct response *response)
{
    bool appended;

    (void)request;
    pthread_mutex_lock(&lock);
    appended = append((int64_t)time(NULL)) == 0;
    response_printf(response, "{\"values\":%zu}\n", appended ? ++count : count);
    pthread_mutex_unlock(&lock);
    if (!appended)
        response_fail(response, 503, "out of memory");
}

static const struct service service = {
    .name = "slow-leak",
    .truths = {{"default", "leak", "heap", "/work", 7, 10, "append"},
               {"long", "leak", "heap", "/work", 7, 10, "append"},
               {"fixed", "clean", "none", "/work", 0, 0, NULL}},
    .routes = {{"GET", "/work", work}},
    .init = init,
};

int main(int argc, char **argv)
{
    return service_main(&service, argc, argv);
}
