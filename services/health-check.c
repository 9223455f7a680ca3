/* health-check: every check leaves a connection and its two threads behind.
 *
 * The third post: 100,000 goroutines, two for each connection (one reads, one writes), and no
 * traffic at all. The service's registry was asked every few seconds, by a timer, over a new
 * client whose connection nobody closed. A time-out mended half: they went away after 10 s.
 *
 *   default  the check is answered, the connection and its threads stay
 *   timeout  half of the mend: a connection that is idle for a second goes away
 *   close    the mend: closed once the check is answered; `fixed` is the same */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "common/dependency.h"
#include "common/service.h"

enum { STACK_BYTES = 64 * 1024, PATIENCE_S = 2, IDLE_S = 1 };

struct link {
    int fd;
    sem_t to_send, answered, done;
    pthread_t writer;
    bool up, closing;
};

static pthread_attr_t attributes;
static bool closes;
static time_t idle_s; /* 0: for ever */

static void *write_requests(void *argument)
{
    struct link *link = argument;

    while (sem_wait(&link->to_send) == 0 && !link->closing) /* waits: default */
        if (send(link->fd, "ping\n", 5, MSG_NOSIGNAL) != 5)
            break;
    return NULL;
}

/* Until the other side closes, which without a time-out or a close is never. */
static void *read_answers(void *argument)
{
    struct link *link = argument;
    struct timeval idle = {.tv_sec = idle_s};
    char answer[16];

    setsockopt(link->fd, SOL_SOCKET, SO_RCVTIMEO, &idle, sizeof idle);
    while (recv(link->fd, answer, sizeof answer, 0) > 0) { /* waits: default */
        link->up = true;
        sem_post(&link->answered);
    }
    sem_wait(&link->done);
    link->closing = true;
    sem_post(&link->to_send);
    pthread_join(link->writer, NULL);
    if (send(link->fd, "quit\n", 5, MSG_NOSIGNAL) == 5) /* so that we close second */
        dependency_read_to_end(link->fd);
    close(link->fd);
    free(link);
    return NULL;
}

static struct link *open_link(void)
{
    struct link *link = calloc(1, sizeof *link);
    pthread_t reader;
    int err;

    if (!link)
        return NULL;
    link->fd = dependency_connect(service_upstream_port());
    sem_init(&link->to_send, 0, 1); /* the ping that the check is */
    sem_init(&link->answered, 0, 0);
    sem_init(&link->done, 0, 0);
    if (link->fd < 0)
        return NULL;
    err = pthread_create(&link->writer, &attributes, write_requests, link); /* planted: default */
    if (err)
        return NULL;
    err = pthread_create(&reader, &attributes, read_answers, link); /* planted: default */
    if (err)
        return NULL;
    pthread_detach(reader);
    return link;
}

static void check(const struct request *request, struct response *response)
{
    struct link *link = open_link();
    struct timespec until;

    (void)request;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_S;
    while (link && sem_timedwait(&link->answered, &until) < 0 && errno == EINTR)
        continue;
    if (link && link->up)
        response_printf(response, "{\"upstream\":\"up\"}\n");
    else
        response_fail(response, 503, "upstream is down");
    if (!link)
        return;
    if (closes)
        send(link->fd, "quit\n", 5, MSG_NOSIGNAL); /* the mistake is that this is missing */
    sem_post(&link->done);
}

static int init(const char *variant)
{
    closes = strcmp(variant, "close") == 0 || strcmp(variant, "fixed") == 0;
    idle_s = strcmp(variant, "timeout") == 0 ? IDLE_S : 0;
    pthread_attr_init(&attributes);
    return pthread_attr_setstacksize(&attributes, STACK_BYTES) == 0 ? 0 : -1;
}

/* The bounds: two threads, see hung-threads, and a socket, see unclosed-socket. */
static const struct service service = {
    .name = "health-check",
    .truths = {{"default", "leak", "threads", "/check", 58000, 112000, "open_link"},
               {"timeout", "clean", "none", "/check", 0, 0, NULL},
               {"close", "clean", "none", "/check", 0, 0, NULL},
               {"fixed", "clean", "none", "/check", 0, 0, NULL}},
    .routes = {{"GET", "/check", check}},
    .needs_upstream = true,
    .init = init,
};

int main(int argc, char **argv)
{
    return service_main(&service, argc, argv);
}
