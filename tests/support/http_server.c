#include "tests/support/http_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SLOTS_MAX 128
#define TRACE_MAX 4096

struct slot {
    struct http_server *server;
    pthread_t thread;
    int fd;
    bool used, over; /* over: to be joined */
};

struct http_server {
    int listen_fd;
    char url[64];
    pthread_t thread;
    pthread_mutex_t lock; /* over all below */
    bool stopping;
    size_t requests, connections, open, busy, peak_busy, body_bytes;
    char trace[TRACE_MAX];
    struct slot slots[SLOTS_MAX];
};

static void must(bool good, const char *what)
{
    if (good)
        return;
    perror(what);
    abort();
}

static void sleep_ms(long ms)
{
    struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

static bool send_all(int fd, const void *data, size_t length)
{
    const char *at = data;
    while (length > 0) {
        ssize_t sent = send(fd, at, length, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        at += sent;
        length -= (size_t)sent;
    }
    return true;
}

static bool send_text(int fd, const char *text)
{
    return send_all(fd, text, strlen(text));
}

/* The same text until the peer has enough. */
static bool send_endlessly(int fd, const char *text)
{
    while (send_text(fd, text))
        continue;
    return false;
}

static bool answer(int fd, unsigned status, const char *header)
{
    char text[256];
    snprintf(text, sizeof(text), "HTTP/1.1 %u Whatever\r\n%sContent-Length: 5\r\n\r\nhello", status,
             header);
    return send_text(fd, text);
}

static bool stall(int fd)
{
    char byte;
    while (recv(fd, &byte, 1, 0) > 0)
        continue;
    return false;
}

static bool drip(int fd)
{
    static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n";
    for (size_t i = 0; send_all(fd, i < sizeof(text) - 1 ? &text[i] : "x", 1); i++)
        sleep_ms(10);
    return false;
}

static bool reset(int fd)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    send_text(fd, "H");
    sleep_ms(5);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    return false;
}

static bool endless_body(int fd, const char *head)
{
    char block[16384];
    memset(block, 'x', sizeof(block) - 1);
    block[sizeof(block) - 1] = '\0';
    return send_text(fd, head) && send_endlessly(fd, block);
}

static bool endless_chunks(int fd)
{
    return send_text(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n") &&
           send_endlessly(fd, "10;name=value\r\n0123456789abcdef\r\n");
}

#define HEAP_ANSWER                                                               \
    "HTTP/1.1 200 OK\r\nContent-Length: 93\r\n\r\n"                               \
    "{\"arena_bytes\":34603008,\"in_use_bytes\":1048576,\"free_bytes\":33554432," \
    "\"mmapped_bytes\":524288}\n"

/* Texts that are sent as they stand, and whether the connection stays open after them. */
static const struct {
    const char *path;
    const char *text;
    bool keep;
} scripts[] = {
    {"/chunked",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1;a=b\r\n!\r\n0\r\nX: "
     "y\r\n\r\n",
     true},
    {"/continue",
     "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"
     "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
     true},
    {"/unasked", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi, and more", true},
    {"/heap", HEAP_ANSWER, true},
    {"/once-heap", HEAP_ANSWER, false},
    {"/to-end", "HTTP/1.1 200 OK\r\n\r\nhello", false},
    {"/half", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", false},
    {"/hang-up", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", false},
    {"/garbage", "220 mail.example.org ESMTP\r\n", false},
    {"/no-answer", "", false},
    {"/cut-head", "HTTP/1.1 200 OK\r\nContent-Le", false},
    {"/lying-chunks",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nthis is longer\r\n0\r\n\r\n", true},
    {"/cut-chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nno", false},
    {"/two-lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok", true},
    {"/preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", true},
    {"/alert", "\x15\x03\x01", true},
    {"/switch", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n", true},
};

/* Returns whether the connection can take another request. */
static bool behave(int fd, const char *path, unsigned nth)
{
    for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++)
        if (strcmp(path, scripts[i].path) == 0)
            return send_text(fd, scripts[i].text) && scripts[i].keep;
    if (strncmp(path, "/status/", 8) == 0)
        return answer(fd, (unsigned)strtoul(path + 8, NULL, 10), "");
    if (strncmp(path, "/slow/", 6) == 0)
        sleep_ms(strtol(path + 6, NULL, 10));
    if (strcmp(path, "/once") == 0 && nth > 1)
        return false;
    if (strcmp(path, "/early") == 0)
        return answer(fd, 413, ""), sleep_ms(50), false;
    if (strcmp(path, "/say-close") == 0)
        return answer(fd, 200, "connection: foo, Close\r\n"), false;
    if (strcmp(path, "/stall") == 0)
        return stall(fd);
    if (strcmp(path, "/drip") == 0)
        return drip(fd);
    if (strcmp(path, "/reset") == 0)
        return reset(fd);
    if (strcmp(path, "/endless-headers") == 0)
        return send_text(fd, "HTTP/1.1 200 OK\r\n") && send_endlessly(fd, "A: b\r\nC: d\r\n");
    if (strcmp(path, "/endless-line") == 0)
        return endless_body(fd, "HTTP/1.1 200 OK\r\nX");
    if (strcmp(path, "/endless-continue") == 0)
        return send_endlessly(fd, "HTTP/1.1 100 Continue\r\n\r\n");
    if (strcmp(path, "/endless-body") == 0)
        return endless_body(fd, "HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n");
    if (strcmp(path, "/endless-chunks") == 0)
        return endless_chunks(fd);
    return answer(fd, 200, "");
}

/* Read a head, terminated, into text[size]; bytes of the body that came along are after it. */
static ssize_t read_head(int fd, char *text, size_t size, size_t *length)
{
    ssize_t got;
    while ((got = recv(fd, text + *length, size - 1 - *length, 0)) > 0) {
        *length += (size_t)got;
        text[*length] = '\0';
        const char *end = strstr(text, "\r\n\r\n");
        if (end != NULL)
            return end + 4 - text;
    }
    return -1;
}

static void note_request(struct http_server *server, const char *path)
{
    pthread_mutex_lock(&server->lock);
    if (server->requests < TRACE_MAX - 1)
        server->trace[server->requests] = path[strlen(path) - 1];
    server->requests++;
    server->busy++;
    if (server->busy > server->peak_busy)
        server->peak_busy = server->busy;
    pthread_mutex_unlock(&server->lock);
}

static void skip_body(struct slot *slot, size_t left)
{
    char block[4096];
    while (left > 0) {
        ssize_t got = recv(slot->fd, block, left < sizeof(block) ? left : sizeof(block), 0);
        if (got <= 0)
            return;
        left -= (size_t)got;
        pthread_mutex_lock(&slot->server->lock);
        slot->server->body_bytes += (size_t)got;
        pthread_mutex_unlock(&slot->server->lock);
    }
}

/* One request; returns whether there may be another. A body that came with the head is taken to be
 * whole, or to lack only what Content-Length says. */
static bool serve_one(struct slot *slot, unsigned nth)
{
    char text[8192];
    size_t length = 0;
    ssize_t head = read_head(slot->fd, text, sizeof(text), &length);
    char path[256];
    if (head < 0 || sscanf(text, "%*s %255s", path) != 1)
        return false;

    note_request(slot->server, path);
    const char *header = strcasestr(text, "\r\nContent-Length:");
    size_t body = header != NULL && header < text + head ? strtoul(header + 17, NULL, 10) : 0;
    size_t came = length - (size_t)head;
    pthread_mutex_lock(&slot->server->lock);
    slot->server->body_bytes += came;
    pthread_mutex_unlock(&slot->server->lock);
    if (strcmp(path, "/early") != 0 && body > came)
        skip_body(slot, body - came);

    bool again = behave(slot->fd, path, nth);
    pthread_mutex_lock(&slot->server->lock);
    slot->server->busy--;
    pthread_mutex_unlock(&slot->server->lock);
    return again;
}

static void *serve_connection(void *user)
{
    struct slot *slot = user;
    struct http_server *server = slot->server;
    for (unsigned nth = 1; serve_one(slot, nth); nth++)
        continue;
    pthread_mutex_lock(&server->lock);
    close(slot->fd);
    slot->fd = -1;
    slot->over = true;
    server->open--;
    pthread_mutex_unlock(&server->lock);
    return NULL;
}

/* A slot that is free, or whose thread is over and now joined; called with the lock held. */
static struct slot *find_slot(struct http_server *server)
{
    for (size_t i = 0; i < SLOTS_MAX; i++) {
        struct slot *slot = &server->slots[i];
        if (slot->used && slot->over) {
            pthread_join(slot->thread, NULL);
            slot->used = false;
        }
        if (!slot->used)
            return slot;
    }
    return NULL;
}

static void *serve(void *user)
{
    struct http_server *server = user;
    int fd;
    while ((fd = accept4(server->listen_fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        pthread_mutex_lock(&server->lock);
        struct slot *slot = server->stopping ? NULL : find_slot(server);
        if (slot == NULL) {
            close(fd);
        } else {
            *slot = (struct slot){.server = server, .fd = fd, .used = true};
            server->connections++;
            server->open++;
            must(pthread_create(&slot->thread, NULL, serve_connection, slot) == 0, "thread");
        }
        pthread_mutex_unlock(&server->lock);
    }
    return NULL;
}

/* A socket on a port of the kernel's choice. */
static int bind_anywhere(struct sockaddr_in *address)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    *address =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(*address);
    must(fd >= 0 && bind(fd, (struct sockaddr *)address, size) == 0 &&
             getsockname(fd, (struct sockaddr *)address, &size) == 0,
         "bind");
    return fd;
}

struct http_server *http_server_new(void)
{
    struct http_server *server = calloc(1, sizeof(*server));
    must(server != NULL, "calloc");
    struct sockaddr_in address;
    server->listen_fd = bind_anywhere(&address);
    must(listen(server->listen_fd, 128) == 0, "listen");
    snprintf(server->url, sizeof(server->url), "http://127.0.0.1:%u", ntohs(address.sin_port));
    pthread_mutex_init(&server->lock, NULL);
    must(pthread_create(&server->thread, NULL, serve, server) == 0, "thread");
    return server;
}

void http_server_free(struct http_server *server)
{
    pthread_mutex_lock(&server->lock);
    server->stopping = true;
    for (size_t i = 0; i < SLOTS_MAX; i++)
        if (server->slots[i].used && !server->slots[i].over)
            shutdown(server->slots[i].fd, SHUT_RDWR);
    pthread_mutex_unlock(&server->lock);
    shutdown(server->listen_fd, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    for (size_t i = 0; i < SLOTS_MAX; i++)
        if (server->slots[i].used)
            pthread_join(server->slots[i].thread, NULL);
    close(server->listen_fd);
    pthread_mutex_destroy(&server->lock);
    free(server);
}

const char *http_server_url(const struct http_server *server)
{
    return server->url;
}

static size_t locked(struct http_server *server, const size_t *value)
{
    pthread_mutex_lock(&server->lock);
    size_t now = *value;
    pthread_mutex_unlock(&server->lock);
    return now;
}

size_t http_server_requests(struct http_server *server)
{
    return locked(server, &server->requests);
}

size_t http_server_connections(struct http_server *server)
{
    return locked(server, &server->connections);
}

size_t http_server_open_connections(struct http_server *server)
{
    return locked(server, &server->open);
}

size_t http_server_busy(struct http_server *server)
{
    return locked(server, &server->busy);
}

size_t http_server_peak_busy(struct http_server *server)
{
    return locked(server, &server->peak_busy);
}

size_t http_server_body_bytes(struct http_server *server)
{
    return locked(server, &server->body_bytes);
}

bool http_server_saw(struct http_server *server, char last_letter)
{
    pthread_mutex_lock(&server->lock);
    bool saw = strchr(server->trace, last_letter) != NULL;
    pthread_mutex_unlock(&server->lock);
    return saw;
}

const char *http_server_trace(struct http_server *server)
{
    return server->trace;
}

const char *http_server_dead_url(char *text)
{
    struct sockaddr_in address;
    int fd = bind_anywhere(&address);
    close(fd);
    snprintf(text, 64, "http://127.0.0.1:%u", ntohs(address.sin_port));
    return text;
}
