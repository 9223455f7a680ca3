#include "driver/container.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/owner.h"
#include "driver/container_cgroup.h"
#include "driver/container_command.h"
#include "driver/container_parts.h"
#include "memory/cgroup_procs.h"
#include "memory/cgroup_reclaim.h"
#include "memory/cgroup_squeeze.h"
#include "memory/process_survey.h"

/* The engine's command line ends some time after the container. */
#define CONTAINER_END_NS  (30 * NSEC_PER_SEC)
#define CONTAINER_KILL_NS (10 * NSEC_PER_SEC)
#define CONTAINER_LOOK_NS (5 * NSEC_PER_MSEC)

static int container_probe(const struct driver_options *options, struct error *why)
{
    struct container_engine engine;
    if (container_engine_find(NULL, options->engine_home, &engine, why) < 0)
        return 1;
    return container_cgroup_probe(why);
}

static void container_destroy(struct instance *instance)
{
    if (instance == NULL)
        return;
    last_reading_free(instance->last);
    cgroup_reader_free(instance->reader);
    if (instance->was_run) {
        const char *const podman[] = {"rm",        "--force",      "--time=0",
                                      "--volumes", instance->name, NULL};
        const char *const docker[] = {"rm", "--force", "--volumes", instance->name, NULL};
        process_done(&instance->run);
        (void)container_engine_call(&instance->engine, instance->engine.is_podman ? podman : docker,
                                    NULL, NULL);
    }
    process_done(&instance->run);
    cgroup_destroy(instance->dependencies);
    for (unsigned i = 1; i < CONTAINER_PROGRAMS_MAX; i++)
        process_done(&instance->processes[i]);
    if (instance->folder != NULL)
        (void)file_remove_tree(instance->folder, NULL);
    closep(&instance->pidfd);
    closep(&instance->cgroup_fd);
    closep(&instance->proc_fd);
    free(instance->folder);
    free(instance->image);
    free(instance->home);
    for (unsigned i = 0; i < CONTAINER_PROGRAMS_MAX; i++)
        service_log_free(instance->logs[i]);
    free(instance);
}

static void container_destroyp(struct instance **instance)
{
    container_destroy(*instance);
}

/* One engine's; returns how many were removed. */
static int container_sweep_engine(const struct container_engine *engine, struct error *err)
{
    static const char filter[] = "label=" CONTAINER_OWNER_LABEL;
    static const char *const list[] = {"ps",       "--all",      "--filter", filter,
                                       "--format", "{{.Names}}", NULL};
    CLEANUP(buffer_done) struct buffer names = BUFFER_INIT((size_t)1024 * 1024);
    int swept = 0;
    if (container_engine_call(engine, list, &names, err) != 0)
        return -1;
    char *rest = names.data;
    for (char *name = strsep(&rest, "\n"); name != NULL; name = strsep(&rest, "\n")) {
        char owner[CONTAINER_NAME_MAX];
        snprintf(owner, sizeof(owner), "%s", name);
        char *dot = strrchr(owner, '.');
        if (dot == NULL)
            continue;
        *dot = '\0';
        const char *const words[] = {"rm", "--force", "--volumes", name, NULL};
        if (owner_is_dead(owner) && container_engine_call(engine, words, NULL, err) == 0)
            swept++;
    }
    return swept;
}

static int container_start(const struct driver_options *options, const struct run_spec *spec,
                           const struct run_files *files, struct instance **ret, struct error *err)
{
    CLEANUP(container_destroyp) struct instance *instance = calloc(1, sizeof(*instance));
    if (instance == NULL)
        return error_out_of_memory(err);
    instance->run = PROCESS_NONE;
    instance->pidfd = -1;
    instance->cgroup_fd = -1;
    for (unsigned i = 0; i < CONTAINER_PROGRAMS_MAX; i++)
        instance->processes[i] = PROCESS_NONE;
    instance->proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (instance->proc_fd < 0)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot open /proc");
    if (container_plan_start(options, &spec->settings, instance, err) < 0)
        return -1;
    /* A guest is new: there is nothing to be swept. */
    if (options->engine_home == NULL && container_sweep_engine(&instance->engine, err) < 0)
        return -1;
    if (container_bring_up(&spec->settings, files, instance, err) < 0)
        return -1;
    *ret = take_ptr(&instance);
    return 0;
}

static const char *container_endpoint(const struct instance *instance, unsigned index)
{
    return index < instance->n_programs ? instance->endpoints[index] : NULL;
}

/* The exit code of `run` is the container's: 128 and the signal's number for a signal. */
static void container_reap(struct instance *instance, nsec_t deadline_ns)
{
    struct process_end end;
    if (instance->main_ended || process_wait(&instance->run, deadline_ns, &end) != 0)
        return;
    instance->main_ended = true;
    instance->main_end = end;
    if (!end.signaled && end.status > 128 && end.status <= 128 + SIGRTMAX)
        instance->main_end = (struct process_end){.signaled = true, .status = end.status - 128};
}

/* What the engine says of the end; once, for it is dear. */
static int container_ask_engine(struct instance *instance, struct error *err)
{
    struct container_facts facts;
    if (instance->asked_engine)
        return 0;
    if (container_ask(&instance->engine, instance->name, &facts, err) < 0)
        return -1;
    instance->asked_engine = true;
    instance->engine_state = facts.engine;
    return 0;
}

static const char *container_cgroup_dir(const struct instance *instance)
{
    return instance->cgroup[0] != '\0' ? instance->cgroup : NULL;
}

static int container_state(struct instance *instance, struct instance_state *ret, struct error *err)
{
    bool over = last_reading_is_over(instance->last);
    if (over) {
        container_reap(instance, clock_now_ns() + CONTAINER_END_NS);
        if (container_ask_engine(instance, err) < 0)
            return -1;
    }
    int n = over ? 0 : cgroup_procs_count(instance->cgroup_fd, err);
    if (n < 0)
        return -1;
    *ret = (struct instance_state){
        .alive = !over,
        .main_ended = instance->main_ended,
        .main_end = instance->main_end,
        .processes = (unsigned)n,
        .engine = instance->engine_state,
    };
    if (!over)
        ret->engine = (struct engine_state){.present = true, .running = true};
    return 0;
}

static int container_read(struct instance *instance, bool full, struct memory_sample *ret,
                          struct error *err)
{
    if (last_reading_is_over(instance->last))
        return last_reading_get(instance->last, ret);
    int status = full ? cgroup_reader_full(instance->reader, ret, err)
                      : cgroup_reader_quick(instance->reader, ret, err);
    return status == 1 ? last_reading_get(instance->last, ret) : status;
}

static int container_survey(struct instance *instance, struct survey *ret, struct error *err)
{
    struct survey survey;
    survey_init(&survey);
    survey.t_ns = ret->t_ns;
    int status = container_read(instance, true, &survey.memory, err);
    if (status != 0)
        return status;
    if (process_survey_take(instance->cgroup_fd, instance->proc_fd, instance->ports[0], &survey,
                            err) < 0)
        return -1;
    *ret = survey;
    return 0;
}

static int container_inspect(struct instance *instance, uint64_t limit_bytes,
                             struct runtime_survey *ret, struct error *err)
{
    return runtime_survey_take(instance->cgroup_fd, instance->proc_fd, instance->ports[0],
                               limit_bytes, ret, err);
}

static int container_reclaim(struct instance *instance, nsec_t deadline_ns, int64_t *ret_bytes,
                             struct error *err)
{
    return cgroup_reclaim_folder(instance->cgroup_fd, deadline_ns, ret_bytes, err);
}

static int container_squeeze(struct instance *instance, uint64_t bytes, nsec_t deadline_ns,
                             struct squeeze_result *ret, struct error *err)
{
    return cgroup_squeeze(instance->cgroup_fd, instance->reader, bytes, deadline_ns, ret, err);
}

/* Is this bit set in the line of a /proc/PID/status? */
static bool container_has_signal(const char *status, const char *key, int number)
{
    unsigned long long mask = 0;
    const char *line = strstr(status, key);
    return line != NULL && sscanf(line + strlen(key), "%llx", &mask) == 1 &&
           (mask >> (number - 1) & 1) != 0;
}

/* What the first process of a pid namespace has no handler for, and does not wait for, is dropped:
 * then there is nothing to wait for either. */
static bool container_takes_signal(pid_t pid, int number)
{
    char path[64];
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(65536);
    snprintf(path, sizeof(path), "/proc/%d/status", pid);
    return file_read(AT_FDCWD, path, &text, NULL) < 0 ||
           container_has_signal(buffer_text(&text), "\nSigCgt:", number) ||
           container_has_signal(buffer_text(&text), "\nSigBlk:", number);
}

/* Send it, ourselves or, where it is not ours to send, by the engine. */
static int container_signal(struct instance *instance, int number, struct error *err)
{
    if (syscall(SYS_pidfd_send_signal, instance->pidfd, number, NULL, 0U) == 0 || errno == ESRCH)
        return 0;
    char option[32];
    snprintf(option, sizeof(option), "--signal=%d", number);
    const char *const words[] = {"kill", option, instance->name, NULL};
    if (container_engine_call(&instance->engine, words, NULL, err) == 0 ||
        last_reading_is_over(instance->last))
        return 0;
    return -1;
}

static bool container_await_end(struct instance *instance, nsec_t deadline_ns)
{
    struct pollfd watch = {.fd = instance->pidfd, .events = POLLIN};
    for (nsec_t now_ns = clock_now_ns(); now_ns < deadline_ns; now_ns = clock_now_ns())
        if (poll(&watch, 1, clock_poll_timeout_ms(now_ns, deadline_ns)) > 0)
            return true;
    return last_reading_is_over(instance->last);
}

static int container_stop(struct instance *instance, nsec_t deadline_ns, struct instance_state *ret,
                          struct error *err)
{
    int number = instance->facts.stop_signal > 0 ? instance->facts.stop_signal : SIGTERM;
    bool ended = last_reading_is_over(instance->last);
    if (!ended && container_takes_signal(instance->pid, number)) {
        if (container_signal(instance, number, err) < 0)
            return -1;
        ended = container_await_end(instance, deadline_ns);
    }
    if (!ended) {
        if (container_signal(instance, SIGKILL, err) < 0)
            return -1;
        if (!container_await_end(instance, clock_now_ns() + CONTAINER_KILL_NS))
            return error_set(err, ERROR_INTERNAL, "the container %s does not go", instance->name);
    }
    return container_state(instance, ret, err);
}

unsigned container_sweep(struct error *err)
{
    static const char *const names[] = {"podman", "docker"};
    unsigned swept = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        struct container_engine engine;
        if (container_engine_find(names[i], NULL, &engine, NULL) < 0)
            continue;
        int n = container_sweep_engine(&engine, err);
        swept += n > 0 ? (unsigned)n : 0;
    }
    return swept;
}

static int container_catch_up(struct instance *instance)
{
    return service_log_sync(instance->logs[0]);
}

const struct driver container_driver = {
    .name = "container",
    .probe = container_probe,
    .start = container_start,
    .endpoint = container_endpoint,
    .cgroup_dir = container_cgroup_dir,
    .state = container_state,
    .read = container_read,
    .survey = container_survey,
    .inspect = container_inspect,
    .catch_up = container_catch_up,
    .reclaim = container_reclaim,
    .squeeze = container_squeeze,
    .stop = container_stop,
    .destroy = container_destroy,
};
