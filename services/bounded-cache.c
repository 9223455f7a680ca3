/* bounded-cache: a cache that fills up to its bound and stays there. No leak.
 *
 * The look-alike that is met most: it rises with every request that misses, evenly, until it is
 * full. From then on each entry that comes pushes the least recently used one out. Entries are of
 * different sizes, so the heap goes on moving a little after that.
 *
 *   default  400 entries of 3 to 5 KiB: full in the first cycle
 *   larger   1,000 entries: full in the third */
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/service.h"

enum { ENTRIES = 400, ENTRIES_LARGER = 1000, KEYS = 16384, SIZE_MIN = 3072, SIZE_STEPS = 2048 };

struct entry {
    TAILQ_ENTRY(entry) by_use;
    uint32_t key;
    char value[];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static TAILQ_HEAD(entries, entry) by_use = TAILQ_HEAD_INITIALIZER(by_use);
static struct entry *by_key[KEYS];
static size_t count, count_max = ENTRIES;
static uint32_t asked;

static int init(const char *variant)
{
    if (strcmp(variant, "larger") == 0)
        count_max = ENTRIES_LARGER;
    return 0;
}

static void evict(void)
{
    struct entry *oldest = TAILQ_FIRST(&by_use);

    TAILQ_REMOVE(&by_use, oldest, by_use);
    by_key[oldest->key] = NULL;
    free(oldest);
    count--;
}

static struct entry *add(uint32_t key)
{
    size_t size = SIZE_MIN + key * 2654435761U % SIZE_STEPS;
    struct entry *entry;

    if (count == count_max)
        evict(); /* what keeps this from being a leak */
    entry = malloc(sizeof *entry + size);
    if (!entry)
        return NULL;
    memset(entry->value, 'v', size);
    entry->key = key;
    by_key[key] = entry;
    count++;
    return entry;
}

static void get(const struct request *request, struct response *response)
{
    uint32_t key;
    struct entry *entry;

    (void)request;
    pthread_mutex_lock(&lock);
    key = ++asked * 2654435761U >> 18; /* each of the keys in turn, scattered */
    entry = by_key[key];
    if (entry)
        TAILQ_REMOVE(&by_use, entry, by_use);
    else
        entry = add(key);
    if (entry)
        TAILQ_INSERT_TAIL(&by_use, entry, by_use);
    response_printf(response, "{\"entries\":%zu}\n", count);
    pthread_mutex_unlock(&lock);
}

static const struct service service = {
    .name = "bounded-cache",
    .truths = {{"default", "clean", "none", "/get", 0, 0, NULL},
               {"larger", "clean", "none", "/get", 0, 0, NULL}},
    .routes = {{"GET", "/get", get}},
    .init = init,
};

int main(int argc, char **argv)
{
    return service_main(&service, argc, argv);
}
