/* global-growth: a global that only ever grows.
 *
 * The second post's first suspect: `globalSlice = append(globalSlice, time.Now().Unix())` in a
 * handler. The slice is global, nobody empties it, it lives in the heap for ever. No leak checker
 * finds it, because every byte is still reachable.
 *
 *   default  one record of 1 KiB a request, appended to a global list
 *   eight    the post's own 8 bytes: an array of int64, doubled by realloc when it is full
 *   fixed    the mend: the last 1,024 records only, in a ring that is full from the start */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/service.h"

enum { RECORD_BYTES = 1024, RING_RECORDS = 1024 };

struct record {
    struct record *next;
    int64_t time_s;
    char text[RECORD_BYTES - sizeof(struct record *) - sizeof(int64_t)];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct record *list, *ring;
static int64_t *slice;
static size_t count, capacity;
static int (*append)(int64_t time_s);

static void record_fill(struct record *record, int64_t time_s)
{
    memset(record->text, 'r', sizeof record->text);
    record->time_s = time_s;
}

static int append_to_list(int64_t time_s)
{
    struct record *record = malloc(sizeof *record); /* planted: default */

    if (!record)
        return -1;
    record_fill(record, time_s);
    record->next = list; /* the mistake: nothing ever leaves the list */
    list = record;
    return 0;
}

static int append_to_slice(int64_t time_s)
{
    if (count == capacity) {
        size_t doubled = capacity ? capacity * 2 : 64;
        int64_t *larger = realloc(slice, doubled * sizeof *larger); /* planted: eight */

        if (!larger)
            return -1;
        slice = larger;
        capacity = doubled;
    }
    slice[count] = time_s; /* the mistake, as it is in the post */
    return 0;
}

static int append_to_ring(int64_t time_s)
{
    record_fill(&ring[count % RING_RECORDS], time_s); /* the mend: the oldest one makes room */
    return 0;
}

static int init(const char *variant)
{
    append = strcmp(variant, "eight") == 0 ? append_to_slice : append_to_list;
    if (strcmp(variant, "fixed") != 0)
        return 0;
    append = append_to_ring;
    ring = calloc(RING_RECORDS, sizeof *ring);
    for (size_t i = 0; ring && i < RING_RECORDS; i++)
        record_fill(&ring[i], 0); /* touched now: a ring that is filling looks like a leak */
    return ring ? 0 : -1;
}

static void append_slice(const struct request *request, struct response *response)
{
    bool appended;

    (void)request;
    pthread_mutex_lock(&lock);
    appended = append((int64_t)time(NULL)) == 0;
    response_printf(response, "{\"sliceSize\":%zu}\n", appended ? ++count : count);
    pthread_mutex_unlock(&lock);
    if (!appended)
        response_fail(response, 503, "out of memory");
}

static const struct service service = {
    .name = "global-growth",
    .truths = {{"default", "leak", "heap", "/append", 1024, 1200, "append_to_list"},
               {"eight", "leak", "heap", "/append", 6, 40, "append_to_slice"},
               {"fixed", "clean", "none", "/append", 0, 0, NULL}},
    .routes = {{"GET", "/append", append_slice}},
    .init = init,
};

int main(int argc, char **argv)
{
    return service_main(&service, argc, argv);
}
