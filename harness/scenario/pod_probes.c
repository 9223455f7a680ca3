/* The ports and probes of a container: where it answers, and when it is ready. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/units.h"
#include "scenario/fields.h"
#include "scenario/pod_reader.h"

/* Kubernetes' own defaults. */
#define PROBE_PERIOD_S    10
#define PROBE_FAILURES    3
#define PROBE_SECONDS_MAX 86400
#define PORT_MAX          65535
/* No service that is emulated should fail for want of time that the author reckoned for another. */
#define READY_TIMEOUT_MIN_NS (30 * NSEC_PER_SEC)
#define READY_TIMEOUT_MAX_NS (3600 * NSEC_PER_SEC)

static const struct pod_field port_fields[] = {
    {"containerPort", NULL},
    {"name", NULL},
    {"protocol", NULL},
    {"hostPort", "the service is asked at its own port"},
    {"hostIP", "the service is asked at its own port"},
    {NULL, NULL},
};

static const char checked_once[] = "one good answer makes it ready";

static const struct pod_field probe_fields[] = {
    {"httpGet", NULL},
    {"tcpSocket", NULL},
    {"exec", NULL},
    {"grpc", NULL},
    {"initialDelaySeconds", NULL},
    {"periodSeconds", NULL},
    {"failureThreshold", NULL},
    {"successThreshold", checked_once},
    {"timeoutSeconds", "every try has a second"},
    {"terminationGracePeriodSeconds", "leakcage stops the service itself"},
    {NULL, NULL},
};

static const struct pod_field http_fields[] = {
    {"path", NULL},
    {"port", NULL},
    {"scheme", NULL},
    {"host", "the service is asked at 127.0.0.1"},
    {"httpHeaders", "the request has none of its own"},
    {NULL, NULL},
};

static const struct pod_field tcp_fields[] = {
    {"port", NULL},
    {"host", "the service is asked at 127.0.0.1"},
    {NULL, NULL},
};

enum probe_kind { PROBE_NONE, PROBE_HTTP, PROBE_TCP };

/* A probe that can be done here; NONE when there is none. */
struct pod_probe {
    enum probe_kind kind;
    const char *path; /* HTTP */
    uint64_t port;    /* 0: none was said */
    nsec_t period_ns;
    nsec_t patience_ns; /* until Kubernetes gives up */
};

/* The port of that name, 0 when there is none. */
static uint64_t pod_named_port(const struct yaml_node *ports, const char *name)
{
    const struct yaml_node *port = ports != NULL ? ports->first : NULL;
    for (; port != NULL; port = port->next) {
        const struct yaml_node *its_name = yaml_member(port, "name");
        uint64_t number = 0;
        if (its_name != NULL && its_name->kind == YAML_SCALAR && strcmp(its_name->text, name) == 0)
            return pod_count(port, "containerPort", PORT_MAX, &number, NULL) < 0 ? 0 : number;
    }
    return 0;
}

/* A number, or the name of a port of the container. */
static int pod_read_probe_port(struct pod_reader *reader, const struct yaml_node *action,
                               uint64_t *ret, struct error *err)
{
    const struct yaml_node *node = yaml_member(action, "port");
    if (node == NULL)
        return yaml_error(action, err, "found no port, expected one such as 8080");
    if (!yaml_is_text(node))
        return pod_count(action, "port", PORT_MAX, ret, err);
    *ret = pod_named_port(yaml_member(reader->container, "ports"), node->text);
    return *ret != 0
               ? 0
               : yaml_error_expected(node, err, "a number, or the name of a port of the container");
}

static int pod_read_http(struct pod_reader *reader, const struct yaml_node *action,
                         struct pod_probe *ret, struct error *err)
{
    const char *path = NULL;
    const char *scheme = NULL;
    if (pod_check_fields(reader, action, http_fields, err) < 0 ||
        pod_text(action, "path", &path, err) < 0 || pod_text(action, "scheme", &scheme, err) < 0 ||
        pod_read_probe_port(reader, action, &ret->port, err) < 0)
        return -1;
    path = path != NULL ? path : "/";
    ret->path = path[0] == '/' ? path : arena_printf(reader->scenario->arena, "/%s", path);
    if (ret->path == NULL)
        return error_out_of_memory(err);
    const char *fault = url_path_fault(ret->path);
    if (fault != NULL)
        return yaml_error_expected(yaml_member(action, "path"), err, "%s", fault);
    ret->kind = PROBE_HTTP;
    if (scheme != NULL && strcasecmp(scheme, "HTTP") != 0) {
        pod_note(reader, yaml_member(action, "scheme"),
                 "is ignored: leakcage speaks HTTP without TLS; the port is tried instead");
        ret->kind = PROBE_TCP;
    }
    return 0;
}

static int pod_read_times(const struct yaml_node *probe, struct pod_probe *ret, struct error *err)
{
    uint64_t delay_s = 0;
    uint64_t period_s = PROBE_PERIOD_S;
    uint64_t failures = PROBE_FAILURES;
    if (pod_count(probe, "initialDelaySeconds", PROBE_SECONDS_MAX, &delay_s, err) < 0 ||
        pod_count(probe, "periodSeconds", PROBE_SECONDS_MAX, &period_s, err) < 0 ||
        pod_count(probe, "failureThreshold", PROBE_SECONDS_MAX, &failures, err) < 0)
        return -1;
    period_s = period_s > 0 ? period_s : PROBE_PERIOD_S;
    failures = failures > 0 ? failures : PROBE_FAILURES;
    ret->period_ns = (nsec_t)period_s * NSEC_PER_SEC;
    ret->patience_ns = (nsec_t)(delay_s + period_s * failures) * NSEC_PER_SEC;
    return 0;
}

static int pod_read_probe(struct pod_reader *reader, const char *key, struct pod_probe *ret,
                          struct error *err)
{
    static const char *const others[] = {"exec", "grpc", NULL};
    const struct yaml_node *probe = NULL;
    const struct yaml_node *http = NULL;
    const struct yaml_node *tcp = NULL;
    *ret = (struct pod_probe){.kind = PROBE_NONE};
    if (pod_mapping(reader->container, key, &probe, err) < 0)
        return -1;
    if (probe == NULL)
        return 0;
    if (pod_check_fields(reader, probe, probe_fields, err) < 0 ||
        pod_mapping(probe, "httpGet", &http, err) < 0 ||
        pod_mapping(probe, "tcpSocket", &tcp, err) < 0 || pod_read_times(probe, ret, err) < 0)
        return -1;
    for (const char *const *other = others; *other != NULL; other++)
        if (yaml_member(probe, *other) != NULL)
            pod_note(reader, yaml_member(probe, *other),
                     "is ignored: leakcage can try httpGet and tcpSocket");
    if (http != NULL)
        return pod_read_http(reader, http, ret, err);
    if (tcp == NULL)
        return 0;
    ret->kind = PROBE_TCP;
    if (pod_check_fields(reader, tcp, tcp_fields, err) < 0)
        return -1;
    return pod_read_probe_port(reader, tcp, &ret->port, err);
}

/* The first port that speaks TCP. */
static int pod_read_ports(struct pod_reader *reader, struct error *err)
{
    const struct yaml_node *ports = NULL;
    uint16_t *port = &reader->scenario->settings.service.port;
    if (pod_list(reader->container, "ports", &ports, err) < 0)
        return -1;
    const struct yaml_node *node = ports != NULL ? ports->first : NULL;
    for (; node != NULL; node = node->next) {
        uint64_t number = 0;
        const char *protocol = NULL;
        if (node->kind != YAML_MAPPING)
            return yaml_error_expected(node, err, "a port such as {containerPort: 8080}");
        if (pod_check_fields(reader, node, port_fields, err) < 0 ||
            pod_count(node, "containerPort", PORT_MAX, &number, err) < 0 ||
            pod_text(node, "protocol", &protocol, err) < 0)
            return -1;
        if (number == 0)
            return yaml_error(node, err, "found no containerPort, expected one such as 8080");
        if (protocol != NULL && strcmp(protocol, "TCP") != 0)
            pod_note(reader, node, "is ignored: leakcage asks over TCP");
        else if (*port != 0)
            pod_note(reader, node, "is ignored: requests go to port %u (--port N for another)",
                     *port);
        else
            *port = (uint16_t)number;
    }
    return 0;
}

/* Where a probe asks another port than requests go to, the path is that of another server. */
static void pod_check_probe_port(struct pod_reader *reader, const char *key,
                                 struct pod_probe *probe)
{
    uint16_t *port = &reader->scenario->settings.service.port;
    if (probe->kind == PROBE_NONE || probe->port == 0)
        return;
    if (*port == 0)
        *port = (uint16_t)probe->port;
    if (probe->port == *port)
        return;
    pod_note(reader, yaml_member(reader->container, key),
             "is ignored: it asks port %u, and requests go to port %u (--port N for another)",
             (unsigned)probe->port, *port);
    probe->kind = PROBE_NONE;
}

static void pod_set_ready(struct pod_reader *reader, const struct pod_probe *startup,
                          const struct pod_probe *readiness)
{
    struct program *service = &reader->scenario->settings.service;
    const struct pod_probe *probe = readiness->kind != PROBE_NONE ? readiness : startup;
    if (probe->kind == PROBE_NONE)
        return;
    service->ready = probe->kind == PROBE_HTTP ? probe->path : "tcp";
    nsec_t patience_ns = readiness->patience_ns;
    if (startup->kind != PROBE_NONE)
        patience_ns += startup->patience_ns;
    if (patience_ns < READY_TIMEOUT_MIN_NS)
        patience_ns = READY_TIMEOUT_MIN_NS;
    service->ready_timeout_ns =
        patience_ns < READY_TIMEOUT_MAX_NS ? patience_ns : READY_TIMEOUT_MAX_NS;
}

/* Health checks come while the load runs, as they do in a cluster. */
static void pod_set_liveness(struct pod_reader *reader, const struct pod_probe *liveness)
{
    struct load_profile *load = &reader->scenario->settings.load;
    if (liveness->kind == PROBE_TCP)
        pod_note(reader, yaml_member(reader->container, "livenessProbe"),
                 "is ignored: leakcage does not connect without a request");
    if (liveness->kind != PROBE_HTTP)
        return;
    load->timers[load->n_timers++] = (struct request_kind){
        .method = "GET",
        .path = liveness->path,
        .weight = 1,
        .every_ns = liveness->period_ns,
    };
}

int pod_read_probes(struct pod_reader *reader, struct error *err)
{
    struct pod_probe startup;
    struct pod_probe readiness;
    struct pod_probe liveness;
    if (pod_read_ports(reader, err) < 0 ||
        pod_read_probe(reader, "readinessProbe", &readiness, err) < 0 ||
        pod_read_probe(reader, "startupProbe", &startup, err) < 0 ||
        pod_read_probe(reader, "livenessProbe", &liveness, err) < 0)
        return -1;
    pod_check_probe_port(reader, "readinessProbe", &readiness);
    pod_check_probe_port(reader, "startupProbe", &startup);
    pod_check_probe_port(reader, "livenessProbe", &liveness);
    pod_set_ready(reader, &startup, &readiness);
    pod_set_liveness(reader, &liveness);
    return 0;
}
