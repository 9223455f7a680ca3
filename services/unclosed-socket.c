/* unclosed-socket: a plain TCP connection, used once and never closed.
 *
 * The third post's service opened a connection to its registry at every health check and never
 * closed it. Here it is bare: connect, write a line, read the answer, return. The descriptor is
 * lost; the socket, its inode and its file stay, all of them kernel memory. RSS does not move.
 *
 *   default  forgets close()
 *   fixed    the mend: says goodbye, waits until upstream has closed, and closes */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/dependency.h"
#include "common/service.h"

static bool mended;

static int init(const char *variant)
{
    mended = strcmp(variant, "fixed") == 0;
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
    if (fd < 0 || !mended)
        return; /* the mistake: fd is open, and nobody knows its number any more */
    if (send(fd, "quit\n", 5, MSG_NOSIGNAL) == 5)
        dependency_read_to_end(fd);
    close(fd);
}

/* The bounds: a TCP socket of 2.3 to 3 KiB, its inode, its file and its dentry. */
static const struct service service = {
    .name = "unclosed-socket",
    .truths = {{"default", "leak", "sockets", "/ping", 2500, 8000, "dependency_connect"},
               {"fixed", "clean", "none", "/ping", 0, 0, NULL}},
    .routes = {{"GET", "/ping", ping}},
    .needs_upstream = true,
    .init = init,
};

int main(int argc, char **argv)
{
    return service_main(&service, argc, argv);
}
