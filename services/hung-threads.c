/* hung-threads: every request leaves a thread behind that will not end today.
 *
 * The second post's hanging routine: `go time.Sleep(time.Hour * 24)`; the third post counted
 * 100,000 of them. In C it is a detached thread that waits for an answer nobody will give. The
 * heap does not grow at all, and RSS shows less than a quarter of the damage: the stack, the task
 * and what else the kernel keeps for a thread are kernel memory.
 *
 *   default  starts the thread and forgets it
 *   fixed    the mend: the thread waits for 2 ms at most, answers, and is joined */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "common/service.h"

enum { STACK_BYTES = 64 * 1024, DAY_S = 24 * 60 * 60, PATIENCE_NS = 2 * 1000 * 1000 };

static bool mended;
static pthread_attr_t attributes;

static void *wait_for_answer(void *argument)
{
    struct timespec left = {.tv_sec = DAY_S};

    if (mended)
        left = (struct timespec){.tv_nsec = PATIENCE_NS};
    while (nanosleep(&left, &left) < 0 && errno == EINTR) /* waits: default */
        continue;
    return argument;
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
    int failed;

    (void)request;
    failed = pthread_create(&thread, &attributes, wait_for_answer, NULL); /* planted: default */
    if (failed) {
        response_fail(response, 503, "no more threads");
        return;
    }
    if (mended)
        pthread_join(thread, NULL);
    else
        pthread_detach(thread); /* the mistake: nobody is left to wait for it, or to stop it */
    response_printf(response, "{\"started\":1,\"joined\":%d}\n", mended);
}

/* The bounds: measured on Linux 6.1, 29 KiB of kernel memory and 8.4 KiB of user memory a thread.
 */
static const struct service service = {
    .name = "hung-threads",
    .truths = {{"default", "leak", "threads", "/work", 28000, 52000, "work"},
               {"fixed", "clean", "none", "/work", 0, 0, NULL}},
    .routes = {{"GET", "/work", work}},
    .init = init,
};

int main(int argc, char **argv)
{
    return service_main(&service, argc, argv);
}
