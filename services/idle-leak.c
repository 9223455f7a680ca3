/* idle-leak: it leaks by the clock, and requests have nothing to do with it.
 *
 * A thread that refreshes something every few milliseconds and forgets the old copy. It grows at
 * night as it does by day: with half of the traffic it takes just as long to be killed. A tool that
 * divides by requests names a figure that is true for this load only; it must say that the memory
 * grows with time, and how fast, for it grows during the rests as well.
 *
 *   default  2 KiB every 4 ms: 500 KiB/s
 *   fixed    the mend: the old copy is freed */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/service.h"

enum { COPY_BYTES = 2000, INTERVAL_NS = 4 * 1000 * 1000 };

static bool mended;
static char *current;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void refresh_once(void)
{
    char *copy = malloc(COPY_BYTES); /* planted: default, idle */

    if (!copy)
        return;
    memset(copy, 'c', COPY_BYTES);
    pthread_mutex_lock(&lock);
    if (mended)
        free(current); /* the mistake is that this is missing */
    current = copy;
    pthread_mutex_unlock(&lock);
}

static _Noreturn void *refresh(void *argument)
{
    (void)argument;
    for (;;) {
        refresh_once();
        nanosleep(&(struct timespec){.tv_nsec = INTERVAL_NS}, NULL);
    }
}

static int init(const char *variant)
{
    pthread_t thread;

    mended = strcmp(variant, "fixed") == 0;
    return pthread_create(&thread, NULL, refresh, NULL) == 0 ? 0 : -1;
}

static void work(const struct request *request, struct response *response)
{
    (void)request;
    pthread_mutex_lock(&lock);
    response_printf(response, "{\"current\":\"%c\"}\n", current ? *current : '-');
    pthread_mutex_unlock(&lock);
}

/* No bounds: per request it is whatever time there is between two of them. */
static const struct service service = {
    .name = "idle-leak",
    .truths = {{"default", "leak", "heap", "/work", 0, 0, "refresh_once"},
               /* The same, hardly driven. */
               {"idle", "leak", "heap", "/healthz", 0, 0, "refresh_once"},
               {"fixed", "clean", "none", "/work", 0, 0, NULL}},
    .routes = {{"GET", "/work", work}},
    .init = init,
};

int main(int argc, char **argv)
{
    return service_main(&service, argc, argv);
}
