/* warm-up: state that is made when it is first needed. No leak.
 *
 * What a healthy service does in its first minutes: tables, pools, templates, per-route counters,
 * each made for the first request that meets it. New ones become rarer with every request, and
 * after some hundred there are none left to make. A trend test alone calls this a leak.
 *
 *   default  400 routes with 8 KiB of state each, met in random order
 *   eager    the same, made before the first request */
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/service.h"

enum { ROUTES = 400, STATE_BYTES = 8192 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *states[ROUTES];
static size_t made;
static uint64_t random_state = 1;

static uint64_t next_random(void)
{
    random_state = random_state * 6364136223846793005U + 1442695040888963407U;
    return random_state >> 33;
}

static int touch(size_t route)
{
    if (states[route])
        return 0;
    states[route] = malloc(STATE_BYTES);
    if (!states[route])
        return -1;
    memset(states[route], 's', STATE_BYTES);
    made++;
    return 0;
}

static int init(const char *variant)
{
    if (strcmp(variant, "eager") != 0)
        return 0;
    for (size_t i = 0; i < ROUTES; i++)
        if (touch(i) < 0)
            return -1;
    return 0;
}

static void work(const struct request *request, struct response *response)
{
    int failed;

    (void)request;
    pthread_mutex_lock(&lock);
    failed = touch(next_random() % ROUTES);
    response_printf(response, "{\"routes\":%zu}\n", made);
    pthread_mutex_unlock(&lock);
    if (failed)
        response_fail(response, 503, "out of memory");
}

static const struct service service = {
    .name = "warm-up",
    .truths = {{"default", "clean", "none", "/work", 0, 0, NULL},
               {"eager", "clean", "none", "/work", 0, 0, NULL}},
    .routes = {{"GET", "/work", work}},
    .init = init,
};

int main(int argc, char **argv)
{
    return service_main(&service, argc, argv);
}
