#include "serve/serve_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "serve/serve_answer.h"

enum {
    CONNECTIONS_MAX = 64,
    STREAMS_MAX = 32,             /* of live runs: they stay, and must leave room for others */
    SILENCE_MAX_S = 30,           /* a stream has a word for its reader every 10 s */
    CONNECTION_BYTES = 32 * 1024, /* libmicrohttpd's memory for the head of a request */
    STACK_BYTES = 1024 * 1024,
    BLOCK_BYTES = 32 * 1024,
    BACKLOG = 64,
    STREAM_WAIT_MS = 100,
    HTTP_MOVED = 301,
    HTTP_FORBIDDEN = 403,
    HTTP_NOT_FOUND = 404,
    HTTP_METHOD = 405,
    HTTP_BUSY = 503,
};

#define STOP_GRACE_NS (300 * NSEC_PER_MSEC)
#define STOP_LOOK_NS  (10 * NSEC_PER_MSEC)

struct serve_server {
    struct serve_door door;
    struct serve_site site; /* the results and pages in it are owned */
    struct MHD_Daemon *daemon;
    char url[64 + SERVE_TOKEN_LENGTH];
    atomic_bool stopping;
    atomic_uint streams;
};

/* An answer on its way. */
struct server_reply {
    struct serve_server *server;
    int fd; /* of the connection, borrowed */
    struct serve_reply reply;
};

static void server_reply_free(void *context)
{
    struct server_reply *sent = context;
    if (sent->reply.events != NULL)
        atomic_fetch_sub(&sent->server->streams, 1);
    serve_reply_done(&sent->reply);
    free(sent);
}

/* The bytes of the answer, and how many. */
static const char *server_reply_bytes(const struct serve_reply *reply, size_t *ret_length)
{
    if (reply->kept != NULL)
        return serve_text_bytes(reply->kept, ret_length);
    *ret_length = reply->asset != NULL ? reply->asset_length : reply->text.length;
    return reply->asset != NULL ? reply->asset : buffer_text(&reply->text);
}

static ssize_t server_send_bytes(void *context, uint64_t position, char *out, size_t size)
{
    const struct server_reply *sent = context;
    size_t length = 0;
    const char *bytes = server_reply_bytes(&sent->reply, &length);
    if (position >= length)
        return MHD_CONTENT_READER_END_OF_STREAM;
    size_t left = length - (size_t)position;
    size = left < size ? left : size;
    memcpy(out, bytes + position, size);
    return (ssize_t)size;
}

/* Wait until there is something to say; this thread is this reader's alone. */
static ssize_t server_send_events(void *context, uint64_t position, char *out, size_t size)
{
    struct server_reply *sent = context;
    (void)position;
    while (!atomic_load(&sent->server->stopping)) {
        ssize_t length = serve_events_read(sent->reply.events, out, size);
        if (length > 0)
            return length;
        if (length < 0)
            break;
        struct pollfd gone = {.fd = sent->fd, .events = POLLRDHUP};
        if (poll(&gone, 1, STREAM_WAIT_MS) > 0)
            break;
    }
    return MHD_CONTENT_READER_END_OF_STREAM;
}

static void server_add_headers(struct MHD_Response *response, const struct serve_reply *reply)
{
    const char *const headers[][2] = {
        {MHD_HTTP_HEADER_CONTENT_TYPE, reply->type},
        {"Content-Security-Policy", reply->policy},
        {MHD_HTTP_HEADER_CACHE_CONTROL, "no-store"},
        {"X-Content-Type-Options", "nosniff"},
        {"X-Frame-Options", "DENY"},
        {"Referrer-Policy", "no-referrer"}, /* the token is in the address */
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(headers); i++)
        (void)MHD_add_response_header(response, headers[i][0], headers[i][1]);
    if (reply->location.length > 0)
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_LOCATION,
                                      buffer_text(&reply->location));
    if (reply->status == HTTP_METHOD)
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
}

/* Send the answer, which is the server's from here on. */
static enum MHD_Result server_send(struct serve_server *server, struct MHD_Connection *connection,
                                   struct serve_reply *reply)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct server_reply *sent = malloc(sizeof(*sent));
    size_t length = 0;
    if (sent == NULL || info == NULL) {
        if (reply->events != NULL)
            atomic_fetch_sub(&server->streams, 1);
        serve_reply_done(reply);
        free(sent);
        return MHD_NO;
    }
    *sent = (struct server_reply){server, info->connect_fd, *reply};
    bool stream = reply->events != NULL;
    (void)server_reply_bytes(reply, &length);
    struct MHD_Response *response = MHD_create_response_from_callback(
        stream ? MHD_SIZE_UNKNOWN : length, BLOCK_BYTES,
        stream ? server_send_events : server_send_bytes, sent, server_reply_free);
    if (response == NULL) {
        server_reply_free(sent);
        return MHD_NO;
    }
    server_add_headers(response, &sent->reply);
    enum MHD_Result result = MHD_queue_response(connection, sent->reply.status, response);
    MHD_destroy_response(response);
    return result;
}

/* Decode "%41" in place; returns the length. A NUL would cut the text short: with one it stays as
 * it is, and then nothing has that name. */
static size_t server_decode(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context;
    (void)connection;
    return strstr(text, "%00") != NULL ? strlen(text) : MHD_http_unescape(text);
}

/* The one Host header; more than one is none. */
struct server_host {
    const char *name;
    unsigned n;
};

static enum MHD_Result server_take_header(void *context, enum MHD_ValueKind kind, const char *key,
                                          const char *value)
{
    struct server_host *host = context;
    (void)kind;
    if (strcasecmp(key, MHD_HTTP_HEADER_HOST) == 0 && host->n++ == 0)
        host->name = value;
    return MHD_YES;
}

static enum MHD_Result server_take_argument(void *context, enum MHD_ValueKind kind, const char *key,
                                            const char *value)
{
    struct serve_query *query = context;
    (void)kind;
    if (value == NULL)
        return MHD_YES;
    if (strcmp(key, "run") == 0 && query->n_runs < ARRAY_LENGTH(query->runs))
        query->runs[query->n_runs++] = value;
    else if (strcmp(key, "sort") == 0)
        query->sort = value;
    else if (strcmp(key, "order") == 0)
        query->order = value;
    return MHD_YES;
}

/* A request that is not let in. */
static void server_refuse(const struct serve_server *server, enum serve_answer why,
                          struct serve_reply *ret)
{
    switch (why) {
    case SERVE_METHOD:
        serve_answer_plain(HTTP_METHOD, "only GET and HEAD", ret);
        return;
    case SERVE_NOT_FOUND:
        serve_answer_plain(HTTP_NOT_FOUND, "not found", ret);
        return;
    case SERVE_SLASH:
        serve_answer_plain(HTTP_MOVED, "moved", ret);
        (void)buffer_printf(&ret->location, NULL, "/%s/", server->door.token);
        return;
    default:
        serve_answer_plain(HTTP_FORBIDDEN, "forbidden", ret);
    }
}

/* A stream stays for as long as its run: there are so many of them, and no more. */
static void server_answer_events(struct serve_server *server, const struct serve_query *query,
                                 struct serve_reply *ret)
{
    if (atomic_fetch_add(&server->streams, 1) >= STREAMS_MAX)
        serve_answer_plain(HTTP_BUSY, "too many readers of live runs", ret);
    else
        serve_answer(&server->site, SERVE_EVENTS, query, ret);
    if (ret->events == NULL)
        atomic_fetch_sub(&server->streams, 1);
}

/* libmicrohttpd calls this when the head of a request is there; it is answered at once, and what a
 * client sends behind the head of another method is not read. */
/* NOLINTNEXTLINE(readability-function-size): its parameters are libmicrohttpd's */
static enum MHD_Result server_request(void *context, struct MHD_Connection *connection,
                                      const char *path, const char *method, const char *version,
                                      const char *bytes, size_t *count, void **state)
{
    struct serve_server *server = context;
    struct server_host host = {.n = 0};
    struct serve_query query = {.n_runs = 0};
    struct serve_reply reply;
    enum serve_page page = SERVE_LIST;
    (void)version;
    (void)bytes;
    (void)count;
    (void)state;
    (void)MHD_get_connection_values(connection, MHD_HEADER_KIND, server_take_header, &host);
    const struct serve_request request = {
        .method = method, .host = host.n == 1 ? host.name : NULL, .path = path};
    enum serve_answer let_in = serve_door_ask(&server->door, &request, &page);
    if (let_in != SERVE_LET_IN) {
        server_refuse(server, let_in, &reply);
        return server_send(server, connection, &reply);
    }
    (void)MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, server_take_argument,
                                    &query);
    query.last_event_id = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Last-Event-ID");
    if (page == SERVE_EVENTS)
        server_answer_events(server, &query, &reply);
    else
        serve_answer(&server->site, page, &query, &reply);
    return server_send(server, connection, &reply);
}

/* A socket that listens on the port of 127.0.0.1; *port becomes the one it has. */
static int server_listen(unsigned *port, struct error *err)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)*port),
        .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)},
    };
    socklen_t length = sizeof(address);
    int on = 1;
    CLEANUP(closep) int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot make a socket");
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, BACKLOG) < 0)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno,
                               "cannot listen on 127.0.0.1:%u (without --port a free one is taken)",
                               *port);
    if (getsockname(fd, (struct sockaddr *)&address, &length) < 0)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot find the port");
    *port = ntohs(address.sin_port);
    return take_fd(&fd);
}

/* Start the threads. Signals are the caller's: it waits for them. */
static int server_start_daemon(struct serve_server *server, int fd, struct error *err)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    server->daemon = MHD_start_daemon(
        MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL, 0, NULL,
        NULL, server_request, server, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)SILENCE_MAX_S,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES, MHD_OPTION_THREAD_STACK_SIZE,
        (size_t)STACK_BYTES, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_UNESCAPE_CALLBACK,
        server_decode, NULL, MHD_OPTION_END);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return server->daemon != NULL
               ? 0
               : error_set(err, ERROR_ENVIRONMENT, "libmicrohttpd cannot start a server");
}

int serve_server_start(const char *const *folders, unsigned port, struct serve_server **ret,
                       struct error *err)
{
    CLEANUP(serve_server_stopp) struct serve_server *server = calloc(1, sizeof(*server));
    if (server == NULL)
        return error_out_of_memory(err);
    server->site.folders = folders;
    if (serve_results_new(folders, &server->site.results, err) < 0 ||
        serve_pages_new(server->site.results, &server->site.pages, err) < 0)
        return -1;
    CLEANUP(closep) int fd = server_listen(&port, err);
    if (fd < 0 || serve_door_init(&server->door, port, err) < 0)
        return -1;
    snprintf(server->url, sizeof(server->url), "http://127.0.0.1:%u/%s/", port, server->door.token);
    if (server_start_daemon(server, fd, err) < 0)
        return -1;
    (void)take_fd(&fd); /* it is the daemon's */
    *ret = take_ptr(&server);
    return 0;
}

const char *serve_server_url(const struct serve_server *server)
{
    return server->url;
}

/* Is no page in the making any more, soon? One of a long timeline takes seconds, and nobody waits
 * for it now. */
static bool server_rests(const struct serve_server *server)
{
    nsec_t until_ns = clock_now_ns() + STOP_GRACE_NS;
    while (serve_pages_stop(server->site.pages)) {
        if (clock_now_ns() >= until_ns)
            return false;
        clock_sleep_until(clock_now_ns() + STOP_LOOK_NS);
    }
    return true;
}

void serve_server_stop(struct serve_server *server)
{
    if (server == NULL)
        return;
    atomic_store(&server->stopping, true);
    if (server->daemon != NULL && !server_rests(server))
        return;
    if (server->daemon != NULL)
        MHD_stop_daemon(server->daemon);
    serve_pages_free(server->site.pages);
    serve_results_free(server->site.results);
    free(server);
}

void serve_server_stopp(struct serve_server **server)
{
    serve_server_stop(*server);
}
