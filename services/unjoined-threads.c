/* unjoined-threads: threads that end, and that nobody joins.
 *
 * The sibling of hung-threads that a count of threads does not find: each one does its work and
 * ends, so there are never more than a few. But a thread that is neither joined nor detached keeps
 * its stack for whoever may still ask how it ended: two mappings and the pages it touched.
 *
 *   default  starts the thread, waits for its answer, forgets it
 *   fixed    the mend: joins it */
#include <pthread.h>
#include <semaphore.h>
#include <string.h>

#include "common/service.h"

enum { STACK_BYTES = 64 * 1024 };

static bool mended;
static pthread_attr_t attributes;

static void *answer(void *argument)
{
    sem_post(argument);
    return NULL;
}

static int init(const char *variant)
{
    mended = strcmp(variant, "fixed") == 0;
    pthread_attr_init(&attributes);
    return pthread_attr_setstacksize(&attributes, STACK_BYTES) == 0 ? 0 : -1;
}

static void work(const struct request *request, struct response *response)
{
    pthread_t thread;
    sem_t answered;
    int failed;

    (void)request;
    sem_init(&answered, 0, 0);
    failed = pthread_create(&thread, &attributes, answer, &answered); /* planted: default */
    if (failed) {
        response_fail(response, 503, "no more threads");
        return;
    }
    while (sem_wait(&answered) < 0)
        continue;
    if (mended)
        pthread_join(thread, NULL); /* the mistake is that this is missing */
    response_printf(response, "{\"answered\":1}\n");
}

/* The bounds: two or three touched pages of the stack, and two vm_area_structs. */
static const struct service service = {
    .name = "unjoined-threads",
    .truths = {{"default", "leak", "mappings", "/work", 8000, 14500, "work"},
               {"fixed", "clean", "none", "/work", 0, 0, NULL}},
    .routes = {{"GET", "/work", work}},
    .init = init,
};

int main(int argc, char **argv)
{
    return service_main(&service, argc, argv);
}
