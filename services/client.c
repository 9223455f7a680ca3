/* client: asks a service for the same path again and again, whatever comes back. No sample itself,
 * it has no truth: where no leakcage drives a service, in a pod or by hand, this does.
 *
 *   client http://HOST:PORT/PATH [REQUESTS_PER_SECOND]    20 a second unless told, at most 1000
 *
 * A connection for each request, one at a time; one that fails or takes two seconds is counted and
 * left. Every ten seconds, and at the end (SIGTERM, SIGINT), a line says how many there were. */
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    EXIT_USAGE = 2,
    RATE_PER_S = 20,
    RATE_MAX_PER_S = 1000,
    PATIENCE_S = 2,
    SAY_EVERY_S = 10,
};

struct target {
    char host[256], port[6], path[1024];
};

struct counts {
    unsigned long good, bad; /* 2xx; all others */
};

static int connect_to(const struct target *target)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    struct addrinfo *found;
    int fd = -1;

    if (getaddrinfo(target->host, target->port, &hints, &found) != 0)
        return -1;
    for (const struct addrinfo *at = found; at && fd < 0; at = at->ai_next) {
        fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, 0);
        if (fd < 0)
            continue;
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        if (connect(fd, at->ai_addr, at->ai_addrlen) < 0) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(found);
    return fd;
}

/* The status of one reply, read to its end; 0 when there was none. */
static int ask(const struct target *target)
{
    char request[1400], head[64] = "", rest[4096];
    int status = 0, fd = connect_to(target);
    int length = snprintf(request, sizeof request,
                          "GET %s HTTP/1.1\r\nHost: %s:%s\r\nConnection: close\r\n\r\n",
                          target->path, target->host, target->port);

    if (fd < 0)
        return 0;
    if (send(fd, request, (size_t)length, MSG_NOSIGNAL) == length &&
        recv(fd, head, sizeof head - 1, MSG_WAITALL) > 0) {
        sscanf(head, "HTTP/1.%*d %d", &status);
        while (recv(fd, rest, sizeof rest, 0) > 0)
            continue;
    }
    close(fd);
    return status;
}

static int parse_url(const char *url, struct target *ret)
{
    ret->path[0] = '/';
    ret->path[1] = '\0';
    return sscanf(url, "http://%255[^:/]:%5[0-9]%1023s", ret->host, ret->port, ret->path) >= 2 &&
                   ret->path[0] == '/'
               ? 0
               : -1;
}

static void say(const struct target *target, const struct counts *counts)
{
    fprintf(stderr, "client: http://%s:%s%s: %lu answered, %lu not\n", target->host, target->port,
            target->path, counts->good, counts->bad);
}

/* Until a signal: ask, then sleep to the next one's time. */
static void drive(const struct target *target, long rate_per_s)
{
    const struct timespec pause = {.tv_nsec =
                                       rate_per_s == 1 ? 999999999 : 1000000000 / rate_per_s};
    struct counts counts = {0};
    sigset_t stop_signals;
    time_t said_s = time(NULL);

    sigemptyset(&stop_signals);
    sigaddset(&stop_signals, SIGTERM);
    sigaddset(&stop_signals, SIGINT);
    sigprocmask(SIG_BLOCK, &stop_signals, NULL);
    do {
        int status = ask(target);

        if (status >= 200 && status < 300)
            counts.good++;
        else
            counts.bad++;
        if (time(NULL) - said_s >= SAY_EVERY_S) {
            said_s = time(NULL);
            say(target, &counts);
        }
    } while (sigtimedwait(&stop_signals, NULL, &pause) < 0 && (errno == EAGAIN || errno == EINTR));
    say(target, &counts);
}

int main(int argc, char **argv)
{
    struct target target;
    char *end = NULL;
    long rate_per_s = argc > 2 ? strtol(argv[2], &end, 10) : RATE_PER_S;

    if (argc < 2 || argc > 3 || parse_url(argv[1], &target) < 0 || (end && *end != '\0') ||
        rate_per_s < 1 || rate_per_s > RATE_MAX_PER_S) {
        fprintf(stderr, "usage: client http://HOST:PORT/PATH [REQUESTS_PER_SECOND, 1 to %d]\n",
                RATE_MAX_PER_S);
        return EXIT_USAGE;
    }
    drive(&target, rate_per_s);
    return EXIT_SUCCESS;
}
