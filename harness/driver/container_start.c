#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/owner.h"
#include "base/units.h"
#include "driver/container_cgroup.h"
#include "driver/container_command.h"
#include "driver/container_parts.h"
#include "driver/free_ports.h"
#include "driver/image.h"
#include "driver/launch.h"

/* An emulated guest copies and checks some ten MiB of an image a second. */
#define START_WAIT_NS  (300 * NSEC_PER_SEC)
#define START_LOOK_NS  (10 * NSEC_PER_MSEC)
#define START_LOG_SIZE 2048
#define LOADED_MAX     4096

/* Exit codes of `run` that are the engine's own: it failed; the command cannot be executed, or is
 * not there. */
enum { RUN_FAILED = 125, RUN_NOT_EXECUTABLE = 126, RUN_NOT_FOUND = 127 };

bool container_is_alone(void)
{
    struct ifaddrs *list = NULL;
    bool alone = getifaddrs(&list) == 0;
    for (const struct ifaddrs *at = list; alone && at != NULL; at = at->ifa_next)
        alone = (at->ifa_flags & IFF_LOOPBACK) != 0 || (at->ifa_flags & IFF_UP) == 0;
    if (list != NULL)
        freeifaddrs(list);
    return alone;
}

int container_ask(const struct container_engine *engine, const char *name,
                  struct container_facts *ret, struct error *err)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT((size_t)1024 * 1024);
    const char *const words[] = {"container", "inspect", name, NULL};
    int status = container_engine_call(engine, words, &text, err);
    if (status < 0 || (status > 0 && !container_engine_says_unknown(err)))
        return -1;
    if (status > 0)
        return error_set(err, ERROR_USAGE, "%s has no container \"%.100s\" (%s ps -a lists them)",
                         engine->name, name, engine->name);
    return container_facts_parse("inspect", buffer_text(&text), text.length, ret, err);
}

/* "Loaded image: localhost/web:1.2" on its last line; malloc'd. */
static char *start_loaded_name(const struct buffer *said)
{
    const char *colon = NULL;
    for (const char *at = strstr(buffer_text(said), "Loaded image"); at != NULL;
         at = strstr(at + 1, "Loaded image"))
        colon = strstr(at, ": ");
    return colon != NULL ? strndup(colon + 2, strcspn(colon + 2, ",\n")) : NULL;
}

/* Where it is noted under which name an archive has been loaded; malloc'd. */
static char *start_note_path(const char *home, const char *archive)
{
    char *path = NULL;
    if (asprintf(&path, "%s/loaded%s", home, archive) < 0)
        return NULL;
    for (char *at = path + strlen(home) + 1; *at != '\0'; at++)
        if (*at == '/')
            *at = '%';
    return path;
}

/* The name that the engine has for the image; an archive is loaded, in a home of its own once. */
static int start_load_image(const char *image, struct instance *instance, struct error *err)
{
    const struct container_engine *engine = &instance->engine;
    const char *archive = image_archive_path(image);
    CLEANUP(buffer_done) struct buffer said = BUFFER_INIT(LOADED_MAX);
    CLEANUP(freep) char *note = NULL;
    if (archive == NULL) {
        instance->image = strdup(image);
        return instance->image != NULL ? 0 : error_out_of_memory(err);
    }
    if (engine->home != NULL) {
        note = start_note_path(engine->home, archive);
        if (note == NULL)
            return error_out_of_memory(err);
        if (file_read(AT_FDCWD, note, &said, NULL) == 0) {
            instance->image = strdup(buffer_text(&said));
            return instance->image != NULL ? 0 : error_out_of_memory(err);
        }
    }
    const char *const words[] = {"load", "--quiet", "--input", archive, NULL};
    if (container_engine_call(engine, words, &said, err) != 0)
        return error_prefix(err, "cannot load the image");
    instance->image = start_loaded_name(&said);
    if (instance->image == NULL)
        return error_set(err, ERROR_ENVIRONMENT, "%s load does not say what it loaded: %.200s",
                         engine->name, buffer_text(&said));
    return note == NULL
               ? 0
               : file_write_atomic(AT_FDCWD, note, instance->image, strlen(instance->image), err);
}

/* Inside: what is said, else what the image exposes, else a free one. */
static int start_choose_ports(const struct settings *settings, struct instance *instance,
                              struct error *err)
{
    bool alone = container_is_alone();
    instance->n_programs = 1 + settings->n_dependencies;
    for (unsigned i = 0; i < instance->n_programs; i++)
        instance->ports[i] = launch_program_of(settings, i)->port;
    if (instance->ports[0] == 0 && instance->facts.n_ports > 1)
        return error_set(
            err, ERROR_USAGE,
            "the image exposes %u ports (%u, %u…); say which is the service's: --port N",
            instance->facts.n_ports, instance->facts.ports[0], instance->facts.ports[1]);
    if (instance->ports[0] == 0 && instance->facts.n_ports == 1)
        instance->ports[0] = instance->facts.ports[0];
    if (!alone && settings->n_dependencies > 0)
        return error_set(err, ERROR_USAGE,
                         "dependencies are programs of this machine, and the container has a "
                         "network of its own here; use --driver vm, where it has the guest's");
    if (alone && instance->ports[0] != 0 && !free_ports_is_free(instance->ports[0]))
        return error_set(err, ERROR_USAGE,
                         "port %u is another container's: here they all have the machine's own "
                         "network, and variants that take turns are up at the same time; use an "
                         "image that listens on $PORT, or --driver container",
                         instance->ports[0]);
    if (free_ports_choose(instance->ports, instance->n_programs, err) < 0 ||
        (!alone && free_ports_choose(&instance->host_port, 1, err) < 0))
        return -1;
    for (unsigned i = 0; i < instance->n_programs; i++) {
        unsigned port = i == 0 && !alone ? instance->host_port : instance->ports[i];
        snprintf(instance->endpoints[i], CONTAINER_ENDPOINT_MAX, "http://127.0.0.1:%u", port);
    }
    return 0;
}

int container_plan_start(const struct driver_options *options, const struct settings *settings,
                         struct instance *instance, struct error *err)
{
    char owner[OWNER_NAME_MAX];
    if (options->engine_home != NULL) {
        instance->home = strdup(options->engine_home);
        if (instance->home == NULL)
            return error_out_of_memory(err);
    }
    /* In the guest it is podman, whichever engine the image came from. */
    const char *name = options->engine_home != NULL ? "podman" : settings->engine;
    if (owner_name(owner, err) < 0 ||
        container_engine_find(name, instance->home, &instance->engine, err) < 0 ||
        container_engine_prepare(&instance->engine, err) < 0 ||
        image_find(&instance->engine, settings->image, &instance->facts, err) < 0)
        return -1;
    if (!instance->facts.has_command && settings->service.command[0] == NULL &&
        settings->service.args[0] == NULL)
        return error_set(err, ERROR_USAGE,
                         "the image %s says no command (CMD, ENTRYPOINT); give one: -- COMMAND",
                         settings->image);
    snprintf(instance->name, sizeof(instance->name), "%s.%llx", owner,
             (unsigned long long)clock_now_ns());
    if (start_choose_ports(settings, instance, err) < 0)
        return -1;
    return start_load_image(settings->image, instance, err);
}

static int start_dependencies(const struct settings *settings, const struct run_files *files,
                              struct instance *instance, struct error *err)
{
    struct cgroup_base base;
    const struct cgroup_limits none = {.memory_max_bytes = CGROUP_NO_LIMIT,
                                       .memory_high_bytes = CGROUP_NO_LIMIT,
                                       .pids_max = CGROUP_NO_LIMIT};
    if (settings->n_dependencies == 0)
        return 0;
    if (cgroup_base_open(false, &base, err) != 0)
        return error_prefix(err, "dependencies need a cgroup");
    if (cgroup_create(&base, "dependencies", &none, &instance->dependencies, err) < 0)
        return -1;
    for (unsigned index = settings->n_dependencies; index > 0; index--) {
        const char *name = settings->dependencies[index - 1].name;
        CLEANUP(freep) char *log_path = NULL;
        if (asprintf(&log_path, "%s.%s", files->log_path, name) < 0) {
            log_path = NULL;
            return error_out_of_memory(err);
        }
        const struct launch launch = {
            .settings = settings,
            .values = {.ports = instance->ports, .data_dir = files->data_dir},
            .index = index,
            .log_path = log_path,
            .log = &instance->logs[index],
            .cgroup = instance->dependencies,
        };
        if (launch_start(&launch, &instance->processes[index], err) < 0)
            return error_prefix(err, "dependency %s", name);
    }
    return 0;
}

/* Its end before anything could be seen of it: whose fault is it? Always -1. */
static int start_failed(const struct instance *instance, const struct run_files *files,
                        struct error *err)
{
    char tail[START_LOG_SIZE];
    char end[128];
    (void)service_log_sync(instance->logs[0]);
    size_t length = file_tail(AT_FDCWD, files->log_path, 8, tail, sizeof(tail));
    while (length > 0 && tail[length - 1] == '\n')
        tail[--length] = '\0';
    bool engine = !instance->main_end.signaled && instance->main_end.status == RUN_FAILED;
    bool command =
        !instance->main_end.signaled && (instance->main_end.status == RUN_NOT_EXECUTABLE ||
                                         instance->main_end.status == RUN_NOT_FOUND);
    return error_set(err, engine ? ERROR_ENVIRONMENT : ERROR_SERVICE, "%s (%s)%s%s",
                     engine    ? "the engine cannot start the container"
                     : command ? "the container's command cannot be executed"
                               : "the container ended as soon as it was started",
                     process_end_text(&instance->main_end, end, sizeof(end)),
                     length > 0 ? ":\n" : "", tail);
}

/* The pid, as podman has written it, or docker's inspect tells it; 0: not yet. */
static int start_look_for_pid(struct instance *instance, const char *pid_path, const char *id_path,
                              pid_t *ret, struct error *err)
{
    uint64_t pid = 0;
    struct container_facts facts = {.pid = 0};
    *ret = 0;
    if (instance->engine.is_podman) {
        if (file_read_u64(AT_FDCWD, pid_path, &pid, NULL) == 0 && pid > 0 && pid < INT32_MAX)
            *ret = (pid_t)pid;
        return 0;
    }
    if (!file_exists(AT_FDCWD, id_path))
        return 0;
    if (container_ask(&instance->engine, instance->name, &facts, err) < 0)
        return -1;
    *ret = facts.pid;
    return 0;
}

static int start_await_pid(struct instance *instance, const struct run_files *files,
                           struct error *err)
{
    CLEANUP(freep) char *pid_path = file_join(instance->folder, "pid");
    CLEANUP(freep) char *id_path = file_join(instance->folder, "id");
    if (pid_path == NULL || id_path == NULL)
        return error_out_of_memory(err);
    nsec_t deadline_ns = clock_now_ns() + START_WAIT_NS;
    while (instance->pid == 0) {
        if (process_wait(&instance->run, clock_now_ns() + START_LOOK_NS, &instance->main_end) ==
            0) {
            instance->main_ended = true;
            return start_failed(instance, files, err);
        }
        if (interrupt_count() > 0)
            return error_set(err, ERROR_INTERRUPTED, "interrupted");
        if (clock_now_ns() >= deadline_ns)
            return error_set(err, ERROR_ENVIRONMENT, "%s run did not start the container in %lld s",
                             instance->engine.name, (long long)(START_WAIT_NS / NSEC_PER_SEC));
        if (start_look_for_pid(instance, pid_path, id_path, &instance->pid, err) < 0)
            return -1;
    }
    return 0;
}

/* docker has no options for these: they are written once it runs. */
static int start_settle_limits(const struct settings *settings, const struct instance *instance,
                               struct error *err)
{
    const struct {
        const char *file;
        uint64_t value;
        bool needed;
    } files[] = {
        {"memory.oom.group", settings->oom_group ? 1 : 0, false},
        {"memory.high", settings->high_bytes, settings->high_bytes != SCENARIO_NO_LIMIT},
        {"memory.min", settings->min_bytes, settings->min_bytes != SCENARIO_NO_LIMIT},
    };
    for (size_t i = 0; !instance->engine.is_podman && i < ARRAY_LENGTH(files); i++) {
        char text[32];
        if (files[i].value == SCENARIO_NO_LIMIT)
            continue;
        snprintf(text, sizeof(text), "%llu", (unsigned long long)files[i].value);
        struct error failure = {.kind = ERROR_NONE};
        if (file_write(instance->cgroup_fd, files[i].file, text, &failure) == 0 || !files[i].needed)
            continue;
        return error_set(err, ERROR_ENVIRONMENT, "%s: docker has no option for it, and %s",
                         files[i].file, failure.text);
    }
    return 0;
}

/* From its pid to what is read of it. */
static int start_open_group(const struct settings *settings, const struct run_files *files,
                            struct instance *instance, struct error *err)
{
    instance->pidfd = (int)syscall(SYS_pidfd_open, instance->pid, 0);
    int status = instance->pidfd < 0 ? 1
                                     : container_cgroup_find(instance->pid, settings->limit_bytes,
                                                             instance->cgroup, err);
    if (status < 0)
        return -1;
    if (status == 0)
        instance->cgroup_fd = open(instance->cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (status == 1 || instance->cgroup_fd < 0) {
        nsec_t deadline_ns = clock_now_ns() + CONTAINER_ENGINE_WAIT_NS;
        instance->main_ended = process_wait(&instance->run, deadline_ns, &instance->main_end) == 0;
        return start_failed(instance, files, err);
    }
    if (cgroup_reader_open(instance->cgroup_fd, &instance->reader, err) < 0 ||
        last_reading_start(instance->cgroup_fd, instance->pidfd, &instance->last, err) < 0)
        return -1;
    return start_settle_limits(settings, instance, err);
}

static int start_run(const struct settings *settings, const struct run_files *files,
                     struct instance *instance, struct error *err)
{
    CLEANUP(freep) char *pid_path = file_join(instance->folder, "pid");
    CLEANUP(freep) char *id_path = file_join(instance->folder, "id");
    CLEANUP(container_command_done) struct container_command command = {.words = NULL};
    char owner[OWNER_NAME_MAX];
    if (pid_path == NULL || id_path == NULL)
        return error_out_of_memory(err);
    if (owner_name(owner, err) < 0)
        return -1;
    const struct container_order order = {
        .engine = &instance->engine,
        .settings = settings,
        .image = instance->image,
        .ports = instance->ports,
        .host_port = instance->host_port,
        .data_dir = files->data_dir,
        .name = instance->name,
        .owner = owner,
        .id_path = id_path,
        .pid_path = pid_path,
    };
    if (container_command_make(&order, &command, err) < 0)
        return -1;
    if (service_log_open(files->log_path, &instance->logs[0], err) < 0)
        return -1;
    const struct process_spec spec = {
        .stdin_fd = -1,
        .stdout_fd = service_log_fd(instance->logs[0]),
        .stderr_fd = service_log_fd(instance->logs[0]),
        .no_huge_pages = settings->thp != THP_SYSTEM, /* what podman starts inherits it */
        .raise_nofile = true,
    };
    instance->was_run = true;
    if (container_engine_spawn(&instance->engine, (const char *const *)command.words, &spec,
                               &instance->run, err) < 0)
        return -1;
    return service_log_begin(instance->logs[0], err);
}

int container_bring_up(const struct settings *settings, const struct run_files *files,
                       struct instance *instance, struct error *err)
{
    if (asprintf(&instance->folder, "%s.container", files->data_dir) < 0) {
        instance->folder = NULL;
        return error_out_of_memory(err);
    }
    if (file_remove_tree(instance->folder, err) < 0 ||
        file_make_directories(instance->folder, err) < 0)
        return -1;
    /* Who the container's user is to this machine is the engine's to choose. */
    if (settings->service.user != NULL && chmod(files->data_dir, 0777) < 0)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot open up %s", files->data_dir);
    if (start_dependencies(settings, files, instance, err) < 0 ||
        start_run(settings, files, instance, err) < 0 || start_await_pid(instance, files, err) < 0)
        return -1;
    return start_open_group(settings, files, instance, err);
}
