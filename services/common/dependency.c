#include "common/dependency.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

int dependency_connect(uint16_t port)
{
    const struct timeval patience = {.tv_sec = 2};
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)},
    };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); /* planted: unclosed-socket.default */

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience); /* connect() too */
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) < 0) {
        int saved = errno;

        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

int dependency_read_to_end(int fd)
{
    char scrap[4096];
    ssize_t n;

    do
        n = recv(fd, scrap, sizeof scrap, 0);
    while (n > 0 || (n < 0 && errno == EINTR));
    return n == 0 ? 0 : -1;
}

bool dependency_is_up(uint16_t port)
{
    static const char farewell[] = "ping\nquit\n";
    int fd = dependency_connect(port);
    bool up;

    if (fd < 0)
        return false;
    up = send(fd, farewell, strlen(farewell), MSG_NOSIGNAL) > 0 && dependency_read_to_end(fd) == 0;
    close(fd);
    return up;
}
