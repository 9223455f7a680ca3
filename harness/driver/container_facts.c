#include "driver/container_facts.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/units.h"

#define FACTS_EXIT_CODE_MAX 255

/* The value below `place` along these keys (NULL-terminated); false when one of them is missing or
 * the value is null. */
static bool facts_find(const struct json_place *place, const char *const *keys,
                       struct json_place *ret)
{
    struct json_place at = *place;
    for (; *keys != NULL; keys++) {
        struct json_place next;
        if (!json_is_object(&at) || !json_member(&at, *keys, &next))
            return false;
        at = next;
    }
    if (json_is_null(&at))
        return false;
    *ret = at;
    return true;
}

#define FACTS_KEYS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* Optional values: what is missing leaves *ret alone, what is of another type is an error. */
static int facts_text(const struct json_place *place, const char *const *keys, char *ret,
                      size_t size, struct error *err)
{
    struct json_place found;
    const char *text = NULL;
    if (!facts_find(place, keys, &found))
        return 0;
    if (json_string(&found, &text, err) < 0)
        return -1;
    snprintf(ret, size, "%s", text);
    return 0;
}

static int facts_count(const struct json_place *place, const char *const *keys, uint64_t maximum,
                       uint64_t *ret, struct error *err)
{
    struct json_place found;
    if (!facts_find(place, keys, &found))
        return 0;
    return json_count(&found, 0, maximum, ret, err);
}

static int facts_bool(const struct json_place *place, const char *const *keys, bool *ret,
                      struct error *err)
{
    struct json_place found;
    if (!facts_find(place, keys, &found))
        return 0;
    return json_bool(&found, ret, err);
}

/* "8080/tcp"; 0 for another protocol, or what is no port. */
static uint16_t facts_port(const char *text)
{
    char number[8];
    size_t length = strcspn(text, "/");
    uint64_t port = 0;
    if (length >= sizeof(number) || (text[length] == '/' && strcmp(text + length, "/tcp") != 0))
        return 0;
    snprintf(number, sizeof(number), "%.*s", (int)length, text);
    return units_parse_count(number, 1, UINT16_MAX, &port, NULL) == 0 ? (uint16_t)port : 0;
}

static struct container_port *facts_add_port(struct container_facts *facts, uint16_t inside)
{
    for (unsigned i = 0; i < facts->n_ports; i++)
        if (facts->ports[i].inside == inside)
            return &facts->ports[i];
    if (inside == 0 || facts->n_ports == CONTAINER_PORTS_MAX)
        return NULL;
    facts->ports[facts->n_ports] = (struct container_port){.inside = inside};
    return &facts->ports[facts->n_ports++];
}

/* {"8080/tcp": {}} */
static void facts_exposed(const struct json_place *config, struct container_facts *facts)
{
    struct json_place list;
    struct json_place entry;
    if (!facts_find(config, FACTS_KEYS("ExposedPorts"), &list) || !json_is_object(&list))
        return;
    for (bool more = json_first(&list, &entry); more; more = json_next(&list, &entry))
        (void)facts_add_port(facts, facts_port(json_key(&entry)));
}

/* {"8080/tcp": [{"HostIp": "127.0.0.1", "HostPort": "18080"}], "9000/tcp": null} */
static int facts_published(const struct json_place *list, struct container_facts *facts,
                           struct error *err)
{
    struct json_place entry;
    for (bool more = json_first(list, &entry); more; more = json_next(list, &entry)) {
        struct json_place binding;
        struct container_port *port = facts_add_port(facts, facts_port(json_key(&entry)));
        if (port == NULL || !json_is_array(&entry) || !json_first(&entry, &binding))
            continue;
        char host[16] = "";
        if (facts_text(&binding, FACTS_KEYS("HostIp"), port->host_ip, sizeof(port->host_ip), err) <
                0 ||
            facts_text(&binding, FACTS_KEYS("HostPort"), host, sizeof(host), err) < 0)
            return -1;
        port->host = facts_port(host);
    }
    return 0;
}

/* PORT of its environment. */
static void facts_env_port(const struct json_place *config, struct container_facts *facts)
{
    struct json_place list;
    struct json_place entry;
    const char *text = NULL;
    if (!facts_find(config, FACTS_KEYS("Env"), &list) || !json_is_array(&list))
        return;
    for (bool more = json_first(&list, &entry); more; more = json_next(&list, &entry))
        if (json_is_string(&entry) && json_string(&entry, &text, NULL) == 0 &&
            strncmp(text, "PORT=", strlen("PORT=")) == 0)
            facts->env_port = facts_port(text + strlen("PORT="));
}

/* The one element of the array that inspect prints. */
static int facts_open(const char *name, const char *text, size_t length, struct json_document **ret,
                      struct json_place *ret_one, struct error *err)
{
    if (json_load_text(name, text, length, ret, err) < 0)
        return -1;
    struct json_place root = json_root(*ret);
    if (!json_is_array(&root) || json_length(&root) != 1 || !json_first(&root, ret_one))
        return json_error_expected(&root, err, "an array of one");
    return json_expect_object(ret_one, err);
}

static int facts_state(const struct json_place *one, struct container_facts *facts,
                       struct error *err)
{
    struct json_place state;
    uint64_t pid = 0;
    uint64_t exit_code = UINT64_MAX;
    uint64_t restarts = 0;
    char status[32] = "";
    if (!facts_find(one, FACTS_KEYS("State"), &state))
        return json_error(one, err, "has no \"State\"");
    if (facts_count(&state, FACTS_KEYS("Pid"), INT32_MAX, &pid, err) < 0 ||
        facts_bool(&state, FACTS_KEYS("Running"), &facts->engine.running, err) < 0 ||
        facts_bool(&state, FACTS_KEYS("Restarting"), &facts->restarting, err) < 0 ||
        facts_bool(&state, FACTS_KEYS("OOMKilled"), &facts->engine.oom_killed, err) < 0 ||
        facts_text(&state, FACTS_KEYS("Status"), status, sizeof(status), err) < 0 ||
        facts_count(&state, FACTS_KEYS("ExitCode"), FACTS_EXIT_CODE_MAX, &exit_code, err) < 0 ||
        facts_count(one, FACTS_KEYS("RestartCount"), UINT32_MAX, &restarts, err) < 0)
        return -1;
    bool ended = strcmp(status, "exited") == 0 || strcmp(status, "stopped") == 0 ||
                 strcmp(status, "dead") == 0;
    facts->engine.present = true;
    facts->engine.restarts = (unsigned)restarts;
    /* While it runs, ExitCode is 0 and means nothing, unless it has ended before. */
    facts->engine.has_exit_code = ended && exit_code != UINT64_MAX;
    facts->engine.exit_code = facts->engine.has_exit_code ? (int)exit_code : 0;
    facts->pid = facts->engine.running ? (pid_t)pid : 0;
    return 0;
}

static int facts_config(const struct json_place *one, struct container_facts *facts,
                        struct error *err)
{
    struct json_place found;
    uint64_t limit = 0;
    char policy[32] = "";
    if (facts_count(one, FACTS_KEYS("HostConfig", "Memory"), (uint64_t)1 << 52, &limit, err) < 0 ||
        facts_text(one, FACTS_KEYS("HostConfig", "NetworkMode"), facts->network,
                   sizeof(facts->network), err) < 0 ||
        facts_text(one, FACTS_KEYS("HostConfig", "RestartPolicy", "Name"), policy, sizeof(policy),
                   err) < 0)
        return -1;
    facts->limit_bytes = limit > 0 ? limit : UINT64_MAX;
    facts->restarts_by_itself = strcmp(policy, "always") == 0 ||
                                strcmp(policy, "unless-stopped") == 0 ||
                                strcmp(policy, "on-failure") == 0;
    if (facts_find(one, FACTS_KEYS("Config"), &found)) {
        facts_exposed(&found, facts);
        facts_env_port(&found, facts);
    }
    if (facts_find(one, FACTS_KEYS("NetworkSettings", "Ports"), &found) && json_is_object(&found) &&
        facts_published(&found, facts, err) < 0)
        return -1;
    if (facts_find(one, FACTS_KEYS("HostConfig", "PortBindings"), &found) &&
        json_is_object(&found) && facts_published(&found, facts, err) < 0)
        return -1;
    return 0;
}

/* An engine's output that cannot be read is no mistake of the user's. Always -1. */
static int facts_fail(struct error *err)
{
    if (err != NULL && err->kind == ERROR_USAGE)
        err->kind = ERROR_ENVIRONMENT;
    return -1;
}

int container_facts_parse(const char *name, const char *text, size_t length,
                          struct container_facts *ret, struct error *err)
{
    CLEANUP(json_freep) struct json_document *document = NULL;
    struct json_place one;
    struct container_facts facts = {.limit_bytes = UINT64_MAX};
    char full_name[sizeof(facts.name)] = "";
    if (facts_open(name, text, length, &document, &one, err) < 0 ||
        facts_text(&one, FACTS_KEYS("Id"), facts.id, sizeof(facts.id), err) < 0 ||
        facts_text(&one, FACTS_KEYS("Name"), full_name, sizeof(full_name), err) < 0 ||
        facts_text(&one, FACTS_KEYS("Config", "Image"), facts.image, sizeof(facts.image), err) <
            0 ||
        facts_state(&one, &facts, err) < 0 || facts_config(&one, &facts, err) < 0)
        return facts_fail(err);
    snprintf(facts.name, sizeof(facts.name), "%s", full_name + (full_name[0] == '/'));
    if (facts.id[0] == '\0') {
        json_error(&one, err, "has no \"Id\"");
        return facts_fail(err);
    }
    *ret = facts;
    return 0;
}

/* "SIGTERM", "TERM", "15", or podman's number; 0 when we do not know it. */
static int image_signal(const struct json_place *config)
{
    static const struct {
        const char *name;
        int number;
    } signals[] = {{"TERM", SIGTERM}, {"INT", SIGINT},   {"QUIT", SIGQUIT}, {"HUP", SIGHUP},
                   {"KILL", SIGKILL}, {"USR1", SIGUSR1}, {"USR2", SIGUSR2}, {"WINCH", SIGWINCH}};
    struct json_place found;
    const char *text = NULL;
    uint64_t number = 0;
    if (!facts_find(config, FACTS_KEYS("StopSignal"), &found))
        return 0;
    if (json_count(&found, 1, 64, &number, NULL) == 0)
        return (int)number;
    if (json_string(&found, &text, NULL) < 0)
        return 0;
    if (units_parse_count(text, 1, 64, &number, NULL) == 0)
        return (int)number;
    if (strncmp(text, "SIG", 3) == 0)
        text += 3;
    for (size_t i = 0; i < ARRAY_LENGTH(signals); i++)
        if (strcmp(text, signals[i].name) == 0)
            return signals[i].number;
    return 0;
}

static void image_read_config(const struct json_place *config, struct image_facts *facts)
{
    struct json_place found;
    struct container_facts ports = {.n_ports = 0};
    facts_exposed(config, &ports);
    for (unsigned i = 0; i < ports.n_ports; i++)
        facts->ports[facts->n_ports++] = ports.ports[i].inside;
    facts->has_command = (facts_find(config, FACTS_KEYS("Entrypoint"), &found) &&
                          json_is_array(&found) && json_length(&found) > 0) ||
                         (facts_find(config, FACTS_KEYS("Cmd"), &found) && json_is_array(&found) &&
                          json_length(&found) > 0);
    facts->stop_signal = image_signal(config);
}

int image_facts_parse(const char *name, const char *text, size_t length, struct image_facts *ret,
                      struct error *err)
{
    CLEANUP(json_freep) struct json_document *document = NULL;
    struct json_place one;
    struct json_place config;
    struct image_facts facts = {.n_ports = 0};
    if (facts_open(name, text, length, &document, &one, err) < 0)
        return facts_fail(err);
    if (facts_find(&one, FACTS_KEYS("Config"), &config))
        image_read_config(&config, &facts);
    *ret = facts;
    return 0;
}

int image_facts_parse_config(const char *name, const char *text, size_t length,
                             struct image_facts *ret, struct error *err)
{
    CLEANUP(json_freep) struct json_document *document = NULL;
    struct json_place config;
    struct image_facts facts = {.n_ports = 0};
    if (json_load_text(name, text, length, &document, err) < 0)
        return -1;
    struct json_place root = json_root(document);
    if (json_expect_object(&root, err) < 0)
        return -1;
    if (facts_find(&root, FACTS_KEYS("config"), &config))
        image_read_config(&config, &facts);
    *ret = facts;
    return 0;
}

/* Is this the one that is meant? `host`: the container has the machine's own ports. */
static const struct container_port *facts_choose_port(const struct container_facts *facts,
                                                      uint16_t inside, bool host,
                                                      unsigned *ret_matches)
{
    const struct container_port *chosen = NULL;
    *ret_matches = 0;
    for (unsigned i = 0; i < facts->n_ports; i++) {
        const struct container_port *port = &facts->ports[i];
        if ((!host && port->host == 0) || (inside != 0 && port->inside != inside))
            continue;
        chosen = chosen != NULL ? chosen : port;
        ++*ret_matches;
    }
    return chosen;
}

int container_facts_endpoint(const struct container_facts *facts, uint16_t inside, char *text,
                             size_t size, struct error *err)
{
    bool host = strcmp(facts->network, "host") == 0;
    unsigned matches = 0;
    const struct container_port *port = facts_choose_port(facts, inside, host, &matches);
    if (host && (inside != 0 || facts->env_port != 0 || matches == 1)) {
        unsigned number = inside != 0            ? inside
                          : facts->env_port != 0 ? facts->env_port
                                                 : port->inside;
        snprintf(text, size, "http://127.0.0.1:%u", number);
        return 0;
    }
    if (matches == 1) {
        bool anywhere = port->host_ip[0] == '\0' || strcmp(port->host_ip, "0.0.0.0") == 0 ||
                        strcmp(port->host_ip, "::") == 0;
        snprintf(text, size, "http://%s:%u", anywhere ? "127.0.0.1" : port->host_ip, port->host);
        return 0;
    }
    if (matches > 1)
        return error_set(err, ERROR_USAGE,
                         "container %s has %u ports; say which is meant (--port N, the port inside "
                         "the container)",
                         facts->name, matches);
    if (host)
        return error_set(err, ERROR_USAGE,
                         "container %s is in the host's network and its image exposes no port; say "
                         "which it listens on (--port N)",
                         facts->name);
    return error_set(err, ERROR_ENVIRONMENT,
                     "container %s (network %s) publishes %s; start it with -p 127.0.0.1:8080:PORT "
                     "or with --network host",
                     facts->name, facts->network[0] != '\0' ? facts->network : "unknown",
                     inside != 0 ? "not that port" : "no port");
}
