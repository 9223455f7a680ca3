/* A service that works as much as it is let: what is asked of it waits until somebody has granted
 * that many answers. So what asks can be looked at while it is at rest, with requests in flight.
 *
 *   /work       answered when it is granted
 *   /grant/N    grants N answers more, and is answered when all that were ever granted are given
 *
 * usage: gate_service PORT */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>

#define CONNECTIONS_MAX 64

struct gate {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    unsigned long long granted, given;
};

static void gate_work(struct gate *gate)
{
    pthread_mutex_lock(&gate->mutex);
    while (gate->given >= gate->granted)
        pthread_cond_wait(&gate->changed, &gate->mutex);
    gate->given++;
    if (gate->given == gate->granted)
        pthread_cond_broadcast(&gate->changed);
    pthread_mutex_unlock(&gate->mutex);
}

static void gate_grant(struct gate *gate, unsigned long long n)
{
    pthread_mutex_lock(&gate->mutex);
    gate->granted += n;
    unsigned long long until = gate->granted;
    pthread_cond_broadcast(&gate->changed);
    while (gate->given < until)
        pthread_cond_wait(&gate->changed, &gate->mutex);
    pthread_mutex_unlock(&gate->mutex);
}

/* NOLINTNEXTLINE(readability-function-size): its parameters are libmicrohttpd's */
static enum MHD_Result gate_answer(void *context, struct MHD_Connection *connection,
                                   const char *url, const char *method, const char *version,
                                   const char *body, size_t *body_size, void **request)
{
    static const char grant[] = "/grant/";
    (void)method;
    (void)version;
    (void)body;
    (void)body_size;
    (void)request;
    char text[] = "ok\n";
    unsigned status = MHD_HTTP_OK;
    if (strcmp(url, "/work") == 0)
        gate_work(context);
    else if (strncmp(url, grant, strlen(grant)) == 0)
        gate_grant(context, strtoull(url + strlen(grant), NULL, 10));
    else
        status = MHD_HTTP_NOT_FOUND;
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_COPY);
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

int main(int argc, char **argv)
{
    static struct gate gate = {.mutex = PTHREAD_MUTEX_INITIALIZER,
                               .changed = PTHREAD_COND_INITIALIZER};
    unsigned long port = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
    if (port == 0 || port > 65535) {
        fprintf(stderr, "usage: gate_service PORT\n");
        return 2;
    }
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    struct MHD_Daemon *daemon =
        MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION, 0, NULL,
                         NULL, gate_answer, &gate, MHD_OPTION_SOCK_ADDR, &address,
                         MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX, MHD_OPTION_END);
    if (daemon == NULL) {
        fprintf(stderr, "gate_service: cannot listen on port %lu\n", port);
        return 1;
    }
    for (;;)
        pause();
}
