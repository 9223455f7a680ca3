/* pod: manifests good and bad, as text. */
#include "scenario/pod.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "tests/support/check_main.h"

#define LENGTH(array) (int)(sizeof(array) / sizeof((array)[0]))
#define MIB           ((uint64_t)1024 * 1024)

static struct scenario *scenario;
static struct buffer notes = BUFFER_INIT(POD_NOTES_MAX_BYTES);
static const struct pod_options nothing_asked = {.container = NULL};

static void teardown(void)
{
    scenario_free(scenario);
    scenario = NULL;
    buffer_done(&notes);
}

static const struct settings *load_with(const char *text, const struct pod_options *options)
{
    struct error err = {.kind = ERROR_NONE};
    ck_assert_msg(pod_load_text("a.yaml", text, options, &notes, &scenario, &err) == 0, "%s",
                  err.text);
    return &scenario->settings;
}

static const struct settings *load(const char *text)
{
    return load_with(text, &nothing_asked);
}

static void expect_note(const char *words)
{
    ck_assert_msg(strstr(buffer_text(&notes), words) != NULL, "no \"%s\" in:\n%s", words,
                  buffer_text(&notes));
}

#define DEPLOYMENT                                                                  \
    "apiVersion: apps/v1\n"                                                         \
    "kind: Deployment\n"                                                            \
    "metadata: {name: shop.front}\n"                                                \
    "spec:\n"                                                                       \
    "  replicas: 3\n"                                                               \
    "  template:\n"                                                                 \
    "    spec:\n"                                                                   \
    "      terminationGracePeriodSeconds: 5\n"                                      \
    "      securityContext: {runAsUser: 1000, runAsGroup: 100, fsGroup: 3}\n"       \
    "      containers:\n"                                                           \
    "        - name: app\n"                                                         \
    "          image: registry.example/shop:1.2\n"                                  \
    "          command: [/shop, \"{port}\"]\n"                                      \
    "          args: [\"--mode=$(MODE)\", \"$$(MODE)\", \"$(WHO)\", $5]\n"          \
    "          workingDir: /srv\n"                                                  \
    "          env:\n"                                                              \
    "            - {name: MODE, value: fast}\n"                                     \
    "            - {name: URL, value: \"http://$(HOST)/$(MODE)\"}\n"                \
    "            - {name: EMPTY}\n"                                                 \
    "            - name: KEY\n"                                                     \
    "              valueFrom: {secretKeyRef: {name: a, key: b}}\n"                  \
    "            - {name: MODE, value: slow}\n"                                     \
    "          ports: [{containerPort: 8080, name: http}, {containerPort: 9090}]\n" \
    "          resources:\n"                                                        \
    "            limits: {memory: 50Mi, cpu: 300m, ephemeral-storage: 1Gi}\n"       \
    "            requests: {memory: 10M, cpu: 100m}\n"                              \
    "          startupProbe:\n"                                                     \
    "            httpGet: {path: /up, port: http}\n"                                \
    "            periodSeconds: 5\n"                                                \
    "            failureThreshold: 12\n"                                            \
    "          readinessProbe: {httpGet: {path: healthz, port: 8080}}\n"            \
    "          livenessProbe: {httpGet: {path: /live, port: http}, periodSeconds: 7}\n"

START_TEST(a_deployment_becomes_a_scenario)
{
    const struct settings *settings = load(DEPLOYMENT);
    const struct program *service = &settings->service;
    ck_assert_str_eq(scenario->name, "shop-front");
    ck_assert_str_eq(scenario->source, "a.yaml");
    ck_assert_str_eq(settings->pod, "shop.front");
    ck_assert_str_eq(settings->image, "registry.example/shop:1.2");
    ck_assert_str_eq(service->command[0], "/shop");
    ck_assert_str_eq(service->command[1], "{{port}}"); /* a brace is a brace */
    ck_assert_ptr_null(service->command[2]);
    ck_assert_str_eq(service->args[0], "--mode=slow");
    ck_assert_str_eq(service->args[1], "$(MODE)");
    ck_assert_str_eq(service->args[2], "$(WHO)");
    ck_assert_str_eq(service->args[3], "$5");
    ck_assert_ptr_null(service->args[4]);
    ck_assert_str_eq(service->cwd, "/srv");
    ck_assert_str_eq(service->env[0], "MODE=slow"); /* the last one of a name */
    ck_assert_str_eq(service->env[1], "URL=http://$(HOST)/fast");
    ck_assert_str_eq(service->env[2], "EMPTY=");
    ck_assert_ptr_null(service->env[3]);
    ck_assert_str_eq(service->user, "1000:100");
    ck_assert_uint_eq(service->port, 8080);
    ck_assert_str_eq(service->ready, "/healthz");
    ck_assert_int_eq(service->ready_timeout_ns, 90 * NSEC_PER_SEC); /* 5 x 12 and 10 x 3 */
    ck_assert_uint_eq(settings->limit_bytes, 50 * MIB);
    ck_assert_uint_eq(settings->min_bytes, 10000000);
    ck_assert_double_eq(settings->cpus, 0.3);
    ck_assert(settings->oom_group);
    ck_assert_int_eq(settings->restart.policy, RESTART_ALWAYS);
    ck_assert_uint_eq(settings->load.n_timers, 1);
    ck_assert_str_eq(settings->load.timers[0].path, "/live");
    ck_assert_int_eq(settings->load.timers[0].every_ns, 7 * NSEC_PER_SEC);
    ck_assert_uint_eq(settings->load.n_requests, 0);
}
END_TEST

START_TEST(what_is_ignored_gets_a_word_and_its_place)
{
    load(DEPLOYMENT);
    expect_note("a.yaml:5:3: spec.replicas: is ignored: one is run\n");
    expect_note("a.yaml:8:7: spec.template.spec.terminationGracePeriodSeconds: is ignored");
    expect_note("spec.template.spec.securityContext.fsGroup: is ignored: nothing is mounted");
    expect_note("a.yaml:21:15: spec.template.spec.containers[0].env[3].valueFrom: is ignored: KEY "
                "is not set (--env KEY=VALUE sets it)");
    expect_note("ports[1]: is ignored: requests go to port 8080 (--port N for another)");
    expect_note("limits.ephemeral-storage: is ignored: leakcage knows memory and cpu");
    expect_note("requests.cpu: is ignored");
}
END_TEST

#define POD(rest)           \
    "kind: Pod\n"           \
    "metadata: {name: a}\n" \
    "spec:\n"               \
    "  containers:\n"       \
    "    - name: app\n"     \
    "      image: a\n"      \
    "      resources: {limits: {memory: 64Mi}}\n" rest

START_TEST(the_smallest_pod)
{
    const struct settings *settings = load(POD(""));
    ck_assert_str_eq(buffer_text(&notes), "");
    ck_assert_uint_eq(settings->limit_bytes, 64 * MIB);
    ck_assert_uint_eq(settings->min_bytes, SCENARIO_NO_LIMIT);
    ck_assert_uint_eq(settings->service.port, 0);
    ck_assert_str_eq(settings->service.ready, "tcp");
    ck_assert_ptr_null(settings->service.user);
    ck_assert_ptr_null(settings->service.command[0]);
    ck_assert_uint_eq(settings->load.n_timers, 0);
    ck_assert_int_eq(settings->restart.policy, RESTART_ALWAYS);
    ck_assert_double_eq(settings->restart.time_scale, 1);
}
END_TEST

START_TEST(a_command_of_ones_own_replaces_image_and_words)
{
    static const char *const command[] = {"./svc", "--port", "{port}", NULL};
    const struct pod_options options = {.command = command};
    const struct settings *settings = load_with(POD("      args: [--fast]\n      workingDir: /srv\n"
                                                    "      env: [{name: MODE, value: fast}]\n"),
                                                &options);
    ck_assert_ptr_null(settings->image);
    ck_assert_str_eq(settings->service.command[0], "./svc");
    ck_assert_str_eq(settings->service.command[2], "{port}");
    ck_assert_ptr_null(settings->service.args[0]);
    ck_assert_ptr_null(settings->service.cwd);
    ck_assert_str_eq(settings->service.env[0], "MODE=fast");
    expect_note("containers[0].image: is ignored: the command after -- is run instead");
    expect_note("containers[0].args: is ignored: the command after -- is run instead");
}
END_TEST

START_TEST(an_image_of_ones_own)
{
    const struct pod_options options = {.image = "other:2"};
    ck_assert_str_eq(load_with(POD(""), &options)->image, "other:2");
}
END_TEST

static const struct {
    const char *text;
    const char *name;
    enum restart_policy policy;
} kinds[] = {
    {POD("  restartPolicy: OnFailure\n"), "a", RESTART_ON_FAILURE},
    {POD("  restartPolicy: Never\n"), "a", RESTART_NEVER},
    {"kind: Job\nmetadata: {generateName: night-}\nspec: {template: {spec: {restartPolicy: Never, "
     "containers: [{name: b, image: c, resources: {limits: {memory: 1Gi}}}]}}}",
     "night", RESTART_NEVER},
    {"kind: CronJob\nspec: {schedule: \"* * * * *\", jobTemplate: {spec: {template: {spec: "
     "{restartPolicy: OnFailure, containers: [{name: b, image: c, resources: {limits: {memory: "
     "1e9}}}]}}}}}",
     "a-yaml", RESTART_ON_FAILURE},
    {"{\"kind\": \"StatefulSet\", \"metadata\": {\"name\": \"db\"}, \"spec\": {\"template\": "
     "{\"spec\": {\"containers\": [{\"name\": \"b\", \"image\": \"c\", \"resources\": {\"limits\": "
     "{\"memory\": 67108864}}}]}}}}",
     "db", RESTART_ALWAYS},
};

START_TEST(every_kind_that_holds_a_pod)
{
    const struct settings *settings = load(kinds[_i].text);
    ck_assert_str_eq(scenario->name, kinds[_i].name);
    ck_assert_int_eq(settings->restart.policy, kinds[_i].policy);
}
END_TEST

START_TEST(the_one_workload_among_several_documents)
{
    load("---\nkind: Service\nmetadata: {name: front}\n---\n" POD("") "---\n# nothing\n");
    ck_assert_str_eq(scenario->name, "a");
    expect_note("a.yaml:2:1: Service front is ignored: Pod a on line 5 is run\n");
}
END_TEST

static const struct {
    const char *text;
    const char *path;
} urls[] = {
    {"kind: Pod\nmetadata: {name: a, annotations: {leakcage/url: /fetch}}\nspec: {containers: "
     "[{name: b, image: c, resources: {limits: {memory: 1Gi}}}]}\n",
     "/fetch"},
    {"kind: Deployment\nmetadata: {name: a}\nspec: {template: {metadata: {annotations: "
     "{leakcage/url: \"/a?b=c\"}}, spec: {containers: [{name: b, image: c, resources: {limits: "
     "{memory: 1Gi}}}]}}}\n",
     "/a?b=c"},
};

START_TEST(an_annotation_says_what_to_request)
{
    const struct settings *settings = load(urls[_i].text);
    ck_assert_uint_eq(settings->load.n_requests, 1);
    ck_assert_str_eq(settings->load.requests[0].path, urls[_i].path);
    ck_assert_str_eq(settings->load.requests[0].method, "GET");
}
END_TEST

#define TWO_CONTAINERS                                                   \
    "kind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n"             \
    "    - {name: app, image: a, resources: {limits: {memory: 64Mi}}}\n" \
    "    - {name: proxy, image: b, resources: {limits: {memory: 32Mi}}}\n"

START_TEST(the_container_that_is_asked_for)
{
    const struct pod_options options = {.container = "proxy"};
    ck_assert_uint_eq(load_with(TWO_CONTAINERS, &options)->limit_bytes, 32 * MIB);
    expect_note("a.yaml:5:7: spec.containers[0]: is ignored: one container is run, \"proxy\"");
}
END_TEST

START_TEST(a_limit_given_elsewhere)
{
    const struct pod_options options = {.has_limit = true};
    const struct settings *settings = load_with(
        "kind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: b, image: c}]}\n", &options);
    ck_assert_uint_eq(settings->limit_bytes, SCENARIO_NO_LIMIT);
}
END_TEST

static const struct {
    const char *rest;
    const char *ready;
    unsigned port;
    nsec_t timeout_ns;
    const char *note;
} probes[] = {
    {"      readinessProbe: {tcpSocket: {port: 9000}}\n", "tcp", 9000, 30 * NSEC_PER_SEC, ""},
    {"      readinessProbe: {httpGet: {port: 9000}}\n", "/", 9000, 30 * NSEC_PER_SEC, ""},
    {"      startupProbe: {httpGet: {path: /up, port: 9000}, failureThreshold: 30}\n", "/up", 9000,
     300 * NSEC_PER_SEC, ""},
    {"      readinessProbe: {exec: {command: [cat, /tmp/ok]}}\n", "tcp", 0, 30 * NSEC_PER_SEC,
     "readinessProbe.exec: is ignored: leakcage can try httpGet and tcpSocket"},
    {"      ports: [{containerPort: 80}]\n"
     "      readinessProbe: {httpGet: {path: /m, port: 9000}}\n",
     "tcp", 80, 30 * NSEC_PER_SEC, "readinessProbe: is ignored: it asks port 9000"},
    {"      readinessProbe: {httpGet: {path: /m, port: 443, scheme: HTTPS}}\n", "tcp", 443,
     30 * NSEC_PER_SEC, "httpGet.scheme: is ignored: leakcage speaks HTTP without TLS"},
    {"      ports: [{containerPort: 53, protocol: UDP}, {containerPort: 80}]\n", "tcp", 80,
     30 * NSEC_PER_SEC, "ports[0]: is ignored: leakcage asks over TCP"},
    {"      livenessProbe: {tcpSocket: {port: 80}}\n", "tcp", 80, 30 * NSEC_PER_SEC,
     "livenessProbe: is ignored: leakcage does not connect without a request"},
};

START_TEST(probes_tell_when_it_is_ready)
{
    char text[1024];
    snprintf(text, sizeof(text), "%s%s", POD(""), probes[_i].rest);
    const struct settings *settings = load(text);
    ck_assert_str_eq(settings->service.ready, probes[_i].ready);
    ck_assert_uint_eq(settings->service.port, probes[_i].port);
    ck_assert_int_eq(settings->service.ready_timeout_ns, probes[_i].timeout_ns);
    expect_note(probes[_i].note);
}
END_TEST

static const struct {
    const char *rest;
    const char *user;
} users[] = {
    {"  securityContext: {runAsUser: 5}\n", "5"},
    {"      securityContext: {runAsUser: 7}\n  securityContext: {runAsUser: 5, runAsGroup: 6}\n",
     "7:6"},
    {"  securityContext: {runAsGroup: 6}\n", "0:6"},
};

START_TEST(the_container_says_more_than_the_pod)
{
    char text[1024];
    snprintf(text, sizeof(text), "%s%s", POD(""), users[_i].rest);
    ck_assert_str_eq(load(text)->service.user, users[_i].user);
}
END_TEST

static const struct {
    const char *text;
    const char *said; /* how the error begins */
} refused[] = {
    {"", "a.yaml: is empty, expected a Kubernetes manifest"},
    {"# nothing\n---\n", "a.yaml: is empty"},
    {"hello\n", "a.yaml:1:1: found hello, expected a Kubernetes manifest"},
    {"- a\n", "a.yaml:1:1: found a list, expected a Kubernetes manifest"},
    {"metadata: {name: a}\n", "a.yaml:1:1: found no kind, expected one of Pod, Deployment"},
    {"kind: Service\n", "a.yaml:1:7: kind: found Service, expected one of Pod, Deployment"},
    {"kind: Deploymnet\n", "a.yaml:1:7: kind: found Deploymnet, expected one of Pod"},
    {"kind: [Pod]\n", "a.yaml:1:7: kind: found a list, expected one of Pod"},
    {POD("") "---\n" DEPLOYMENT,
     "a.yaml:9:1: found Deployment shop.front, and on line 1 Pod a, expected one of them"},
    {"kind: Pod\n", "a.yaml:1:1: found no spec, expected one"},
    {"kind: Pod\nspec: 5\n", "a.yaml:2:7: spec: found 5, expected a mapping"},
    {"kind: Deployment\nspec: {template: {}}\n",
     "a.yaml:2:18: spec.template: found no spec, expected one"},
    {"kind: Pod\nspec: {containers: []}\n",
     "a.yaml:2:20: spec.containers: found no container, expected one such as"},
    {"kind: Pod\nspec: {containers: {a: b}}\n",
     "a.yaml:2:20: spec.containers: found a mapping, expected a list"},
    {"kind: Pod\nspec: {containers: [a]}\n",
     "a.yaml:2:21: spec.containers[0]: found a, expected a container such as"},
    {TWO_CONTAINERS,
     "a.yaml:5:5: spec.containers: found 2 containers (\"app\", \"proxy\"), expected "
     "one: --container NAME"},
    {"kind: Pod\nmetadata: {name: A_b}\nspec: {}\n",
     "a.yaml:2:18: metadata.name: found A_b, expected a name of small letters"},
    {"kind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: b, image: c}]}\n",
     "a.yaml:3:21: spec.containers[0]: found no resources.limits.memory, expected a limit such as "
     "64Mi: without one there is nothing to test; --limit SIZE"},
    {"kind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: b, image: c, resources: {limits: "
     "{cpu: 1}}}]}\n",
     "a.yaml:3:61: spec.containers[0].resources.limits: found no memory, expected a limit"},
    {"kind: Pod\nspec: {contaners: []}\n",
     "a.yaml:2:8: spec.contaners: found an unknown field; did you mean \"containers\"?"},
    {"kind: Pod\nmetadata: {annotations: {leakcage/url: fetch}}\nspec: {}\n",
     "a.yaml:2:40: metadata.annotations.leakcage/url: found fetch, expected"},
    {POD("      ports: 80\n"), "a.yaml:8:14: spec.containers[0].ports: found 80, expected a list"},
    {POD("      ports: [{containerPort: 99999}]\n"),
     "a.yaml:8:31: spec.containers[0].ports[0].containerPort: found \"99999\", expected a whole "
     "number from 0 to 65535"},
    {POD("      ports: [{containerPort: \"80\"}]\n"),
     "a.yaml:8:31: spec.containers[0].ports[0].containerPort: found \"80\", expected a whole "
     "number "
     "without quotes"},
    {POD("      ports: [{name: a}]\n"), "a.yaml:8:15: spec.containers[0].ports[0]: found no "
                                        "containerPort"},
    {POD("      args: [--port, 8080]\n"),
     "a.yaml:8:22: spec.containers[0].args[1]: found 8080, expected text: put it into quotes"},
    {POD("      args: [yes]\n"),
     "a.yaml:8:14: spec.containers[0].args[0]: found yes, expected text"},
    {POD("      args: --port\n"), "a.yaml:8:13: spec.containers[0].args: found --port, expected a "
                                  "list"},
    {POD("      env: [{name: A, value: 1}]\n"),
     "a.yaml:8:30: spec.containers[0].env[0].value: found 1, expected text: put it into quotes"},
    {POD("      env: [{value: a}]\n"), "a.yaml:8:13: spec.containers[0].env[0]: found no name"},
    {POD("      env: [{name: A=B}]\n"), "a.yaml:8:13: spec.containers[0].env[0]: found no name"},
    {POD("      env: [A]\n"),
     "a.yaml:8:13: spec.containers[0].env[0]: found A, expected a variable"},
    {POD("      env: [{name: A, value: b, valueFrom: {x: y}}]\n"),
     "a.yaml:8:33: spec.containers[0].env[0].valueFrom: found it beside a value"},
    {POD("      livenessProbe: {httpGet: {path: /, port: web}}\n"),
     "a.yaml:8:48: spec.containers[0].livenessProbe.httpGet.port: found web, expected a number, or "
     "the name of a port"},
    {POD("      livenessProbe: {httpGet: {path: \"/a b\", port: 80}}\n"),
     "a.yaml:8:39: spec.containers[0].livenessProbe.httpGet.path: found \"/a b\", expected"},
    {POD("      livenessProbe: {httpGet: {path: /}}\n"),
     "a.yaml:8:32: spec.containers[0].livenessProbe.httpGet: found no port"},
    {POD("      livenessProbe: {periodSecond: 5}\n"),
     "a.yaml:8:23: spec.containers[0].livenessProbe.periodSecond: found an unknown field; did you "
     "mean \"periodSeconds\"?"},
    {POD("  restartPolicy: always\n"),
     "a.yaml:8:18: spec.restartPolicy: found always, expected Always, OnFailure or Never; did you "
     "mean Always?"},
    {POD("  securityContext: {runAsUser: root}\n"),
     "a.yaml:8:32: spec.securityContext.runAsUser: found \"root\", expected a whole number"},
    {POD("  kind: [\n"), "a.yaml:9:1: did not find expected node content"},
    {POD("\tx: 1\n"), "a.yaml:8:1: found a tab, expected spaces"},
    {POD("  volumes: &v []\n"), "a.yaml:8:12: found the anchor &v, expected none"},
    {POD("  volumes: *v\n"), "a.yaml:8:12: found the alias *v, expected the value itself"},
    {POD("  containers: []\n"),
     "a.yaml:8:3: found the key \"containers\" again, which is on line 4"},
    {"\x7f"
     "ELF\x02\x01",
     "a.yaml:1:1: found a byte that is no text"},
    {"kind: Job\nmetadata: {name: a}\nspec: {template: {spec: {containers: [{name: b, image: c, "
     "resources: {limits: {memory: 1Gi}}}]}}}\n",
     "a.yaml:3:25: spec.template.spec: found no restartPolicy, expected restartPolicy OnFailure or "
     "Never, as a Job has to have"},
    {"kind: Deployment\nmetadata: {name: a}\nspec: {template: {spec: {restartPolicy: Never, "
     "containers: [{name: b, image: c, resources: {limits: {memory: 1Gi}}}]}}}\n",
     "a.yaml:3:41: spec.template.spec.restartPolicy: found Never, expected Always, as a "
     "Deployment"},
};

START_TEST(what_is_wrong_is_said_with_its_place)
{
    struct error err = {.kind = ERROR_NONE};
    int status = pod_load_text("a.yaml", refused[_i].text, &nothing_asked, &notes, &scenario, &err);
    ck_assert_msg(status == -1, "was accepted: %s", refused[_i].text);
    ck_assert_ptr_null(scenario);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_msg(strstr(err.text, refused[_i].said) == err.text, "found: %s\nexpected: %s",
                  err.text, refused[_i].said);
}
END_TEST

static const struct {
    const char *resources;
    const char *said;
} quantities[] = {
    {"limits: {memory: 64MB}", "a.yaml:7:36: spec.containers[0].resources.limits.memory: found "
                               "\"64MB\" with the unknown suffix \"MB\""},
    {"limits: {memory: 64m}", "a.yaml:7:36: spec.containers[0].resources.limits.memory: found "
                              "\"64m\", which is 1 byte: \"m\" is a thousandth; did you mean"},
    {"limits: {memory: 64Ki}", "a.yaml:7:36: spec.containers[0].resources.limits.memory: found "
                               "64Ki, expected at least 1Mi"},
    {"limits: {memory: [1]}", "a.yaml:7:36: spec.containers[0].resources.limits.memory: found a "
                              "list, expected a quantity"},
    {"limits: {memory: 64Mi, cpu: fast}", "a.yaml:7:47: spec.containers[0].resources.limits.cpu: "
                                          "found \"fast\", expected a quantity"},
    {"limits: {memory: 64Mi}, requests: {memory: 65Mi}",
     "a.yaml:7:62: spec.containers[0].resources.requests.memory: found 65Mi, expected at most the "
     "limit of 64.0 MiB"},
    {"limit: {memory: 64Mi}", "a.yaml:7:19: spec.containers[0].resources.limit: found an unknown "
                              "field; did you mean \"limits\"?"},
};

START_TEST(a_quantity_that_is_none)
{
    char text[512];
    struct error err = {.kind = ERROR_NONE};
    snprintf(text, sizeof(text),
             "kind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - name: app\n"
             "      image: a\n      resources: {%s}\n",
             quantities[_i].resources);
    ck_assert_int_eq(pod_load_text("a.yaml", text, &nothing_asked, &notes, &scenario, &err), -1);
    ck_assert_msg(strstr(err.text, quantities[_i].said) == err.text, "found: %s\nexpected: %s",
                  err.text, quantities[_i].said);
}
END_TEST

START_TEST(a_container_that_is_not_there)
{
    const struct pod_options options = {.container = "web"};
    struct error err = {.kind = ERROR_NONE};
    ck_assert_int_eq(pod_load_text("a.yaml", TWO_CONTAINERS, &options, &notes, &scenario, &err),
                     -1);
    ck_assert_str_eq(err.text, "a.yaml:5:5: spec.containers: found no container \"web\" "
                               "(--container), only \"app\", \"proxy\"");
}
END_TEST

static Suite *pod_suite(void)
{
    Suite *suite = suite_create("pod");
    TCase *tcase = tcase_create("pod");
    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_add_test(tcase, a_deployment_becomes_a_scenario);
    tcase_add_test(tcase, what_is_ignored_gets_a_word_and_its_place);
    tcase_add_test(tcase, the_smallest_pod);
    tcase_add_test(tcase, a_command_of_ones_own_replaces_image_and_words);
    tcase_add_test(tcase, an_image_of_ones_own);
    tcase_add_loop_test(tcase, every_kind_that_holds_a_pod, 0, LENGTH(kinds));
    tcase_add_test(tcase, the_one_workload_among_several_documents);
    tcase_add_loop_test(tcase, an_annotation_says_what_to_request, 0, LENGTH(urls));
    tcase_add_test(tcase, the_container_that_is_asked_for);
    tcase_add_test(tcase, a_limit_given_elsewhere);
    tcase_add_loop_test(tcase, probes_tell_when_it_is_ready, 0, LENGTH(probes));
    tcase_add_loop_test(tcase, the_container_says_more_than_the_pod, 0, LENGTH(users));
    tcase_add_loop_test(tcase, what_is_wrong_is_said_with_its_place, 0, LENGTH(refused));
    tcase_add_loop_test(tcase, a_quantity_that_is_none, 0, LENGTH(quantities));
    tcase_add_test(tcase, a_container_that_is_not_there);
    suite_add_tcase(suite, tcase);
    return suite;
}

CHECK_MAIN(pod_suite);
