/* array-doubling: a leak that stands still most of the time.
 *
 * An array that is doubled when it is full, and cleared up to its new end, as vectors, hash tables
 * and slices with `make` do. Between two doublings nothing grows; then everything at once, and the
 * next step takes twice as long and is twice as high. Looked at for a short time it is flat, or it
 * is one step and then flat, which is what warm-ups look like. The mean is 1 KiB per request.
 *
 *   default  doubled
 *   eighth   grown by an eighth: the steps of every cycle are of about the same height
 *   fixed    the mend: the last 256 records only */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/service.h"

enum { RECORD_BYTES = 1024, FIRST = 256 };

struct record {
    char text[RECORD_BYTES];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct record *records;
static size_t count, capacity, part = 1; /* grown by its own size, divided by this */
static bool mended;

static int grow(void)
{
    size_t larger = capacity ? capacity + capacity / part : FIRST;
    struct record *moved = realloc(records, larger * sizeof *moved); /* planted: default, eighth */

    if (!moved)
        return -1;
    records = moved;
    memset(records + capacity, 0xff, (larger - capacity) * sizeof *records);
    capacity = larger;
    return 0;
}

static int init(const char *variant)
{
    mended = strcmp(variant, "fixed") == 0;
    if (strcmp(variant, "eighth") == 0)
        part = 8;
    return grow();
}

static void append(const struct request *request, struct response *response)
{
    bool appended;

    (void)request;
    pthread_mutex_lock(&lock);
    if (mended)
        count %= FIRST;
    appended = count < capacity || grow() == 0; /* the mistake: nothing ever leaves the array */
    if (appended)
        memset(records[count++].text, 'r', RECORD_BYTES);
    response_printf(response, "{\"records\":%zu}\n", count);
    pthread_mutex_unlock(&lock);
    if (!appended)
        response_fail(response, 503, "out of memory");
}

/* The bounds: on the mean. */
static const struct service service = {
    .name = "array-doubling",
    .truths = {{"default", "leak", "heap", "/append", 500, 2100, "grow"},
               {"eighth", "leak", "heap", "/append", 900, 1300, "grow"},
               {"fixed", "clean", "none", "/append", 0, 0, NULL}},
    .routes = {{"GET", "/append", append}},
    .init = init,
};

int main(int argc, char **argv)
{
    return service_main(&service, argc, argv);
}
