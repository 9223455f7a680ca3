#include "load/connection.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/cleanup.h"

struct connector {
    CURLM *multi;
    int epoll_fd;
    nsec_t due_ns; /* libcurl's one timer */
    char *base_url;
};

/* libcurl wants other events of a socket that it is opening. */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *known)
{
    struct connector *connector = user;
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(connector->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
        return 0;
    }

    void *private = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
    const struct connection *connection = private;
    struct epoll_event event = {
        .events = ((what & CURL_POLL_IN) != 0 ? EPOLLIN : 0U) |
                  ((what & CURL_POLL_OUT) != 0 ? EPOLLOUT : 0U),
        .data.u64 = connection_event_data(connection->number, fd),
    };
    if (epoll_ctl(connector->epoll_fd, known != NULL ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) <
        0)
        return -1;
    curl_multi_assign(connector->multi, fd, connector);
    return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *user)
{
    (void)multi;
    struct connector *connector = user;
    connector->due_ns = timeout_ms < 0 ? NSEC_NEVER : clock_now_ns() + timeout_ms * NSEC_PER_MSEC;
    return 0;
}

int connector_new(const char *base_url, int epoll_fd, struct connector **ret, struct error *err)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return error_set(err, ERROR_INTERNAL, "libcurl does not start");

    struct connector *connector = calloc(1, sizeof(*connector));
    if (connector == NULL) {
        curl_global_cleanup();
        return error_out_of_memory(err);
    }
    connector->epoll_fd = epoll_fd;
    connector->due_ns = NSEC_NEVER;
    connector->base_url = strdup(base_url);
    connector->multi = curl_multi_init();
    if (connector->base_url == NULL || connector->multi == NULL) {
        connector_free(connector);
        return error_out_of_memory(err);
    }
    curl_multi_setopt(connector->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(connector->multi, CURLMOPT_SOCKETDATA, connector);
    curl_multi_setopt(connector->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(connector->multi, CURLMOPT_TIMERDATA, connector);
    *ret = connector;
    return 0;
}

void connector_free(struct connector *connector)
{
    if (connector == NULL)
        return;
    if (connector->multi != NULL)
        curl_multi_cleanup(connector->multi);
    free(connector->base_url);
    free(connector);
    curl_global_cleanup();
}

nsec_t connector_due_ns(const struct connector *connector)
{
    return connector->due_ns;
}

void connector_handle_timer(struct connector *connector)
{
    int running;
    connector->due_ns = NSEC_NEVER;
    curl_multi_socket_action(connector->multi, CURL_SOCKET_TIMEOUT, 0, &running);
}

void connector_handle_event(struct connector *connector, int fd, uint32_t events)
{
    int running;
    int mask = ((events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
               ((events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
               ((events & (EPOLLERR | EPOLLHUP)) != 0 ? CURL_CSELECT_ERR : 0);
    curl_multi_socket_action(connector->multi, fd, mask, &running);
}

static enum connection_result result_of(CURL *easy, CURLcode code)
{
    long error = 0;
    switch (code) {
    case CURLE_OK:
        return CONNECTION_OPENED;
    case CURLE_COULDNT_CONNECT:
        curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &error);
        if (error == ECONNREFUSED)
            return CONNECTION_REFUSED;
        if (error == ECONNRESET || error == EPIPE)
            return CONNECTION_BROKEN;
        return error == ETIMEDOUT ? CONNECTION_TIMED_OUT : CONNECTION_FAILED;
    case CURLE_OPERATION_TIMEDOUT:
        return CONNECTION_TIMED_OUT;
    default:
        return CONNECTION_FAILED;
    }
}

/* libcurl has connected: from now on the socket is watched for us. */
static enum connection_result take_over(struct connection *connection)
{
    curl_socket_t fd = CURL_SOCKET_BAD;
    curl_easy_getinfo(connection->easy, CURLINFO_ACTIVESOCKET, &fd);
    struct epoll_event event = {
        .events = EPOLLIN | EPOLLRDHUP,
        .data.u64 = connection_event_data(connection->number, fd),
    };
    if (fd == CURL_SOCKET_BAD ||
        epoll_ctl(connection->connector->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
        return CONNECTION_FAILED;
    connection->fd = fd;
    connection->watches_output = false;
    connection->state = CONNECTION_OPEN;
    return CONNECTION_OPENED;
}

struct connection *connector_next(struct connector *connector, enum connection_result *ret)
{
    int left;
    const CURLMsg *message = curl_multi_info_read(connector->multi, &left);
    if (message == NULL)
        return NULL;

    void *private = NULL;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private);
    struct connection *connection = private;
    enum connection_result result = result_of(message->easy_handle, message->data.result);
    if (result == CONNECTION_OPENED)
        result = take_over(connection);
    if (result != CONNECTION_OPENED)
        connection_close(connection);
    *ret = result;
    return connection;
}

int connection_init(struct connection *connection, struct connector *connector, uint32_t number,
                    struct error *err)
{
    CURL *easy = curl_easy_init();
    CURLSH *cache = curl_share_init();
    *connection = (struct connection){
        .connector = connector,
        .easy = easy,
        .cache = cache,
        .number = number,
        .fd = -1,
        .state = CONNECTION_CLOSED,
    };

    if (easy == NULL || cache == NULL ||
        curl_easy_setopt(easy, CURLOPT_URL, connector->base_url) != CURLE_OK) {
        connection_done(connection);
        return error_out_of_memory(err);
    }
    /* libcurl looks the connection up in its cache at every send and receive, one by one: with a
     * cache of its own there is only one to look at. At 1,000 connections this doubles the speed.
     * It also keeps libcurl from clearing away idle ones whenever it opens another. */
    curl_share_setopt(cache, CURLSHOPT_SHARE, CURL_LOCK_DATA_CONNECT);
    curl_easy_setopt(easy, CURLOPT_SHARE, cache);
    curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, connection);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http");
    curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* whatever the environment says */
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
    return 0;
}

void connection_done(struct connection *connection)
{
    connection_close(connection);
    curl_easy_cleanup(connection->easy);
    curl_share_cleanup(connection->cache);
    connection->easy = NULL;
    connection->cache = NULL;
}

int connection_open(struct connection *connection)
{
    if (curl_multi_add_handle(connection->connector->multi, connection->easy) != CURLM_OK)
        return -1;
    connection->state = CONNECTION_OPENING;
    return 0;
}

void connection_close(struct connection *connection)
{
    if (connection->state == CONNECTION_CLOSED)
        return;
    /* Taking the handle out closes its connection; closing takes the socket out of epoll. */
    curl_multi_remove_handle(connection->connector->multi, connection->easy);
    connection->state = CONNECTION_CLOSED;
    connection->fd = -1;
}

ssize_t connection_send(struct connection *connection, const char *data, size_t length)
{
    size_t sent = 0;
    CURLcode code = curl_easy_send(connection->easy, data, length, &sent);
    if (code == CURLE_OK)
        return (ssize_t)sent;
    return code == CURLE_AGAIN ? CONNECTION_AGAIN : CONNECTION_LOST;
}

ssize_t connection_receive(struct connection *connection, char *data, size_t size)
{
    size_t received = 0;
    CURLcode code = curl_easy_recv(connection->easy, data, size, &received);
    if (code == CURLE_OK)
        return (ssize_t)received;
    return code == CURLE_AGAIN ? CONNECTION_AGAIN : CONNECTION_LOST;
}

void connection_watch_output(struct connection *connection, bool watch)
{
    if (watch == connection->watches_output)
        return;
    struct epoll_event event = {
        .events = EPOLLIN | EPOLLRDHUP | (watch ? EPOLLOUT : 0U),
        .data.u64 = connection_event_data(connection->number, connection->fd),
    };
    epoll_ctl(connection->connector->epoll_fd, EPOLL_CTL_MOD, connection->fd, &event);
    connection->watches_output = watch;
}
