#include "driver/native.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "driver/cage.h"
#include "driver/free_ports.h"
#include "driver/launch.h"

#define NATIVE_PROGRAMS_MAX (1 + SCENARIO_DEPENDENCIES_MAX)
#define NATIVE_ENDPOINT_MAX 40

struct instance {
    struct cage cage;            /* of the service, and its first process */
    struct cgroup *dependencies; /* owned; NULL: there are none */
    unsigned n_programs;
    struct process processes[SCENARIO_DEPENDENCIES_MAX]; /* of the dependencies */
    struct service_log *logs[NATIVE_PROGRAMS_MAX];       /* 0: the service's; owned */
    uint16_t ports[NATIVE_PROGRAMS_MAX];                 /* 0: the service's */
    char endpoints[NATIVE_PROGRAMS_MAX][NATIVE_ENDPOINT_MAX];
};

static int native_probe(const struct driver_options *options, struct error *why)
{
    (void)options;
    struct cgroup_base base;
    return cgroup_base_open(true, &base, why);
}

static int native_make_groups(const struct settings *settings, struct instance *instance,
                              struct error *err)
{
    struct cgroup_base base;
    if (cage_make(settings, &instance->cage, &base, err) < 0)
        return -1;
    struct cgroup_limits none = {.memory_max_bytes = CGROUP_NO_LIMIT,
                                 .memory_high_bytes = CGROUP_NO_LIMIT,
                                 .pids_max = CGROUP_NO_LIMIT};
    if (settings->n_dependencies == 0)
        return 0;
    return cgroup_create(&base, "dependencies", &none, &instance->dependencies, err);
}

static int native_choose_ports(const struct settings *settings, struct instance *instance,
                               struct error *err)
{
    instance->n_programs = 1 + settings->n_dependencies;
    for (unsigned i = 0; i < instance->n_programs; i++)
        instance->ports[i] = launch_program_of(settings, i)->port;
    if (free_ports_choose(instance->ports, instance->n_programs, err) < 0)
        return -1;
    for (unsigned i = 0; i < instance->n_programs; i++)
        snprintf(instance->endpoints[i], NATIVE_ENDPOINT_MAX, "http://127.0.0.1:%u",
                 instance->ports[i]);
    instance->cage.port = instance->ports[0];
    return 0;
}

/* Dependencies first, the service last. */
static int native_launch(const struct settings *settings, const struct run_files *files,
                         struct instance *instance, struct error *err)
{
    for (unsigned n = instance->n_programs; n > 0; n--) {
        unsigned index = n - 1;
        const char *name = launch_program_of(settings, index)->name;
        CLEANUP(freep) char *own_log = NULL;
        if (index > 0 && asprintf(&own_log, "%s.%s", files->log_path, name) < 0)
            return error_out_of_memory(err);
        struct launch launch = {
            .settings = settings,
            .values = {.ports = instance->ports, .data_dir = files->data_dir},
            .index = index,
            .log_path = index > 0 ? own_log : files->log_path,
            .log = &instance->logs[index],
            .cgroup = index > 0 ? instance->dependencies : instance->cage.cgroup,
            .files = index > 0 ? NULL : files,
        };
        struct process *process =
            index > 0 ? &instance->processes[index - 1] : &instance->cage.process;
        if (launch_start(&launch, process, err) < 0)
            return index > 0 ? error_prefix(err, "dependency %s", name) : -1;
    }
    return 0;
}

static void native_destroy(struct instance *instance)
{
    if (instance == NULL)
        return;
    cage_done(&instance->cage);
    cgroup_destroy(instance->dependencies);
    for (unsigned i = 0; i < SCENARIO_DEPENDENCIES_MAX; i++)
        process_done(&instance->processes[i]);
    for (unsigned i = 0; i < NATIVE_PROGRAMS_MAX; i++)
        service_log_free(instance->logs[i]);
    free(instance);
}

static void native_destroyp(struct instance **instance)
{
    native_destroy(*instance);
}

static int native_start(const struct driver_options *options, const struct run_spec *spec,
                        const struct run_files *files, struct instance **ret, struct error *err)
{
    (void)options;
    CLEANUP(native_destroyp) struct instance *instance = calloc(1, sizeof(*instance));
    if (instance == NULL)
        return error_out_of_memory(err);
    instance->cage = CAGE_NONE;
    for (unsigned i = 0; i < SCENARIO_DEPENDENCIES_MAX; i++)
        instance->processes[i] = PROCESS_NONE;
    if (native_make_groups(&spec->settings, instance, err) < 0 ||
        native_choose_ports(&spec->settings, instance, err) < 0 ||
        native_launch(&spec->settings, files, instance, err) < 0)
        return -1;
    *ret = take_ptr(&instance);
    return 0;
}

static const char *native_endpoint(const struct instance *instance, unsigned index)
{
    return index < instance->n_programs ? instance->endpoints[index] : NULL;
}

static const char *native_cgroup_dir(const struct instance *instance)
{
    return cgroup_path(instance->cage.cgroup);
}

static int native_state(struct instance *instance, struct instance_state *ret, struct error *err)
{
    return cage_state(&instance->cage, ret, err);
}

static int native_read(struct instance *instance, bool full, struct memory_sample *ret,
                       struct error *err)
{
    return cage_read(&instance->cage, full, ret, err);
}

static int native_survey(struct instance *instance, struct survey *ret, struct error *err)
{
    return cage_survey(&instance->cage, ret, err);
}

static int native_inspect(struct instance *instance, uint64_t limit_bytes,
                          struct runtime_survey *ret, struct error *err)
{
    return cage_inspect(&instance->cage, limit_bytes, ret, err);
}

static int native_catch_up(struct instance *instance)
{
    return service_log_sync(instance->logs[0]);
}

static int native_reclaim(struct instance *instance, nsec_t deadline_ns, int64_t *ret_bytes,
                          struct error *err)
{
    return cage_reclaim(&instance->cage, deadline_ns, ret_bytes, err);
}

static int native_squeeze(struct instance *instance, uint64_t bytes, nsec_t deadline_ns,
                          struct squeeze_result *ret, struct error *err)
{
    return cage_squeeze(&instance->cage, bytes, deadline_ns, ret, err);
}

/* Ask the first process; when it has gone and others are left, those are asked. */
static int native_stop(struct instance *instance, nsec_t deadline_ns, struct instance_state *ret,
                       struct error *err)
{
    if (!cage_has_ended(&instance->cage))
        kill(instance->cage.process.pid, SIGTERM);
    return cage_await_end(&instance->cage, deadline_ns, ret, err);
}

const struct driver native_driver = {
    .name = "native",
    .probe = native_probe,
    .start = native_start,
    .endpoint = native_endpoint,
    .cgroup_dir = native_cgroup_dir,
    .state = native_state,
    .read = native_read,
    .survey = native_survey,
    .inspect = native_inspect,
    .catch_up = native_catch_up,
    .reclaim = native_reclaim,
    .squeeze = native_squeeze,
    .stop = native_stop,
    .destroy = native_destroy,
};
