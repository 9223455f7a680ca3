#include "driver/function.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "driver/cage.h"
#include "driver/service_log.h"

struct instance {
    struct cage cage;
    const struct function_work *work; /* borrowed */
    int child_fd;                     /* the child's end of the socket; -1: it has it */
    struct load_function calls;       /* .fd: ours, -1: closed */
    struct service_log *log;          /* owned */
};

static int function_probe(const struct driver_options *options, struct error *why)
{
    (void)options;
    struct cgroup_base base;
    return cgroup_base_open(true, &base, why);
}

static void function_destroy(struct instance *instance)
{
    if (instance == NULL)
        return;
    closep(&instance->child_fd);
    closep(&instance->calls.fd);
    cage_done(&instance->cage);
    service_log_free(instance->log);
    free(instance);
}

static void function_destroyp(struct instance **instance)
{
    function_destroy(*instance);
}

/* In the child. */
static int function_child(void *context)
{
    const struct instance *instance = context;
    close(instance->calls.fd);
    return function_work_serve(instance->work, instance->child_fd);
}

static int function_fork(const struct run_spec *spec, const struct run_files *files,
                         struct instance *instance, struct error *err)
{
    char name[] = "the function";
    char *const argv[] = {name, NULL};
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return error_set_errno(err, ERROR_INTERNAL, errno, "cannot make a socket pair");
    instance->calls.fd = pair[0];
    instance->child_fd = fcntl(pair[1], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    close(pair[1]);
    if (instance->child_fd < 0)
        return error_set_errno(err, ERROR_INTERNAL, errno, "cannot make a socket pair");
    if (service_log_open(files->log_path, &instance->log, err) < 0)
        return -1;
    struct process_spec process = {
        .argv = argv,
        .function = function_child,
        .function_context = instance,
        .inherits = true,
        .stdin_fd = -1,
        .stdout_fd = service_log_fd(instance->log),
        .stderr_fd = service_log_fd(instance->log),
        .no_huge_pages = spec->settings.thp != THP_SYSTEM,
        .raise_nofile = true,
        .attach = cgroup_attach,
        .attach_context = instance->cage.cgroup,
    };
    if (process_spawn(&process, &instance->cage.process, err) < 0 ||
        service_log_begin(instance->log, err) < 0)
        return -1;
    instance->calls.pidfd = instance->cage.process.pidfd;
    close(take_fd(&instance->child_fd));
    return 0;
}

static int function_start(const struct driver_options *options, const struct run_spec *spec,
                          const struct run_files *files, struct instance **ret, struct error *err)
{
    CLEANUP(function_destroyp) struct instance *instance = calloc(1, sizeof(*instance));
    struct cgroup_base base;
    if (instance == NULL)
        return error_out_of_memory(err);
    *instance = (struct instance){
        .cage = CAGE_NONE,
        .work = options->function,
        .child_fd = -1,
        .calls = {.fd = -1, .pidfd = -1},
    };
    if (cage_make(&spec->settings, &instance->cage, &base, err) < 0 ||
        function_fork(spec, files, instance, err) < 0)
        return -1;
    *ret = take_ptr(&instance);
    return 0;
}

static const char *function_endpoint(const struct instance *instance, unsigned index)
{
    (void)instance;
    (void)index;
    return NULL;
}

static const char *function_cgroup_dir(const struct instance *instance)
{
    return cgroup_path(instance->cage.cgroup);
}

static const struct load_function *function_calls(const struct instance *instance)
{
    return &instance->calls;
}

static int function_state(struct instance *instance, struct instance_state *ret, struct error *err)
{
    return cage_state(&instance->cage, ret, err);
}

static int function_read(struct instance *instance, bool full, struct memory_sample *ret,
                         struct error *err)
{
    return cage_read(&instance->cage, full, ret, err);
}

static int function_catch_up(struct instance *instance)
{
    return service_log_sync(instance->log);
}

/* What it has in common with us is nobody's private memory, whose share of it is how large. */
static int function_survey(struct instance *instance, struct survey *ret, struct error *err)
{
    int status = cage_survey(&instance->cage, ret, err);
    if (status != 0 || !memory_sample_has(&ret->memory, MEMORY_ANON))
        return status;
    ret->value[SURVEY_PSS_ANON] = ret->memory.value[MEMORY_ANON];
    if (ret->n_processes == 1)
        ret->processes[0].anon_bytes = ret->memory.value[MEMORY_ANON];
    return 0;
}

static int function_inspect(struct instance *instance, uint64_t limit_bytes,
                            struct runtime_survey *ret, struct error *err)
{
    return cage_inspect(&instance->cage, limit_bytes, ret, err);
}

static int function_reclaim(struct instance *instance, nsec_t deadline_ns, int64_t *ret_bytes,
                            struct error *err)
{
    return cage_reclaim(&instance->cage, deadline_ns, ret_bytes, err);
}

static int function_squeeze(struct instance *instance, uint64_t bytes, nsec_t deadline_ns,
                            struct squeeze_result *ret, struct error *err)
{
    return cage_squeeze(&instance->cage, bytes, deadline_ns, ret, err);
}

static int function_stop(struct instance *instance, nsec_t deadline_ns, struct instance_state *ret,
                         struct error *err)
{
    closep(&instance->calls.fd);
    instance->calls.fd = -1;
    return cage_await_end(&instance->cage, deadline_ns, ret, err);
}

const struct driver function_driver = {
    .name = "function",
    .probe = function_probe,
    .start = function_start,
    .endpoint = function_endpoint,
    .cgroup_dir = function_cgroup_dir,
    .calls = function_calls,
    .state = function_state,
    .read = function_read,
    .survey = function_survey,
    .catch_up = function_catch_up,
    .inspect = function_inspect,
    .reclaim = function_reclaim,
    .squeeze = function_squeeze,
    .stop = function_stop,
    .destroy = function_destroy,
};
