#include "common/service.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <malloc.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/debug.h"
#include "common/debug_door.h"
#include "common/dependency.h"
#include "common/process.h"

enum {
    EXIT_USAGE = 2,
    POOL_THREADS = 4,
    STACK_BYTES = 256 * 1024,
    CONNECTION_BYTES = 4096, /* libmicrohttpd's memory per connection: head of request and reply */
    CONNECTIONS_MAX = 4096,
    BACKLOG = 1024,
};

/* The one service of this process. Written before the first thread starts, only read after. */
static struct {
    const struct service *service;
    const char *variant;
    bool debug, print_truth;
    uint16_t port, upstream_port;
    struct in_addr listen;
    time_t start_s;
} frame;

/* A request body while it arrives. Requests without one do not allocate this. */
struct upload {
    size_t used;
    bool too_long;
    char bytes[REQUEST_BODY_MAX_BYTES];
};

static time_t now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

uint16_t service_upstream_port(void)
{
    return frame.upstream_port;
}

long request_number(const struct request *request, const char *key, long fallback)
{
    const char *text = MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, key);
    char *end;
    long number;

    if (!text || *text == '\0')
        return fallback;
    number = strtol(text, &end, 10);
    return *end == '\0' ? number : fallback;
}

bool request_has(const struct request *request, const char *key)
{
    return MHD_lookup_connection_value_n(request->connection, MHD_GET_ARGUMENT_KIND, key,
                                         strlen(key), NULL, NULL) == MHD_YES;
}

void response_printf(struct response *response, const char *format, ...)
{
    size_t room = sizeof response->text - response->used;
    va_list arguments;
    int n;

    va_start(arguments, format);
    n = vsnprintf(response->text + response->used, room, format, arguments);
    va_end(arguments);
    if (n > 0)
        response->used += (size_t)n < room ? (size_t)n : room - 1;
}

void response_fail(struct response *response, unsigned status, const char *why)
{
    response->status = status;
    response->used = 0;
    response_printf(response, "{\"error\":\"%s\"}\n", why);
}

/* The first post's health page had the number of goroutines in it, and that gave its leak away. */
static void healthz(const struct request *request, struct response *response)
{
    bool up = !frame.upstream_port || dependency_is_up(frame.upstream_port);

    (void)request;
    response->status = up ? 200 : 503;
    response_printf(response,
                    "{\"status\":\"%s\",\"service\":\"%s\",\"variant\":\"%s\",\"uptime_s\":%lld,"
                    "\"threads\":%ld,\"descriptors\":%ld,\"dependencies\":{",
                    up ? "UP" : "DOWN", frame.service->name, frame.variant,
                    (long long)(now_s() - frame.start_s), process_threads(), process_descriptors());
    if (frame.upstream_port)
        response_printf(response, "\"upstream\":{\"status\":\"%s\"}", up ? "UP" : "DOWN");
    response_printf(response, "}}\n");
}

static void freememory(const struct request *request, struct response *response)
{
    long before = process_rss_bytes(), after;
    int trimmed;

    (void)request;
    if (frame.service->release)
        frame.service->release();
    trimmed = malloc_trim(0);
    after = process_rss_bytes();
    response_printf(response,
                    "{\"released_bytes\":%ld,\"rss_before_bytes\":%ld,\"rss_after_bytes\":%ld,"
                    "\"heap_trimmed\":%s}\n",
                    before - after, before, after, trimmed ? "true" : "false");
}

/* May this request see profiles? If not, it is answered. */
static bool debug_allowed(const struct request *request, struct response *response)
{
    enum debug_answer answer = debug_door_ask(request->connection);

    if (answer == DEBUG_HIDDEN)
        response_fail(response, 404,
                      "profiles tell strangers about this service: they are off, or not for you; "
                      "start it with --debug or LEAKCAGE_DEBUG=1 and ask on its own machine");
    else if (answer == DEBUG_UNAUTHORIZED)
        response_fail(response, 401,
                      "profiles want the token that this service has told on stderr, or "
                      "LEAKCAGE_DEBUG_TOKEN: Authorization: Bearer TOKEN, or ?token=TOKEN");
    return answer == DEBUG_WELCOME;
}

static const struct route common_routes[] = {
    {"GET", "/healthz", healthz},
    {"GET", "/freememory", freememory},
    {"POST", "/freememory", freememory},
    {"GET", "/debug/heap", debug_heap},
    {"GET", "/debug/threads", debug_threads},
    {"GET", "/debug/sockets", debug_sockets},
};

enum { COMMON_ROUTES = sizeof common_routes / sizeof common_routes[0] };

/* All routes in order, the service's own first; NULL after the last. */
static const struct route *route_at(size_t i)
{
    size_t own = 0;

    while (own < SERVICE_ROUTES_MAX && frame.service->routes[own].method)
        own++;
    if (i < own)
        return &frame.service->routes[i];
    return i - own < COMMON_ROUTES ? &common_routes[i - own] : NULL;
}

static void no_route(struct response *response)
{
    const struct route *route;

    response->status = 404;
    response_printf(response, "{\"error\":\"no such route\",\"routes\":[");
    for (size_t i = 0; (route = route_at(i)); i++)
        response_printf(response, "%s\"%s %s\"", i ? "," : "", route->method, route->path);
    response_printf(response, "]}\n");
}

static void dispatch(const struct request *request, struct response *response)
{
    const struct route *route;
    size_t i = 0;

    while ((route = route_at(i)) &&
           (strcmp(route->method, request->method) != 0 || strcmp(route->path, request->path) != 0))
        i++;
    if (strncmp(request->path, "/debug/", 7) == 0 && !debug_allowed(request, response))
        return;
    if (route)
        route->handler(request, response);
    else
        no_route(response);
}

/* The text is copied: the handler's answer lives on this thread's stack, and the client may be
 * slow to take it. The copy is freed with the response. */
static enum MHD_Result send_response(struct MHD_Connection *connection, struct response *response)
{
    struct MHD_Response *reply =
        response->owned ? MHD_create_response_from_buffer(response->used, response->owned,
                                                          MHD_RESPMEM_MUST_FREE)
                        : MHD_create_response_from_buffer(response->used, response->text,
                                                          MHD_RESPMEM_MUST_COPY);
    enum MHD_Result result;

    if (!reply) {
        free(response->owned);
        return MHD_NO;
    }
    MHD_add_response_header(reply, MHD_HTTP_HEADER_CONTENT_TYPE, response->type);
    if (response->status == MHD_HTTP_UNAUTHORIZED)
        MHD_add_response_header(reply, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
    result = MHD_queue_response(connection, response->status, reply);
    MHD_destroy_response(reply);
    return result;
}

static enum MHD_Result receive(struct upload **upload, const char *bytes, size_t count)
{
    if (!*upload)
        *upload = calloc(1, sizeof **upload);
    if (!*upload)
        return MHD_NO;
    if (count > sizeof(*upload)->bytes - (*upload)->used) {
        (*upload)->too_long = true;
        return MHD_YES;
    }
    memcpy((*upload)->bytes + (*upload)->used, bytes, count);
    (*upload)->used += count;
    return MHD_YES;
}

/* What a request keeps between libmicrohttpd's calls: NULL before its head is complete, then
 * `no_upload` until body bytes arrive, then its upload. */
static char no_upload;

/* libmicrohttpd calls this once for the head, then for pieces of the body, then at the end. */
/* NOLINTNEXTLINE(readability-function-size): its parameters are libmicrohttpd's */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
                                  const char *path, const char *method, const char *version,
                                  const char *bytes, size_t *count, void **state)
{
    struct response response;
    struct upload *upload = *state == &no_upload ? NULL : *state;
    struct request request = {.method = method, .path = path, .connection = connection};

    (void)context;
    (void)version;
    if (!*state) {
        *state = &no_upload;
        return MHD_YES;
    }
    if (*count) {
        enum MHD_Result result = receive(&upload, bytes, *count);

        *count = 0;
        if (upload)
            *state = upload;
        return result;
    }
    response.status = 200;
    response.type = "application/json";
    response.used = 0;
    response.owned = NULL;
    if (upload) {
        request.body = upload->bytes;
        request.body_bytes = upload->used;
    }
    if (upload && upload->too_long)
        response_fail(&response, 413, "the body is too long");
    else
        dispatch(&request, &response);
    return send_response(connection, &response);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode code)
{
    (void)context;
    (void)connection;
    (void)code;
    if (*state != &no_upload)
        free(*state);
    *state = NULL;
}

static struct MHD_Daemon *start_server(void)
{
    const struct service *service = frame.service;
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(frame.port),
        .sin_addr = frame.listen,
    };
    unsigned threads = service->threads ? service->threads : POOL_THREADS;
    unsigned flags = MHD_USE_ERROR_LOG;

    if (service->thread_per_connection) {
        flags |= MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL_INTERNAL_THREAD;
        threads = 0;
    } else {
        flags |= MHD_USE_EPOLL_INTERNAL_THREAD;
    }
    return MHD_start_daemon(flags, frame.port, NULL, NULL, on_request, NULL, MHD_OPTION_SOCK_ADDR,
                            (struct sockaddr *)&address, MHD_OPTION_THREAD_POOL_SIZE, threads,
                            MHD_OPTION_THREAD_STACK_SIZE, (size_t)STACK_BYTES,
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
                            MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
                            MHD_OPTION_LISTEN_BACKLOG_SIZE, (unsigned)BACKLOG,
                            MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_END);
}

static void print_truth(void)
{
    const struct truth *truth = frame.service->truths;

    for (size_t i = 0; i < SERVICE_TRUTHS_MAX && truth[i].variant; i++) {
        printf("%s\t%s\t%s\t%s\t", truth[i].variant, truth[i].verdict ? truth[i].verdict : "-",
               truth[i].cause ? truth[i].cause : "-", truth[i].path);
        if (truth[i].high_bytes)
            printf("%ld\t%ld\t", truth[i].low_bytes, truth[i].high_bytes);
        else
            printf("-\t-\t");
        printf("%s\n", truth[i].function ? truth[i].function : "-");
    }
}

static int check_variant(void)
{
    const struct truth *truth = frame.service->truths;

    for (size_t i = 0; i < SERVICE_TRUTHS_MAX && truth[i].variant; i++)
        if (strcmp(truth[i].variant, frame.variant) == 0)
            return 0;
    fprintf(stderr, "%s: no variant \"%s\"; there are:", frame.service->name, frame.variant);
    for (size_t i = 0; i < SERVICE_TRUTHS_MAX && truth[i].variant; i++)
        fprintf(stderr, " %s", truth[i].variant);
    fprintf(stderr, "\n");
    return -1;
}

static int read_port(const char *what, const char *text, uint16_t *ret)
{
    if (process_parse_port(text, ret) == 0)
        return 0;
    fprintf(stderr, "%s: %s is \"%s\", not a port\n", frame.service->name, what, text);
    return -1;
}

static int read_environment(void)
{
    const char *port = getenv("PORT"), *upstream = getenv("UPSTREAM_PORT");
    const char *debug = getenv("LEAKCAGE_DEBUG"), *address = getenv("LISTEN");

    if (debug && strcmp(debug, "1") == 0)
        frame.debug = true;
    if (port && read_port("PORT", port, &frame.port) < 0)
        return -1;
    if (address && inet_pton(AF_INET, address, &frame.listen) != 1) {
        fprintf(stderr, "%s: LISTEN is \"%s\", not an IPv4 address such as 0.0.0.0\n",
                frame.service->name, address);
        return -1;
    }
    if (!frame.service->needs_upstream || frame.print_truth)
        return 0;
    if (!upstream) {
        fprintf(stderr, "%s: set UPSTREAM_PORT to the port of a running upstream\n",
                frame.service->name);
        return -1;
    }
    return read_port("UPSTREAM_PORT", upstream, &frame.upstream_port);
}

static int usage(void)
{
    fprintf(stderr, "usage: %s [--variant NAME] [--port N] [--debug] [--truth]\n",
            frame.service->name);
    return -1;
}

static int read_arguments(int argc, char **argv)
{
    static const struct option options[] = {
        {"variant", required_argument, NULL, 'v'},
        {"port", required_argument, NULL, 'p'},
        {"debug", no_argument, NULL, 'd'},
        {"truth", no_argument, NULL, 't'},
        {NULL, 0, NULL, 0},
    };
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'v')
            frame.variant = optarg;
        else if (option == 'p' && read_port("--port", optarg, &frame.port) == 0)
            continue;
        else if (option == 'd')
            frame.debug = true;
        else if (option == 't')
            frame.print_truth = true;
        else
            return usage();
    }
    return optind == argc ? check_variant() : usage();
}

/* Signals are blocked in all threads and taken here, so that nothing runs in a handler. */
static int serve(void)
{
    sigset_t stop_signals;
    struct MHD_Daemon *server;
    char address[INET_ADDRSTRLEN] = "";
    int signal_number;

    sigemptyset(&stop_signals);
    sigaddset(&stop_signals, SIGTERM);
    sigaddset(&stop_signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &stop_signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    process_raise_descriptor_limit();
    frame.start_s = now_s();
    if (frame.debug && debug_door_open(frame.service->name, getenv("LEAKCAGE_DEBUG_TOKEN")) < 0)
        return EXIT_USAGE;
    if (frame.service->init && frame.service->init(frame.variant) < 0)
        return EXIT_FAILURE;
    inet_ntop(AF_INET, &frame.listen, address, sizeof address);
    server = start_server();
    if (!server) {
        fprintf(stderr, "%s: cannot listen on %s:%u\n", frame.service->name, address, frame.port);
        return EXIT_FAILURE;
    }
    frame.port = MHD_get_daemon_info(server, MHD_DAEMON_INFO_BIND_PORT)->port;
    fprintf(stderr, "%s listening on %s:%u, variant %s\n", frame.service->name, address, frame.port,
            frame.variant);
    sigwait(&stop_signals, &signal_number);
    MHD_stop_daemon(server);
    return EXIT_SUCCESS;
}

int service_main(const struct service *service, int argc, char **argv)
{
    frame.service = service;
    frame.variant = "default";
    frame.port = 8080;
    frame.listen.s_addr = htonl(INADDR_LOOPBACK);
    if (read_arguments(argc, argv) < 0 || read_environment() < 0)
        return EXIT_USAGE;
    if (frame.print_truth) {
        print_truth();
        return EXIT_SUCCESS;
    }
    return serve();
}
