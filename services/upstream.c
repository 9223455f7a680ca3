/* upstream: the dependency the other services call. No sample itself, it has no truth.
 *
 * Raw on purpose: it must hold 50,000 connections which others forgot to close, never close an
 * idle one, and cost nothing per request. One thread, one epoll loop, 520 bytes a connection.
 *
 *   GET /body?bytes=N    N bytes (16 KiB unless told); closes after "Connection: close"
 *   GET /ping, /healthz  200
 *   ping\n               pong\n, on the same port: the first byte tells
 *   quit\n               closes, so that the caller can close second
 *
 * Port from PORT, else --port N, else 8081; 0 lets the kernel choose. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/process.h"

enum {
    DESCRIPTORS_MAX = 65536,
    REQUEST_MAX_BYTES = 502,
    BODY_BYTES = 16 * 1024,
    BODY_MAX_BYTES = 64 * 1024 * 1024,
    EVENTS_MAX = 64,
    BACKLOG = 4096,
};

struct peer {
    size_t to_send; /* body bytes still to be sent */
    uint16_t used;  /* of `text`: the request so far */
    bool close_after;
    char text[REQUEST_MAX_BYTES + 1];
};

static struct peer peers[DESCRIPTORS_MAX]; /* by descriptor; pages never used are never touched */
static char body[64 * 1024];

/* All of a short text, into a socket that has room for it. */
static int send_text(int fd, const char *text)
{
    return send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text) ? 0 : -1;
}

/* Body bytes until the socket is full. 0, or -1 when the connection is to be closed. */
static int send_body(int fd, struct peer *peer)
{
    while (peer->to_send > 0) {
        size_t piece = peer->to_send < sizeof body ? peer->to_send : sizeof body;
        ssize_t n = send(fd, body, piece, MSG_NOSIGNAL);

        if (n < 0)
            return errno == EAGAIN || errno == EINTR ? 0 : -1;
        peer->to_send -= (size_t)n;
    }
    return peer->close_after ? -1 : 0;
}

/* One HTTP request, its head complete in `head`. */
static int answer_http(int fd, struct peer *peer, const char *head)
{
    char reply[128];
    const char *wanted = strstr(head, "bytes=");
    size_t bytes = wanted ? strtoul(wanted + 6, NULL, 10) : BODY_BYTES;

    if (strncmp(head, "GET /body", 9) != 0)
        bytes = 0;
    if (bytes > BODY_MAX_BYTES)
        return -1;
    peer->close_after = strstr(head, "Connection: close") != NULL;
    snprintf(reply, sizeof reply, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n%s\r\n", bytes,
             peer->close_after ? "Connection: close\r\n" : "");
    peer->to_send = bytes;
    return send_text(fd, reply) < 0 ? -1 : send_body(fd, peer);
}

/* Answers every complete request in `text`, one at a time, and keeps the rest.
 * 0, or -1 when the connection is to be closed. */
static int answer(int fd, struct peer *peer)
{
    for (;;) {
        bool http = peer->text[0] == 'G';
        char *end = strstr(peer->text, http ? "\r\n\r\n" : "\n");
        int result = 0;

        if (peer->to_send > 0)
            return 0; /* one reply at a time */
        if (!end)
            return peer->used < REQUEST_MAX_BYTES ? 0 : -1;
        *end = '\0';
        end += http ? 4 : 1;
        if (http)
            result = answer_http(fd, peer, peer->text);
        else if (strncmp(peer->text, "ping", 4) == 0)
            result = send_text(fd, "pong\n");
        else
            result = -1; /* "quit", or what we do not understand */
        if (result < 0)
            return -1;
        peer->used = (uint16_t)(peer->used - (end - peer->text));
        memmove(peer->text, end, (size_t)peer->used + 1);
    }
}

/* Everything there is to do until the socket is empty or full: the events are edge-triggered.
 * 0, or -1 when the connection is to be closed. */
static int serve(int fd, struct peer *peer)
{
    if (peer->to_send > 0 && send_body(fd, peer) < 0)
        return -1;
    for (;;) {
        ssize_t n;

        if (answer(fd, peer) < 0)
            return -1;
        if (peer->to_send > 0)
            return 0;
        n = recv(fd, peer->text + peer->used, (size_t)(REQUEST_MAX_BYTES - peer->used), 0);
        if (n < 0)
            return errno == EAGAIN || errno == EINTR ? 0 : -1;
        if (n == 0)
            return -1;
        peer->used = (uint16_t)(peer->used + n);
        peer->text[peer->used] = '\0';
    }
}

static void accept_all(int epoll, int listener)
{
    int fd;

    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.fd = fd};

        if (fd >= DESCRIPTORS_MAX || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0) {
            close(fd);
            continue;
        }
        peers[fd].used = 0;
        peers[fd].to_send = 0;
        peers[fd].close_after = false;
        peers[fd].text[0] = '\0';
    }
}

static int listen_on(uint16_t *port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(*port),
        .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)},
    };
    socklen_t size = sizeof address;
    int yes = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, (const struct sockaddr *)&address, size) < 0 || listen(fd, BACKLOG) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) < 0) {
        perror("upstream: listen");
        return -1;
    }
    *port = ntohs(address.sin_port);
    return fd;
}

static int open_stop_signals(void)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    return signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
}

/* Until a stop signal. 0, or -1 with errno set. */
static int loop(int listener)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC), stop = open_stop_signals();
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};

    if (epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) < 0)
        return -1;
    event.data.fd = stop;
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, stop, &event) < 0)
        return -1;
    for (;;) {
        struct epoll_event events[EVENTS_MAX];
        int n = epoll_wait(epoll, events, EVENTS_MAX, -1);

        if (n < 0 && errno != EINTR)
            return -1;
        for (int i = 0; i < n; i++) {
            if (events[i].data.fd == stop)
                return 0;
            if (events[i].data.fd == listener)
                accept_all(epoll, listener);
            else if (serve(events[i].data.fd, &peers[events[i].data.fd]) < 0)
                close(events[i].data.fd); /* epoll forgets it with its last descriptor */
        }
    }
}

int main(int argc, char **argv)
{
    const char *wanted = getenv("PORT");
    uint16_t port = 8081;
    int listener;

    if (!wanted && argc == 3 && strcmp(argv[1], "--port") == 0)
        wanted = argv[2];
    if (wanted && process_parse_port(wanted, &port) < 0) {
        fprintf(stderr, "usage: [PORT=N] upstream [--port N]\n");
        return 2;
    }
    process_raise_descriptor_limit();
    memset(body, 'u', sizeof body);
    listener = listen_on(&port);
    if (listener < 0)
        return 1;
    fprintf(stderr, "upstream listening on 127.0.0.1:%u\n", port);
    return loop(listener) < 0 ? 1 : 0;
}
