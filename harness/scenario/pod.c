#include "scenario/pod.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/json.h"
#include "scenario/pod_reader.h"
#include "scenario/tables.h"

#define POD_NAME_MAX       253
#define POD_URL_ANNOTATION "leakcage/url"

static const char no_cluster[] = "there is no cluster to place it in";
static const char own_network[] = "the service has the network it is started in";
static const char no_identity[] = "there is no cluster that knows it";
static const char not_run[] = "they are not run; what a service needs can be a dependency of a "
                              "scenario";

static const struct pod_field spec_fields[] = {
    {"containers", NULL},
    {"restartPolicy", NULL},
    {"securityContext", NULL},
    {"initContainers", not_run},
    {"ephemeralContainers", not_run},
    {"volumes", "nothing is mounted; LEAKCAGE_DATA names a folder for files, empty at the start"},
    {"terminationGracePeriodSeconds", "leakcage stops the service itself, and kills it after 2 s"},
    {"activeDeadlineSeconds", "--budget TIME bounds a run"},
    {"nodeName", no_cluster},
    {"nodeSelector", no_cluster},
    {"affinity", no_cluster},
    {"tolerations", no_cluster},
    {"topologySpreadConstraints", no_cluster},
    {"schedulerName", no_cluster},
    {"schedulingGates", no_cluster},
    {"priority", no_cluster},
    {"priorityClassName", no_cluster},
    {"preemptionPolicy", no_cluster},
    {"runtimeClassName", no_cluster},
    {"overhead", no_cluster},
    {"readinessGates", no_cluster},
    {"resourceClaims", no_cluster},
    {"os", no_cluster},
    {"serviceAccountName", no_identity},
    {"serviceAccount", no_identity},
    {"automountServiceAccountToken", no_identity},
    {"imagePullSecrets", "no image is pulled"},
    {"enableServiceLinks", own_network},
    {"hostNetwork", own_network},
    {"hostname", own_network},
    {"hostnameOverride", own_network},
    {"subdomain", own_network},
    {"setHostnameAsFQDN", own_network},
    {"dnsPolicy", own_network},
    {"dnsConfig", own_network},
    {"hostAliases", own_network},
    {"hostPID", "the service has the processes it is started among"},
    {"hostIPC", "the service has the processes it is started among"},
    {"hostUsers", "runAsUser says as whom it runs"},
    {"shareProcessNamespace", "one container is run"},
    {"resources", "the limits of the container hold"},
    {NULL, NULL},
};

/* The kinds that hold a pod, and the way to its spec. */
static const struct workload {
    const char *kind;
    const char *path[6];
    bool is_job; /* its pods may not be restarted for ever */
} workloads[] = {
    {"Pod", {"spec", NULL}, false},
    {"Deployment", {"spec", "template", "spec", NULL}, false},
    {"StatefulSet", {"spec", "template", "spec", NULL}, false},
    {"DaemonSet", {"spec", "template", "spec", NULL}, false},
    {"ReplicaSet", {"spec", "template", "spec", NULL}, false},
    {"ReplicationController", {"spec", "template", "spec", NULL}, false},
    {"Job", {"spec", "template", "spec", NULL}, true},
    {"CronJob", {"spec", "jobTemplate", "spec", "template", "spec", NULL}, true},
};

#define WORKLOADS_EXPECTED                                                                     \
    "one of Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, " \
    "CronJob"

static const struct workload *pod_find_workload(const struct yaml_node *document)
{
    const struct yaml_node *kind = yaml_member(document, "kind");
    if (kind == NULL || kind->kind != YAML_SCALAR)
        return NULL;
    for (size_t i = 0; i < ARRAY_LENGTH(workloads); i++)
        if (strcmp(workloads[i].kind, kind->text) == 0)
            return &workloads[i];
    return NULL;
}

/* "Deployment "shop"", for messages. */
static const char *pod_document_text(const struct yaml_node *document, char *text, size_t size)
{
    const struct yaml_node *kind = yaml_member(document, "kind");
    const struct yaml_node *name = yaml_member(yaml_member(document, "metadata"), "name");
    char name_text[YAML_DESCRIBE_MAX] = "without a name";
    char kind_text[YAML_DESCRIBE_MAX] = "document without a kind";
    if (kind != NULL)
        yaml_describe(kind, kind_text);
    if (name != NULL)
        yaml_describe(name, name_text);
    snprintf(text, size, "%s %s", kind_text, name_text);
    return text;
}

static int pod_error_kind(const struct yaml_node *document, struct error *err)
{
    const struct yaml_node *kind = yaml_member(document, "kind");
    if (document->kind != YAML_MAPPING)
        return yaml_error_expected(document, err, "a Kubernetes manifest");
    if (kind == NULL)
        return yaml_error(document, err, "found no kind, expected " WORKLOADS_EXPECTED);
    const char *kinds[ARRAY_LENGTH(workloads) + 1] = {NULL};
    for (size_t i = 0; i < ARRAY_LENGTH(workloads); i++)
        kinds[i] = workloads[i].kind;
    const char *near = kind->kind == YAML_SCALAR ? json_nearest(kind->text, kinds) : NULL;
    return yaml_error_expected(kind, err, WORKLOADS_EXPECTED "%s%s%s",
                               near != NULL ? "; did you mean \"" : "", near != NULL ? near : "",
                               near != NULL ? "\"?" : "");
}

/* The one document that holds a pod. */
static int pod_choose_document(struct pod_reader *reader, const char *source,
                               const struct yaml_node *documents, const struct yaml_node **ret,
                               struct error *err)
{
    char text[2][3 * YAML_DESCRIBE_MAX];
    const struct yaml_node *first = NULL;
    const struct yaml_node *chosen = NULL;
    for (const struct yaml_node *node = documents; node != NULL; node = node->next) {
        if (yaml_is_null(node))
            continue;
        first = first != NULL ? first : node;
        if (pod_find_workload(node) == NULL)
            continue;
        if (chosen != NULL)
            return yaml_error(node, err,
                              "found %s, and on line %u %s, expected one of them: put the one that "
                              "is meant into a file of its own",
                              pod_document_text(node, text[0], sizeof(text[0])), chosen->line,
                              pod_document_text(chosen, text[1], sizeof(text[1])));
        chosen = node;
    }
    if (first == NULL)
        return error_set(err, ERROR_USAGE,
                         "%s: is empty, expected a Kubernetes manifest with a Pod or a Deployment",
                         source);
    if (chosen == NULL)
        return pod_error_kind(first, err);
    for (const struct yaml_node *node = documents; node != NULL; node = node->next)
        if (node != chosen && !yaml_is_null(node))
            pod_note(reader, node, "%s is ignored: %s on line %u is run",
                     pod_document_text(node, text[0], sizeof(text[0])),
                     pod_document_text(chosen, text[1], sizeof(text[1])), chosen->line);
    *ret = chosen;
    return 0;
}

/* What surrounds the pod: how many there should be, and the like. */
static void pod_note_workload(struct pod_reader *reader, const struct yaml_node *document)
{
    static const struct pod_field fields[] = {
        {"completions", "it is run once"},
        {"parallelism", "one is run"},
        {"completionMode", "it is run once"},
        {"backoffLimit", "it is restarted until the verdict is in"},
        {"activeDeadlineSeconds", "--budget TIME bounds a run"},
        {"schedule", "it is run now"},
        {"volumeClaimTemplates", "nothing is mounted"},
        {NULL, NULL},
    };
    const struct yaml_node *spec = yaml_member(document, "spec");
    const struct yaml_node *replicas = yaml_member(spec, "replicas");
    if (replicas != NULL && replicas->kind == YAML_SCALAR && strcmp(replicas->text, "1") != 0)
        pod_note(reader, replicas, "is ignored: one is run");
    for (const struct pod_field *field = fields; field->key != NULL; field++)
        if (yaml_member(spec, field->key) != NULL)
            pod_note(reader, yaml_member(spec, field->key), "is ignored: %s", field->ignored);
}

static int pod_find_spec(struct pod_reader *reader, const struct yaml_node *document,
                         struct error *err)
{
    const struct workload *workload = pod_find_workload(document);
    const struct yaml_node *node = document;
    for (size_t i = 0; i < ARRAY_LENGTH(workload->path) && workload->path[i] != NULL; i++) {
        const struct yaml_node *parent = node;
        if (pod_mapping(parent, workload->path[i], &node, err) < 0)
            return -1;
        if (node == NULL)
            return yaml_error(parent, err, "found no %s, expected one", workload->path[i]);
    }
    reader->spec = node;
    if (workload->path[1] != NULL)
        pod_note_workload(reader, document);
    return pod_check_fields(reader, reader->spec, spec_fields, err);
}

static int pod_check_name(const struct yaml_node *node, struct error *err)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-.";
    size_t length = node->kind == YAML_SCALAR ? strlen(node->text) : 0;
    if (length == 0 || length > POD_NAME_MAX || strspn(node->text, letters) != length ||
        strchr("-.", node->text[0]) != NULL)
        return yaml_error_expected(node, err,
                                   "a name of small letters, digits, '-' and '.', and none of the "
                                   "two first");
    return 0;
}

/* metadata.name, else generateName without the hyphen at its end, else the file's. */
static int pod_read_name(struct pod_reader *reader, const struct yaml_node *document,
                         struct error *err)
{
    const struct yaml_node *metadata = NULL;
    if (pod_mapping(document, "metadata", &metadata, err) < 0)
        return -1;
    const struct yaml_node *node = yaml_member(metadata, "name");
    if (node == NULL)
        node = yaml_member(metadata, "generateName");
    if (node != NULL && pod_check_name(node, err) < 0)
        return -1;
    const char *name = node != NULL ? node->text : NULL;
    if (name == NULL) {
        char made[SCENARIO_NAME_MAX];
        scenario_make_name(reader->scenario->source, made);
        name = scenario_keep(reader->scenario, made);
    } else {
        size_t length = strlen(name);
        while (length > 1 && name[length - 1] == '-')
            length--;
        name = arena_strndup(reader->scenario->arena, name, length);
    }
    if (name == NULL)
        return error_out_of_memory(err);
    reader->scenario->settings.pod = name;
    char made[SCENARIO_NAME_MAX];
    scenario_make_name(name, made);
    reader->scenario->name = scenario_keep(reader->scenario, made);
    return reader->scenario->name != NULL ? 0 : error_out_of_memory(err);
}

/* "\"app\", \"proxy\"". */
static const char *pod_list_containers(const struct yaml_node *list, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (const struct yaml_node *node = list->first; node != NULL && used < size;
         node = node->next) {
        const struct yaml_node *name = yaml_member(node, "name");
        used += (size_t)snprintf(text + used, size - used, "%s\"%.60s\"",
                                 node != list->first ? ", " : "",
                                 name != NULL && name->kind == YAML_SCALAR ? name->text : "?");
    }
    return text;
}

/* The annotation leakcage/url of the pod, else of what surrounds it: what to request. */
static int pod_read_url(struct pod_reader *reader, struct error *err)
{
    struct load_profile *load = &reader->scenario->settings.load;
    const struct yaml_node *node = reader->spec;
    for (; node != NULL && load->n_requests == 0; node = node->parent) {
        const struct yaml_node *annotations =
            yaml_member(yaml_member(node, "metadata"), "annotations");
        const char *path = NULL;
        if (pod_text(annotations, POD_URL_ANNOTATION, &path, err) < 0)
            return -1;
        if (path == NULL)
            continue;
        const char *fault = url_path_fault(path);
        if (fault != NULL)
            return yaml_error_expected(yaml_member(annotations, POD_URL_ANNOTATION), err, "%s",
                                       fault);
        load->requests[load->n_requests++] =
            (struct request_kind){.method = "GET", .path = path, .weight = 1};
    }
    return 0;
}

static bool pod_is_container(const struct yaml_node *node, const char *wanted)
{
    const struct yaml_node *name = yaml_member(node, "name");
    return name != NULL && name->kind == YAML_SCALAR && strcmp(name->text, wanted) == 0;
}

/* The container that is run: the one that is asked for, or the only one. */
static int pod_choose_container(struct pod_reader *reader, struct error *err)
{
    char names[512];
    const struct yaml_node *list = NULL;
    const char *wanted = reader->options->container;
    if (pod_list(reader->spec, "containers", &list, err) < 0)
        return -1;
    if (list == NULL || list->n_children == 0)
        return yaml_error(list != NULL ? list : reader->spec, err,
                          "found no container, expected one such as containers: [{name: app, "
                          "image: …}]");
    pod_list_containers(list, names, sizeof(names));
    if (wanted == NULL && list->n_children > 1)
        return yaml_error(list, err,
                          "found %zu containers (%s), expected one: --container NAME says which is "
                          "meant",
                          list->n_children, names);
    for (const struct yaml_node *node = list->first; node != NULL; node = node->next) {
        if (node->kind != YAML_MAPPING)
            return yaml_error_expected(node, err, "a container such as {name: app, image: …}");
        if (wanted == NULL || pod_is_container(node, wanted))
            reader->container = node;
    }
    if (reader->container == NULL)
        return yaml_error(list, err, "found no container \"%.60s\" (--container), only %s", wanted,
                          names);
    for (const struct yaml_node *node = list->first; node != NULL; node = node->next)
        if (node != reader->container)
            pod_note(reader, node, "is ignored: one container is run, \"%.60s\"", wanted);
    return 0;
}

/* The word of restartPolicy. */
static int pod_read_policy(const struct yaml_node *node, enum restart_policy *ret,
                           struct error *err)
{
    static const char *const words[] = {"Always", "OnFailure", "Never", NULL};
    static const enum restart_policy policies[] = {RESTART_ALWAYS, RESTART_ON_FAILURE,
                                                   RESTART_NEVER};
    const char *text = node->kind == YAML_SCALAR ? node->text : "";
    for (size_t i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], text) != 0)
            continue;
        *ret = policies[i];
        return 0;
    }
    const char *near = json_nearest(text, words);
    return yaml_error_expected(node, err, "Always, OnFailure or Never%s%s%s",
                               near != NULL ? "; did you mean " : "", near != NULL ? near : "",
                               near != NULL ? "?" : "");
}

/* What a Job needs, no other kind may have; a bare Pod may have any. */
static int pod_read_restart(struct pod_reader *reader, const struct workload *workload,
                            struct error *err)
{
    enum restart_policy *policy = &reader->scenario->settings.restart.policy;
    const struct yaml_node *node = yaml_member(reader->spec, "restartPolicy");
    *policy = RESTART_ALWAYS;
    if (node != NULL && pod_read_policy(node, policy, err) < 0)
        return -1;
    if (workload->is_job && *policy == RESTART_ALWAYS)
        return yaml_error(
            node != NULL ? node : reader->spec, err,
            "found %s, expected restartPolicy OnFailure or Never, as a %s has to have",
            node != NULL ? "Always" : "no restartPolicy", workload->kind);
    if (!workload->is_job && workload->path[1] != NULL && *policy != RESTART_ALWAYS)
        return yaml_error_expected(node, err, "Always, as a %s has to have", workload->kind);
    return 0;
}

static int pod_read(struct pod_reader *reader, const struct yaml_node *documents, struct error *err)
{
    const struct yaml_node *document = NULL;
    if (pod_choose_document(reader, reader->scenario->source, documents, &document, err) < 0 ||
        pod_read_name(reader, document, err) < 0 || pod_find_spec(reader, document, err) < 0 ||
        pod_read_url(reader, err) < 0 || pod_choose_container(reader, err) < 0 ||
        pod_read_restart(reader, pod_find_workload(document), err) < 0 ||
        pod_read_container(reader, err) < 0 || pod_read_probes(reader, err) < 0)
        return -1;
    return 0;
}

static int pod_from_documents(struct scenario *scenario, const struct yaml_node *documents,
                              const struct pod_options *options, struct buffer *notes,
                              struct error *err)
{
    struct pod_reader reader = {.options = options, .notes = notes, .scenario = scenario};
    scenario->settings.oom_group = true;
    if (pod_read(&reader, documents, err) < 0)
        return -1;
    /* Among them the words of the command line, which may not live as long. */
    return settings_keep(&scenario->settings, scenario->arena, err);
}

int pod_load(const char *path, const struct pod_options *options, struct buffer *notes,
             struct scenario **ret, struct error *err)
{
    CLEANUP(scenario_freep) struct scenario *scenario = scenario_new(path, ".");
    struct yaml_node *documents = NULL;
    if (scenario == NULL)
        return error_out_of_memory(err);
    if (yaml_load_file(path, scenario->arena, &documents, err) < 0 ||
        pod_from_documents(scenario, documents, options, notes, err) < 0)
        return -1;
    *ret = take_ptr(&scenario);
    return 0;
}

int pod_load_text(const char *source, const char *text, const struct pod_options *options,
                  struct buffer *notes, struct scenario **ret, struct error *err)
{
    CLEANUP(scenario_freep) struct scenario *scenario = scenario_new(source, ".");
    struct yaml_node *documents = NULL;
    if (scenario == NULL)
        return error_out_of_memory(err);
    if (yaml_load_text(source, text, scenario->arena, &documents, err) < 0 ||
        pod_from_documents(scenario, documents, options, notes, err) < 0)
        return -1;
    *ret = take_ptr(&scenario);
    return 0;
}
