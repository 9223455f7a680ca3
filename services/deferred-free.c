/* deferred-free: clean-up that is put off to the end of something that never ends.
 *
 * The first post's second suspect: `defer` inside a loop. Deferred calls run when the function
 * returns, not when the loop comes round; in a loop that serves for ever they only pile up, and
 * with each the memory it would free. Nothing is lost: every block is on the list, and valgrind
 * finds none "definitely lost", because at shutdown the list is run and all is freed.
 *
 *   default  every job defers its clean-up to the end of the service
 *   fixed    the mend: a job is a function of its own, and its clean-up runs when it returns */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/service.h"

enum { JOB_BYTES = 2000 };

struct deferred {
    struct deferred *next;
    void (*run)(void *argument);
    void *argument;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct deferred *of_the_service; /* run at its end, which is the end of the process */
static bool mended;

static void defer(struct deferred **list, struct deferred *call)
{
    pthread_mutex_lock(&lock);
    call->next = *list;
    *list = call;
    pthread_mutex_unlock(&lock);
}

static void run_deferred(struct deferred **list)
{
    while (*list) {
        struct deferred *call = *list;

        *list = call->next;
        call->run(call->argument);
        free(call);
    }
}

static void end_service(void)
{
    run_deferred(&of_the_service);
}

static int init(const char *variant)
{
    mended = strcmp(variant, "fixed") == 0;
    return atexit(end_service);
}

static void job(const struct request *request, struct response *response)
{
    struct deferred *of_the_job = NULL;
    struct deferred *call = malloc(sizeof *call);
    char *memory = malloc(JOB_BYTES); /* planted: default */

    (void)request;
    if (!call || !memory) {
        free(call);
        free(memory);
        response_fail(response, 503, "out of memory");
        return;
    }
    call->run = free;
    call->argument = memory;
    defer(mended ? &of_the_job : &of_the_service, call); /* the mistake: the wrong end */
    memset(memory, 'j', JOB_BYTES);
    response_printf(response, "{\"bytes\":%d}\n", JOB_BYTES);
    run_deferred(&of_the_job);
}

static const struct service service = {
    .name = "deferred-free",
    .truths = {{"default", "leak", "heap", "/job", 2000, 2300, "job"},
               {"fixed", "clean", "none", "/job", 0, 0, NULL}},
    .routes = {{"GET", "/job", job}},
    .init = init,
};

int main(int argc, char **argv)
{
    return service_main(&service, argc, argv);
}
