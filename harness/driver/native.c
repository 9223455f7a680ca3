#include "driver/native.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "driver/free_ports.h"
#include "driver/launch.h"
#include "memory/cgroup.h"
#include "memory/cgroup_procs.h"
#include "memory/cgroup_reader.h"
#include "memory/cgroup_squeeze.h"
#include "memory/process_survey.h"

#define NATIVE_PROGRAMS_MAX (1 + SCENARIO_DEPENDENCIES_MAX)
#define NATIVE_ENDPOINT_MAX 40

/* How often stop looks whether the last process has gone. */
#define NATIVE_LOOK_NS (5 * NSEC_PER_MSEC)

/* What is left after a kill gets this long to go. */
#define NATIVE_KILL_NS (10 * NSEC_PER_SEC)

struct instance {
    struct cgroup *service;      /* owned */
    struct cgroup *dependencies; /* owned; NULL: there are none */
    struct cgroup_reader *reader;
    int proc_fd;
    unsigned n_programs;
    struct process processes[NATIVE_PROGRAMS_MAX]; /* 0: the service */
    uint16_t ports[NATIVE_PROGRAMS_MAX];
    char endpoints[NATIVE_PROGRAMS_MAX][NATIVE_ENDPOINT_MAX];
    bool main_ended;
    struct process_end main_end;
};

static int native_probe(const struct driver_options *options, struct error *why)
{
    (void)options;
    struct cgroup_base base;
    return cgroup_base_open(true, &base, why);
}

/* Groups first, so that a machine that cannot is found out before anything runs. */
static int native_make_groups(const struct settings *settings, struct instance *instance,
                              struct error *err)
{
    struct cgroup_base base;
    if (cgroup_base_open(false, &base, err) != 0)
        return -1;
    cgroup_sweep(&base);

    struct cgroup_limits limits = {
        .memory_max_bytes = settings->limit_bytes,
        .memory_high_bytes = settings->high_bytes,
        .memory_min_bytes = settings->min_bytes != SCENARIO_NO_LIMIT ? settings->min_bytes : 0,
        .oom_group = settings->oom_group,
        .pids_max = settings->pids > 0 ? settings->pids : CGROUP_NO_LIMIT,
        .cpus = settings->cpus,
    };
    if (cgroup_create(&base, "service", &limits, &instance->service, err) < 0 ||
        cgroup_reader_open(cgroup_dir_fd(instance->service), &instance->reader, err) < 0)
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
            .cgroup = index > 0 ? instance->dependencies : instance->service,
        };
        if (launch_start(&launch, &instance->processes[index], err) < 0)
            return index > 0 ? error_prefix(err, "dependency %s", name) : -1;
    }
    return 0;
}

static void native_destroy(struct instance *instance)
{
    if (instance == NULL)
        return;
    cgroup_reader_free(instance->reader);
    cgroup_destroy(instance->service);
    cgroup_destroy(instance->dependencies);
    for (unsigned i = 0; i < NATIVE_PROGRAMS_MAX; i++)
        process_done(&instance->processes[i]);
    closep(&instance->proc_fd);
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
    for (unsigned i = 0; i < NATIVE_PROGRAMS_MAX; i++)
        instance->processes[i] = PROCESS_NONE;
    instance->proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (instance->proc_fd < 0)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot open /proc");

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

static void native_reap(struct instance *instance)
{
    if (!instance->main_ended)
        instance->main_ended = process_wait(&instance->processes[0], 0, &instance->main_end) == 0;
}

static int native_state(struct instance *instance, struct instance_state *ret, struct error *err)
{
    native_reap(instance);
    int n = cgroup_procs_count(cgroup_dir_fd(instance->service), err);
    if (n < 0)
        return -1;
    *ret = (struct instance_state){
        .alive = !instance->main_ended || cgroup_is_populated(instance->service),
        .main_ended = instance->main_ended,
        .main_end = instance->main_end,
        .processes = (unsigned)n,
    };
    return 0;
}

static int native_read(struct instance *instance, bool full, struct memory_sample *ret,
                       struct error *err)
{
    return full ? cgroup_reader_full(instance->reader, ret, err)
                : cgroup_reader_quick(instance->reader, ret, err);
}

static int native_survey(struct instance *instance, struct survey *ret, struct error *err)
{
    struct survey survey;
    survey_init(&survey);
    survey.t_ns = ret->t_ns;
    int result = cgroup_reader_full(instance->reader, &survey.memory, err);
    if (result != 0)
        return result;
    if (process_survey_take(cgroup_dir_fd(instance->service), instance->proc_fd, instance->ports[0],
                            &survey, err) < 0)
        return -1;
    native_reap(instance);
    survey.value[SURVEY_FIRST] = instance->main_ended ? 0 : 1;
    *ret = survey;
    return 0;
}

static int native_inspect(struct instance *instance, uint64_t limit_bytes,
                          struct runtime_survey *ret, struct error *err)
{
    return runtime_survey_take(cgroup_dir_fd(instance->service), instance->proc_fd,
                               instance->ports[0], limit_bytes, ret, err);
}

static int native_reclaim(struct instance *instance, nsec_t deadline_ns, int64_t *ret_bytes,
                          struct error *err)
{
    return cgroup_reclaim(instance->service, deadline_ns, ret_bytes, err);
}

static int native_squeeze(struct instance *instance, uint64_t bytes, nsec_t deadline_ns,
                          struct squeeze_result *ret, struct error *err)
{
    return cgroup_squeeze(cgroup_dir_fd(instance->service), instance->reader, bytes, deadline_ns,
                          ret, err);
}

static bool native_is_alive(struct instance *instance)
{
    native_reap(instance);
    return !instance->main_ended || cgroup_is_populated(instance->service);
}

/* Ask the first process; when it has gone and others are left, ask those. */
static int native_stop(struct instance *instance, nsec_t deadline_ns, struct instance_state *ret,
                       struct error *err)
{
    native_reap(instance);
    bool asked_all = instance->main_ended;
    if (asked_all)
        cgroup_signal(instance->service, SIGTERM);
    else
        kill(instance->processes[0].pid, SIGTERM);

    while (native_is_alive(instance)) {
        nsec_t now_ns = clock_now_ns();
        if (now_ns >= deadline_ns)
            break;
        if (instance->main_ended && !asked_all) {
            cgroup_signal(instance->service, SIGTERM);
            asked_all = true;
        }
        nsec_t look_ns = now_ns + NATIVE_LOOK_NS;
        clock_sleep_until(look_ns < deadline_ns ? look_ns : deadline_ns);
    }
    nsec_t kill_deadline_ns = clock_now_ns() + NATIVE_KILL_NS;
    if (cgroup_kill(instance->service, kill_deadline_ns, err) < 0)
        return -1;
    if (!instance->main_ended)
        instance->main_ended =
            process_wait(&instance->processes[0], kill_deadline_ns, &instance->main_end) == 0;
    return native_state(instance, ret, err);
}

const struct driver native_driver = {
    .name = "native",
    .probe = native_probe,
    .start = native_start,
    .endpoint = native_endpoint,
    .state = native_state,
    .read = native_read,
    .survey = native_survey,
    .inspect = native_inspect,
    .reclaim = native_reclaim,
    .squeeze = native_squeeze,
    .stop = native_stop,
    .destroy = native_destroy,
};
