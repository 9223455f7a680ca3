#include "driver/free_ports.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"

#define FREE_PORTS_TRIES 64

/* A port of the kernel's choice, bound there. Returns a descriptor, or -1 (errno). */
static int free_ports_bind(const struct sockaddr *any, socklen_t length, uint16_t *ret)
{
    struct sockaddr_storage address;
    socklen_t room = sizeof(address);
    const int no = 0;
    CLEANUP(closep) int fd = socket(any->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || (any->sa_family == AF_INET6 &&
                   setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no)) < 0))
        return -1;
    if (bind(fd, any, length) < 0 || getsockname(fd, (struct sockaddr *)&address, &room) < 0)
        return -1;
    *ret = ntohs(any->sa_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
                                            : ((struct sockaddr_in *)&address)->sin_port);
    return take_fd(&fd);
}

/* A port the kernel picks, held by *ret_fd until that is closed: one that nobody uses on any
 * address, for most services bind all of them, and not each lets connections linger there. Where
 * there is no IPv6, of IPv4; where all linger, one that is free on 127.0.0.1. */
static int free_ports_pick(uint16_t *ret, int *ret_fd, struct error *err)
{
    const struct sockaddr_in6 all = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT};
    const struct sockaddr_in all_v4 = {.sin_family = AF_INET, .sin_addr.s_addr = INADDR_ANY};
    const struct sockaddr_in loopback = {.sin_family = AF_INET,
                                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = free_ports_bind((const struct sockaddr *)&all, sizeof(all), ret);
    if (fd < 0)
        fd = free_ports_bind((const struct sockaddr *)&all_v4, sizeof(all_v4), ret);
    if (fd < 0)
        fd = free_ports_bind((const struct sockaddr *)&loopback, sizeof(loopback), ret);
    if (fd < 0)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno,
                               "cannot find a free port on 127.0.0.1 (is the loopback up?)");
    *ret_fd = fd;
    return 0;
}

/* The kernel does not know of ports that the caller has fixed but nobody has bound yet. */
static bool free_ports_taken(const uint16_t *ports, unsigned n, uint16_t port)
{
    for (unsigned i = 0; i < n; i++)
        if (ports[i] == port)
            return true;
    return false;
}

bool free_ports_is_free(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
    const int yes = 1; /* connections that linger are no service */
    CLEANUP(closep) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) < 0)
        return true; /* not to be told */
    return bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 || errno != EADDRINUSE;
}

int free_ports_choose(uint16_t *ports, unsigned n, struct error *err)
{
    int held[FREE_PORTS_TRIES];
    unsigned n_held = 0;
    int result = 0;
    for (unsigned i = 0; i < n && result == 0; i++) {
        while (ports[i] == 0 && result == 0) {
            uint16_t port = 0;
            result = n_held < FREE_PORTS_TRIES
                         ? free_ports_pick(&port, &held[n_held], err)
                         : error_set(err, ERROR_ENVIRONMENT, "cannot find enough free ports");
            n_held += result == 0;
            if (result == 0 && !free_ports_taken(ports, n, port))
                ports[i] = port;
        }
    }
    while (n_held > 0)
        close(held[--n_held]); /* NOLINT(clang-analyzer-core.CallAndMessage): counted when filled */
    return result;
}
