#include "driver/attach.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "driver/attach_target.h"
#include "driver/container_target.h"
#include "driver/last_reading.h"
#include "driver/watch.h"

/* A container's counters go with its cgroup, soon after its end. */
struct attach_end {
    int pidfd;
    struct last_reading *last;
};

struct instance {
    struct watch *watch; /* owned */
    struct watch_point point;
    uint16_t service_port; /* of sockets in its own network namespace; 0: not known */
    uint64_t limit_bytes;
    struct container_target *container; /* owned; NULL: it is none */
    struct attach_end *end;             /* owned; of a container with a cgroup */
    bool asked_engine;                  /* after the end */
    struct engine_state engine;
};

static int attach_probe(const struct driver_options *options, struct error *why)
{
    (void)options;
    (void)why;
    return 0;
}

static void attach_end_free(struct attach_end *end)
{
    if (end == NULL)
        return;
    last_reading_free(end->last);
    closep(&end->pidfd);
    free(end);
}

static void attach_end_freep(struct attach_end **end)
{
    attach_end_free(*end);
}

static int attach_end_new(const struct watch_point *point, struct attach_end **ret,
                          struct error *err)
{
    CLEANUP(attach_end_freep) struct attach_end *end = calloc(1, sizeof(*end));
    CLEANUP(closep) int dir_fd = open(point->cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (end == NULL)
        return error_out_of_memory(err);
    end->pidfd = (int)syscall(SYS_pidfd_open, point->pid, 0);
    if (end->pidfd < 0 || dir_fd < 0)
        return error_set(err, ERROR_SERVICE, "%s has just ended", point->what);
    if (last_reading_start(dir_fd, end->pidfd, &end->last, err) < 0)
        return -1;
    *ret = take_ptr(&end);
    return 0;
}

static void attach_destroy(struct instance *instance)
{
    if (instance == NULL)
        return;
    attach_end_free(instance->end);
    watch_free(instance->watch);
    free(instance->container);
    free(instance);
}

static void attach_destroyp(struct instance **instance)
{
    attach_destroy(*instance);
}

/* "8080, 8081". */
static void attach_list_ports(const struct listeners *listeners, char *text, size_t size)
{
    size_t length = 0;
    text[0] = '\0';
    for (unsigned i = 0; i < listeners->n && length < size; i++)
        length += (size_t)snprintf(text + length, size - length, "%s%u", i > 0 ? ", " : "",
                                   listeners->items[i].port);
}

static const struct listener *attach_listener(const struct listeners *listeners, uint16_t port)
{
    for (unsigned i = 0; i < listeners->n; i++)
        if (port == 0 || listeners->items[i].port == port)
            return &listeners->items[i];
    return NULL;
}

/* Does somebody listen on this port of 127.0.0.1? */
static bool attach_answers(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(port),
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    CLEANUP(closep) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
}

/* The address by which we reach one who listens there. */
static const char *attach_host(const struct listener *listener)
{
    if (listener == NULL || strcmp(listener->host, "0.0.0.0") == 0)
        return "127.0.0.1";
    if (strcmp(listener->host, "[::]") == 0)
        return attach_answers(listener->port) ? "127.0.0.1" : "[::1]";
    return listener->host;
}

static int attach_no_port(const struct listeners *listeners, const struct watch_point *point,
                          struct error *err)
{
    char ports[160];
    if (listeners->n == 0)
        return error_set(err, ERROR_ENVIRONMENT,
                         "%s listens on no TCP port: --port says where it answers HTTP",
                         point->what);
    attach_list_ports(listeners, ports, sizeof(ports));
    return error_set(err, ERROR_USAGE, "%s listens on several ports (%s): --port says which",
                     point->what, ports);
}

/* Where to send the load. */
static int attach_find_endpoint(const struct settings *settings, struct instance *instance,
                                struct error *err)
{
    struct watch_point *point = &instance->point;
    struct listeners listeners;
    uint16_t port = settings->service.port;
    if (point->endpoint[0] != '\0')
        return 0;
    if (watch_listeners(instance->watch, &listeners, err) < 0)
        return -1;
    bool shared = watch_shares_network(instance->watch);
    if (port == 0 && settings->load.command != NULL && (!shared || listeners.n != 1))
        return 0; /* the load knows where to go */
    if (port == 0 && !shared)
        return error_set(err, ERROR_ENVIRONMENT,
                         "%s has a network of its own: --port says on which port of 127.0.0.1 it "
                         "is published; or run leakcage in that network (nsenter -t PID -n "
                         "leakcage …)",
                         point->what);
    if (port == 0 && listeners.n != 1)
        return attach_no_port(&listeners, point, err);
    const struct listener *listener = shared ? attach_listener(&listeners, port) : NULL;
    if (port == 0)
        port = listener->port;
    if (shared)
        instance->service_port = port;
    snprintf(point->endpoint, sizeof(point->endpoint), "http://%s:%u", attach_host(listener), port);
    return 0;
}

/* Find what is named: a container through its engine, all else here. */
static int attach_find(const struct settings *settings, struct instance *instance,
                       struct error *err)
{
    if (!container_target_is_meant(settings->attach))
        return attach_target_find(settings->attach, &instance->point, err);
    instance->container = calloc(1, sizeof(*instance->container));
    if (instance->container == NULL)
        return error_out_of_memory(err);
    if (container_target_find(settings->attach, settings->service.port, instance->container,
                              &instance->point, err) < 0)
        return -1;
    return instance->point.cgroup[0] == '\0'
               ? 0
               : attach_end_new(&instance->point, &instance->end, err);
}

static int attach_start(const struct driver_options *options, const struct run_spec *spec,
                        const struct run_files *files, struct instance **ret, struct error *err)
{
    (void)options;
    (void)files;
    CLEANUP(attach_destroyp) struct instance *instance = calloc(1, sizeof(*instance));
    if (instance == NULL)
        return error_out_of_memory(err);
    if (attach_find(&spec->settings, instance, err) < 0 ||
        watch_open(&instance->point, &instance->watch, err) < 0 ||
        watch_limit(instance->watch, &instance->limit_bytes, err) < 0 ||
        attach_find_endpoint(&spec->settings, instance, err) < 0)
        return error_prefix(err, "cannot attach to %.100s", spec->settings.attach);
    *ret = take_ptr(&instance);
    return 0;
}

static const char *attach_endpoint(const struct instance *instance, unsigned index)
{
    return index == 0 && instance->point.endpoint[0] != '\0' ? instance->point.endpoint : NULL;
}

static const char *attach_cgroup_dir(const struct instance *instance)
{
    return instance->point.cgroup[0] != '\0' ? instance->point.cgroup : NULL;
}

static void attach_describe(const struct instance *instance, struct instance_facts *ret)
{
    snprintf(ret->target, sizeof(ret->target), "%s", instance->point.what);
    snprintf(ret->unseen, sizeof(ret->unseen), "%s", instance->point.unseen);
    ret->limit_bytes = instance->limit_bytes;
    ret->comes_back = instance->container != NULL && instance->container->facts.restarts_by_itself;
}

static int attach_state(struct instance *instance, struct instance_state *ret, struct error *err)
{
    struct instance_state state;
    if (watch_state(instance->watch, &state, err) < 0)
        return -1;
    if (instance->container != NULL && !state.alive && !instance->asked_engine) {
        if (container_target_hear(instance->container, &instance->engine, err) < 0)
            return -1;
        instance->asked_engine = true;
    }
    state.engine = instance->engine;
    if (instance->container != NULL && state.alive)
        state.engine = (struct engine_state){.present = true, .running = true};
    *ret = state;
    return 0;
}

static int attach_read(struct instance *instance, bool full, struct memory_sample *ret,
                       struct error *err)
{
    if (instance->end != NULL && last_reading_is_over(instance->end->last))
        return last_reading_get(instance->end->last, ret);
    return watch_read(instance->watch, full, ret, err);
}

static int attach_survey(struct instance *instance, struct survey *ret, struct error *err)
{
    return watch_survey(instance->watch, instance->service_port, ret, err);
}

static int attach_inspect(struct instance *instance, uint64_t limit_bytes,
                          struct runtime_survey *ret, struct error *err)
{
    return watch_inspect(instance->watch, instance->service_port, limit_bytes, ret, err);
}

static int attach_reclaim(struct instance *instance, nsec_t deadline_ns, int64_t *ret_bytes,
                          struct error *err)
{
    (void)instance;
    (void)deadline_ns;
    (void)ret_bytes;
    (void)err;
    return 1;
}

static int attach_squeeze(struct instance *instance, uint64_t bytes, nsec_t deadline_ns,
                          struct squeeze_result *ret, struct error *err)
{
    (void)instance;
    (void)bytes;
    (void)deadline_ns;
    (void)ret;
    (void)err;
    return 1;
}

static int attach_stop(struct instance *instance, nsec_t deadline_ns, struct instance_state *ret,
                       struct error *err)
{
    (void)deadline_ns;
    return attach_state(instance, ret, err);
}

int attach_name(const char *text, char *name, size_t size, struct error *err)
{
    struct watch_point point = {.pid = 0};
    const char *engine = NULL;
    if (container_target_is_meant(text))
        snprintf(name, size, "%s", container_engine_split(text, &engine));
    else if (attach_target_find(text, &point, err) < 0)
        return error_prefix(err, "cannot attach to %.100s", text);
    else
        snprintf(name, size, "%s", point.name);
    return 0;
}

const struct driver attach_driver = {
    .name = "attach",
    .probe = attach_probe,
    .start = attach_start,
    .endpoint = attach_endpoint,
    .cgroup_dir = attach_cgroup_dir,
    .describe = attach_describe,
    .state = attach_state,
    .read = attach_read,
    .survey = attach_survey,
    .inspect = attach_inspect,
    .reclaim = attach_reclaim,
    .squeeze = attach_squeeze,
    .stop = attach_stop,
    .destroy = attach_destroy,
};
