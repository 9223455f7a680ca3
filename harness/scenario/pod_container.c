/* The container of a pod: image and words, environment, resources, user. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/units.h"
#include "scenario/pod_reader.h"
#include "scenario/quantity.h"

#define USER_ID_MAX   ((uint64_t)UINT32_MAX - 1)
#define USER_TEXT_MAX 32
/* The least that cpu.max takes. */
#define CPUS_MIN 0.01

static const char not_mounted[] =
    "nothing is mounted; LEAKCAGE_DATA names a folder for files, empty at the start";
static const char no_terminal[] = "there is no terminal";

static const struct pod_field container_fields[] = {
    {"name", NULL},
    {"image", NULL},
    {"command", NULL},
    {"args", NULL},
    {"env", NULL},
    {"envFrom", "its variables are not set; --env NAME=VALUE sets one"},
    {"workingDir", NULL},
    {"ports", NULL},
    {"resources", NULL},
    {"startupProbe", NULL},
    {"readinessProbe", NULL},
    {"livenessProbe", NULL},
    {"securityContext", NULL},
    {"imagePullPolicy", "no image is pulled"},
    {"volumeMounts", not_mounted},
    {"volumeDevices", not_mounted},
    {"lifecycle", "its hooks are not run"},
    {"stdin", no_terminal},
    {"stdinOnce", no_terminal},
    {"tty", no_terminal},
    {"terminationMessagePath", "what the service prints is in service.log"},
    {"terminationMessagePolicy", "what the service prints is in service.log"},
    {"resizePolicy", "the limit stays as it is"},
    {"restartPolicy", "that of the pod holds"},
    {"restartPolicyRules", "the restartPolicy of the pod holds"},
    {NULL, NULL},
};

static const struct pod_field variable_fields[] = {
    {"name", NULL}, {"value", NULL}, {"valueFrom", NULL}, {NULL, NULL}};

static const struct pod_field resources_fields[] = {
    {"limits", NULL},
    {"requests", NULL},
    {"claims", "there is no cluster that has them"},
    {NULL, NULL},
};

static const char not_confined[] = "the service runs with the rights it is started with";

static const struct pod_field security_fields[] = {
    {"runAsUser", NULL},
    {"runAsGroup", NULL},
    {"runAsNonRoot", "runAsUser says as whom it runs"},
    {"fsGroup", not_mounted},
    {"fsGroupChangePolicy", not_mounted},
    {"supplementalGroups", not_confined},
    {"supplementalGroupsPolicy", not_confined},
    {"sysctls", "the kernel's own hold"},
    {"allowPrivilegeEscalation", not_confined},
    {"privileged", not_confined},
    {"readOnlyRootFilesystem", not_confined},
    {"capabilities", not_confined},
    {"seccompProfile", not_confined},
    {"appArmorProfile", not_confined},
    {"seLinuxOptions", not_confined},
    {"seLinuxChangePolicy", not_confined},
    {"procMount", not_confined},
    {"windowsOptions", "this is Linux"},
    {NULL, NULL},
};

/* A list of words, expanded; *ret stays as it is when there is none. */
static int pod_read_words(struct pod_reader *reader, const char *key, const char *const **ret,
                          struct error *err)
{
    const struct yaml_node *list = NULL;
    if (pod_list(reader->container, key, &list, err) < 0)
        return -1;
    if (list == NULL)
        return 0;
    if (list->n_children > POD_WORDS_MAX)
        return yaml_error(list, err, "found %zu words, expected at most %d", list->n_children,
                          POD_WORDS_MAX);
    const char **words =
        arena_alloc(reader->scenario->arena, (list->n_children + 1) * sizeof(*words));
    if (words == NULL)
        return error_out_of_memory(err);
    for (const struct yaml_node *word = list->first; word != NULL; word = word->next) {
        if (!yaml_is_text(word))
            return yaml_error_expected(
                word, err, "%s", word->kind == YAML_SCALAR ? "text: put it into quotes" : "text");
        words[word->index] = pod_expand(reader, word->text);
        if (words[word->index] == NULL)
            return error_out_of_memory(err);
    }
    *ret = words;
    return 0;
}

/* What runs: the image and its words, or what stands behind "--". */
static int pod_read_command(struct pod_reader *reader, struct error *err)
{
    struct settings *settings = &reader->scenario->settings;
    const struct yaml_node *container = reader->container;
    const char *image = NULL;
    settings->image = reader->options->image;
    if (reader->options->command != NULL) {
        static const char *const keys[] = {"image", "command", "args", NULL};
        for (const char *const *key = keys; *key != NULL; key++)
            if (yaml_member(container, *key) != NULL)
                pod_note(reader, yaml_member(container, *key),
                         "is ignored: the command after -- is run instead");
        settings->service.command = reader->options->command;
        return 0;
    }
    if (pod_text(container, "image", &image, err) < 0 ||
        pod_read_words(reader, "command", &settings->service.command, err) < 0 ||
        pod_read_words(reader, "args", &settings->service.args, err) < 0)
        return -1;
    if (settings->image == NULL)
        settings->image = image;
    if (settings->image == NULL || settings->image[0] == '\0')
        return yaml_error(container, err,
                          "found no image, expected one, or a command after --, which is run in "
                          "its place");
    return 0;
}

/* "NAME=value", escaped, into env; the last one of a name wins, as in Kubernetes. */
static int pod_add_variable(struct pod_reader *reader, const char *name, const char *text,
                            const char **env, struct error *err)
{
    const char *value = pod_expand_raw(reader, text);
    const char *escaped = pod_expand(reader, text);
    if (value == NULL || escaped == NULL)
        return error_out_of_memory(err);
    size_t at = 0;
    while (at < reader->n_variables && strcmp(reader->names[at], name) != 0)
        at++;
    env[at] = arena_printf(reader->scenario->arena, "%s=%s", name, escaped);
    if (env[at] == NULL)
        return error_out_of_memory(err);
    reader->names[at] = name;
    reader->values[at] = value;
    reader->n_variables += at == reader->n_variables;
    return 0;
}

static int pod_read_variable(struct pod_reader *reader, const struct yaml_node *node,
                             const char **env, struct error *err)
{
    const char *name = NULL;
    const char *value = NULL;
    if (node->kind != YAML_MAPPING)
        return yaml_error_expected(node, err, "a variable such as {name: MODE, value: \"fast\"}");
    if (pod_check_fields(reader, node, variable_fields, err) < 0 ||
        pod_text(node, "name", &name, err) < 0 || pod_text(node, "value", &value, err) < 0)
        return -1;
    if (name == NULL || name[0] == '\0' || strchr(name, '=') != NULL)
        return yaml_error(node, err, "found no name of a variable, expected one such as MODE");
    const struct yaml_node *from = yaml_member(node, "valueFrom");
    if (from != NULL && value != NULL)
        return yaml_error_key(from, err, "found it beside a value, expected one of them");
    if (from != NULL) {
        pod_note(reader, from, "is ignored: %.60s is not set (--env %.60s=VALUE sets it)", name,
                 name);
        return 0;
    }
    return pod_add_variable(reader, name, value != NULL ? value : "", env, err);
}

static int pod_read_env(struct pod_reader *reader, struct error *err)
{
    struct arena *arena = reader->scenario->arena;
    const struct yaml_node *list = NULL;
    if (pod_list(reader->container, "env", &list, err) < 0)
        return -1;
    if (list == NULL)
        return 0;
    if (list->n_children > POD_VARIABLES_MAX)
        return yaml_error(list, err, "found %zu variables, expected at most %d", list->n_children,
                          POD_VARIABLES_MAX);
    size_t size = (list->n_children + 1) * sizeof(const char *);
    const char **env = arena_alloc(arena, size);
    reader->names = arena_alloc(arena, size);
    reader->values = arena_alloc(arena, size);
    if (env == NULL || reader->names == NULL || reader->values == NULL)
        return error_out_of_memory(err);
    for (const struct yaml_node *node = list->first; node != NULL; node = node->next)
        if (pod_read_variable(reader, node, env, err) < 0)
            return -1;
    reader->scenario->settings.service.env = env;
    return 0;
}

/* A quantity of bytes; 0 and *ret unchanged when there is none. */
static int pod_read_bytes(const struct yaml_node *parent, const char *key,
                          const struct yaml_node **ret_node, uint64_t *ret, struct error *err)
{
    const struct yaml_node *node = yaml_member(parent, key);
    *ret_node = node;
    if (node == NULL)
        return 0;
    if (node->kind != YAML_SCALAR)
        return yaml_error_expected(node, err, "a quantity such as 64Mi");
    return quantity_parse_bytes(node->text, ret, err) < 0 ? yaml_error_prefix(node, err) : 0;
}

/* What the table of limits or requests holds beside memory and processors. */
static void pod_note_resources(struct pod_reader *reader, const struct yaml_node *table,
                               const char *cpu_ignored)
{
    const struct yaml_node *node = table != NULL ? table->first : NULL;
    for (; node != NULL; node = node->next) {
        if (strcmp(node->key, "cpu") == 0 && cpu_ignored != NULL)
            pod_note(reader, node, "is ignored: %s", cpu_ignored);
        else if (strcmp(node->key, "memory") != 0 && strcmp(node->key, "cpu") != 0)
            pod_note(reader, node, "is ignored: leakcage knows memory and cpu");
    }
}

static int pod_read_limits(struct pod_reader *reader, const struct yaml_node *limits,
                           struct error *err)
{
    struct settings *settings = &reader->scenario->settings;
    const struct yaml_node *memory = NULL;
    if (pod_read_bytes(limits, "memory", &memory, &settings->limit_bytes, err) < 0)
        return -1;
    if (memory == NULL && !reader->options->has_limit)
        return yaml_error(limits != NULL ? limits : reader->container, err,
                          "found no %smemory, expected a limit such as 64Mi: without one there is "
                          "nothing to test; --limit SIZE gives one too",
                          limits != NULL ? "" : "resources.limits.");
    if (memory != NULL && settings->limit_bytes < SCENARIO_LIMIT_MIN_BYTES)
        return yaml_error_expected(memory, err, "at least 1Mi");

    const struct yaml_node *cpu = yaml_member(limits, "cpu");
    if (cpu != NULL && cpu->kind != YAML_SCALAR)
        return yaml_error_expected(cpu, err, "a quantity such as 500m");
    if (cpu != NULL && quantity_parse_cpus(cpu->text, &settings->cpus, err) < 0)
        return yaml_error_prefix(cpu, err);
    if (settings->cpus > 0 && settings->cpus < CPUS_MIN)
        settings->cpus = CPUS_MIN;
    pod_note_resources(reader, limits, NULL);
    return 0;
}

static int pod_read_requests(struct pod_reader *reader, const struct yaml_node *requests,
                             struct error *err)
{
    struct settings *settings = &reader->scenario->settings;
    const struct yaml_node *memory = NULL;
    char text[UNITS_TEXT_MAX];
    uint64_t bytes = 0;
    if (pod_read_bytes(requests, "memory", &memory, &bytes, err) < 0)
        return -1;
    if (bytes > settings->limit_bytes)
        return yaml_error_expected(memory, err, "at most the limit of %s",
                                   units_format_bytes((double)settings->limit_bytes, text));
    if (bytes >= SCENARIO_LIMIT_MIN_BYTES)
        settings->min_bytes = bytes;
    else if (memory != NULL)
        pod_note(reader, memory, "is ignored: it is less than 1Mi");
    pod_note_resources(reader, requests, "nobody else wants the processors; limits.cpu is kept");
    return 0;
}

static int pod_read_resources(struct pod_reader *reader, struct error *err)
{
    const struct yaml_node *resources = NULL;
    const struct yaml_node *limits = NULL;
    const struct yaml_node *requests = NULL;
    if (pod_mapping(reader->container, "resources", &resources, err) < 0 ||
        pod_check_fields(reader, resources, resources_fields, err) < 0 ||
        pod_mapping(resources, "limits", &limits, err) < 0 ||
        pod_mapping(resources, "requests", &requests, err) < 0)
        return -1;
    return pod_read_limits(reader, limits, err) < 0 ? -1 : pod_read_requests(reader, requests, err);
}

/* "1000", or "1000:1000": the container's word counts for more than the pod's. */
static int pod_read_user(struct pod_reader *reader, struct error *err)
{
    const struct yaml_node *contexts[2] = {NULL};
    uint64_t user = UINT64_MAX;
    uint64_t group = UINT64_MAX;
    if (pod_mapping(reader->spec, "securityContext", &contexts[0], err) < 0 ||
        pod_mapping(reader->container, "securityContext", &contexts[1], err) < 0)
        return -1;
    for (unsigned i = 0; i < 2; i++)
        if (pod_check_fields(reader, contexts[i], security_fields, err) < 0 ||
            pod_count(contexts[i], "runAsUser", USER_ID_MAX, &user, err) < 0 ||
            pod_count(contexts[i], "runAsGroup", USER_ID_MAX, &group, err) < 0)
            return -1;

    char text[USER_TEXT_MAX] = "";
    if (user == UINT64_MAX && group != UINT64_MAX)
        user = 0; /* that of most images */
    if (user == UINT64_MAX)
        return 0;
    snprintf(text, sizeof(text), "%" PRIu64, user);
    if (group != UINT64_MAX)
        snprintf(text, sizeof(text), "%" PRIu64 ":%" PRIu64, user, group);
    reader->scenario->settings.service.user = scenario_keep(reader->scenario, text);
    return reader->scenario->settings.service.user != NULL ? 0 : error_out_of_memory(err);
}

static int pod_read_working_dir(struct pod_reader *reader, struct error *err)
{
    const char *dir = NULL;
    const struct yaml_node *node = yaml_member(reader->container, "workingDir");
    if (pod_text(reader->container, "workingDir", &dir, err) < 0)
        return -1;
    if (dir == NULL || dir[0] == '\0')
        return 0;
    if (reader->options->command != NULL) {
        pod_note(reader, node,
                 "is ignored: it is a folder of the image, and the command after -- is run instead "
                 "(--cwd DIR)");
        return 0;
    }
    reader->scenario->settings.service.cwd = pod_expand(reader, dir);
    return reader->scenario->settings.service.cwd != NULL ? 0 : error_out_of_memory(err);
}

int pod_read_container(struct pod_reader *reader, struct error *err)
{
    if (pod_check_fields(reader, reader->container, container_fields, err) < 0 ||
        pod_read_env(reader, err) < 0 || pod_read_command(reader, err) < 0 ||
        pod_read_working_dir(reader, err) < 0 || pod_read_resources(reader, err) < 0 ||
        pod_read_user(reader, err) < 0)
        return -1;
    return 0;
}
