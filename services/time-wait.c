/* time-wait: a service that closes its connections as it should. No leak.
 *
 * The second post's netstat, read wrongly: thousands of lines in TIME_WAIT. Who closes first keeps
 * a small entry for 60 seconds, so that late packets find nobody else. The kernel charges 240 bytes
 * each to the service's cgroup: for a minute it grows with every request in a straight line, as the
 * best of leaks does, and then it stands.
 *
 *   default  connects, asks, closes
 *   polite   lets upstream close first: nothing stays on this side */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/dependency.h"
#include "common/service.h"

static bool polite;

static int init(const char *variant)
{
    polite = strcmp(variant, "polite") == 0;
    return 0;
}

static void ping(const struct request *request, struct response *response)
{
    int fd = dependency_connect(service_upstream_port());
    char answer[16];
    ssize_t n = -1;

    (void)request;
    if (fd >= 0 && send(fd, "ping\n", 5, MSG_NOSIGNAL) == 5)
        n = recv(fd, answer, sizeof answer, 0);
    if (n == 5 && memcmp(answer, "pong\n", 5) == 0)
        response_printf(response, "{\"upstream\":\"pong\"}\n");
    else
        response_fail(response, 502, "upstream does not answer");
    if (fd < 0)
        return;
    if (polite && send(fd, "quit\n", 5, MSG_NOSIGNAL) == 5)
        dependency_read_to_end(fd);
    close(fd);
}

static const struct service service = {
    .name = "time-wait",
    .truths = {{"default", "clean", "none", "/ping", 0, 0, NULL},
               {"polite", "clean", "none", "/ping", 0, 0, NULL}},
    .routes = {{"GET", "/ping", ping}},
    .needs_upstream = true,
    .init = init,
};

int main(int argc, char **argv)
{
    return service_main(&service, argc, argv);
}
