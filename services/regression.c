/* regression: a healthy service, and four changes to it that no review would stop.
 *
 * The posts begin when a leak is in production. It got there by a commit that looked harmless, and
 * a test that asks "does it work" passed it. This service is what a gate is tried on: as it stands
 * it keeps a table, and copies it now and then for somebody who reads slowly, one at a time. So it
 * has a floor of 5 MiB and, under load, a peak of 10. Each variant is one change of known size:
 *
 *   growth   eight bytes more with every request, in blocks of one page that nobody frees
 *   floor    256 KiB more in the table, and so in its copies: 5 % of the floor and of the peak
 *   peak     2 MiB more in each copy: 20 % of the peak, and nothing of it stays
 *   threads  one more thread with every 1,000 requests, which waits for 24 hours
 *
 * PLANTED_PERCENT in the environment makes the change smaller or larger: 50 is half of it. */
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/service.h"

enum {
    TABLE_BYTES = 4332 * 1024,
    MORE_FLOOR_BYTES = 256 * 1024,
    MORE_PEAK_BYTES = 2 * 1024 * 1024,
    MORE_BYTES = 8,
    MORE_THREADS_EVERY = 1000,
    COPY_EVERY = 200,
    READ_NS = 30 * 1000 * 1000,
    BLOCK_BYTES = 4080, /* with malloc's header a page */
    STACK_BYTES = 64 * 1024,
    MMAP_BYTES = 128 * 1024,
    DAY_S = 24 * 60 * 60,
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER, copying = PTHREAD_MUTEX_INITIALIZER;
static size_t requests, table_bytes = TABLE_BYTES, copy_more_bytes, more_bytes, threads_every;
static size_t block_used = BLOCK_BYTES;
static char *table, *block;
static pthread_attr_t attributes;

static int init(const char *variant)
{
    const char *text = getenv("PLANTED_PERCENT");
    size_t percent = text ? strtoul(text, NULL, 10) : 100;

    if (percent < 25 || percent > 1000) {
        fprintf(stderr, "PLANTED_PERCENT is %s, expected 25 to 1000\n", text);
        return -1;
    }
    if (strcmp(variant, "growth") == 0)
        more_bytes = MORE_BYTES * percent / 100;
    else if (strcmp(variant, "floor") == 0)
        table_bytes += MORE_FLOOR_BYTES * percent / 100;
    else if (strcmp(variant, "peak") == 0)
        copy_more_bytes = MORE_PEAK_BYTES * percent / 100;
    else if (strcmp(variant, "threads") == 0)
        threads_every = (size_t)100 * MORE_THREADS_EVERY / percent;
    mallopt(M_MMAP_THRESHOLD, MMAP_BYTES); /* the copies go back at once */
    table = malloc(table_bytes);
    if (!table || pthread_attr_init(&attributes) != 0)
        return -1;
    memset(table, 't', table_bytes);
    return pthread_attr_setstacksize(&attributes, STACK_BYTES) == 0 ? 0 : -1;
}

static int keep_more(void)
{
    if (block_used + more_bytes > BLOCK_BYTES) {
        /* The last one is forgotten, and never freed. */
        block = malloc(BLOCK_BYTES); /* planted: growth */
        if (!block)
            return -1;
        block_used = 0;
    }
    memset(block + block_used, 'm', more_bytes);
    block_used += more_bytes;
    return 0;
}

static void *wait_for_ever(void *argument)
{
    while (true)
        nanosleep(&(struct timespec){.tv_sec = DAY_S}, NULL); /* waits: threads */
    return argument;
}

static int start_thread(void)
{
    pthread_t thread;
    int failed = pthread_create(&thread, &attributes, wait_for_ever, NULL); /* planted: threads */

    return failed ? -1 : pthread_detach(thread);
}

static int copy_table(void)
{
    char *copy;

    pthread_mutex_lock(&copying); /* one at a time: the peak is the same at any concurrency */
    copy = malloc(table_bytes + copy_more_bytes);
    if (copy) {
        memcpy(copy, table, table_bytes);
        memset(copy + table_bytes, 'c', copy_more_bytes);
        nanosleep(&(struct timespec){.tv_nsec = READ_NS}, NULL); /* somebody reads it */
        table[0] = copy[table_bytes - 1]; /* so that no compiler leaves the copy out */
    }
    free(copy);
    pthread_mutex_unlock(&copying);
    return copy ? 0 : -1;
}

static void work(const struct request *request, struct response *response)
{
    size_t count;
    int failed = 0;

    (void)request;
    pthread_mutex_lock(&lock);
    count = ++requests;
    if (more_bytes)
        failed |= keep_more();
    if (threads_every && count % threads_every == 0)
        failed |= start_thread();
    pthread_mutex_unlock(&lock);
    if (count % COPY_EVERY == 0)
        failed |= copy_table();
    response_printf(response, "{\"requests\":%zu}\n", count);
    if (failed)
        response_fail(response, 503, "out of memory or of threads");
}

/* The bounds of threads: hung-threads, by 1,000. */
static const struct service service = {
    .name = "regression",
    .truths = {{"default", "clean", "none", "/work", 0, 0, NULL},
               {"growth", "leak", "heap", "/work", 7, 10, "keep_more"},
               {"floor", "clean", "none", "/work", 0, 0, NULL},
               {"peak", "clean", "none", "/work", 0, 0, NULL},
               {"threads", "leak", "threads", "/work", 28, 52, "start_thread"}},
    .routes = {{"GET", "/work", work}},
    .init = init,
};

int main(int argc, char **argv)
{
    return service_main(&service, argc, argv);
}
