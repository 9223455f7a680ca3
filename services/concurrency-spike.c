/* concurrency-spike: killed when many requests run at once; none of them does any harm alone.
 *
 * The pods of the second post that restart without a leak. Each request needs 4 MiB for a moment
 * and frees all of it. In a test, one after the other, the service never needs more than 4 MiB; at
 * peak time sixteen run at once, 64 MiB in a pod of 32, and the kernel kills it. The graph shows
 * nothing: the peak is shorter than its interval.
 *
 *   default  as many at a time as there are connections
 *   fixed    the mend: four at a time, the others wait */
#include <malloc.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/service.h"

enum { WORK_BYTES = 4 * 1024 * 1024, MMAP_BYTES = 128 * 1024, TURNS = 4, UNLIMITED = 1 << 16 };
enum { STORE_NS = 40 * 1000 * 1000 };

static sem_t turns;

static int init(const char *variant)
{
    mallopt(M_MMAP_THRESHOLD, MMAP_BYTES); /* freed blocks go back at once */
    return sem_init(&turns, 0, strcmp(variant, "fixed") == 0 ? TURNS : UNLIMITED);
}

static void report(const struct request *request, struct response *response)
{
    char *work;

    (void)request;
    while (sem_wait(&turns) < 0)
        continue;
    work = malloc(WORK_BYTES);
    if (work) {
        explicit_bzero(work, WORK_BYTES); /* a memset before a free is no work to a compiler */
        nanosleep(&(struct timespec){.tv_nsec = STORE_NS}, NULL); /* a slow dependency */
        response_printf(response, "{\"bytes\":%d}\n", WORK_BYTES);
    } else {
        response_fail(response, 503, "out of memory");
    }
    free(work);
    sem_post(&turns);
}

static const struct service service = {
    .name = "concurrency-spike",
    .truths = {{"default", "pressure", "transient", "/report", 0, 0, NULL},
               {"fixed", "clean", "none", "/report", 0, 0, NULL}},
    .routes = {{"GET", "/report", report}},
    .thread_per_connection = true,
    .init = init,
};

int main(int argc, char **argv)
{
    return service_main(&service, argc, argv);
}
