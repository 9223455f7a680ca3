#include "driver/engine.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "driver/doctor_probe.h"
#include "driver/environment.h"

#define ENGINE_ERROR_TAIL 600
#define ENGINE_SAID_MAX   ((size_t)64 * 1024)
#define ENGINE_LOOK_NS    (100 * NSEC_PER_MSEC)

extern char **environ;

static const char *const engine_names[] = {"podman", "docker"};

const char *container_engine_split(const char *text, const char **ret_name)
{
    *ret_name = NULL;
    for (size_t i = 0; i < ARRAY_LENGTH(engine_names); i++) {
        size_t length = strlen(engine_names[i]);
        if (strncmp(text, engine_names[i], length) == 0 && text[length] == ':') {
            *ret_name = engine_names[i];
            return text + length + 1;
        }
    }
    return text;
}

int container_engine_find(const char *name, const char *home, struct container_engine *ret,
                          struct error *err)
{
    for (size_t i = 0; i < ARRAY_LENGTH(engine_names); i++) {
        struct container_engine engine = {.home = home, .is_podman = i == 0};
        if ((name != NULL && strcmp(name, engine_names[i]) != 0) ||
            !doctor_find_program(engine_names[i], engine.path, sizeof(engine.path)))
            continue;
        snprintf(engine.name, sizeof(engine.name), "%s", engine_names[i]);
        *ret = engine;
        return 0;
    }
    if (name != NULL && strcmp(name, "podman") != 0 && strcmp(name, "docker") != 0)
        return error_set(err, ERROR_USAGE, "found the engine \"%.40s\", expected podman or docker",
                         name);
    return error_set(
        err, ERROR_ENVIRONMENT, "%s is not in PATH; install it (Debian: apt-get install %s)",
        name != NULL ? name : "neither podman nor docker",
        name != NULL && strcmp(name, "docker") == 0 ? "docker.io" : "podman crun conmon netavark");
}

/* The settings that podman needs where no systemd runs and there is loopback only. Overlay on the
 * home's tmpfs holds an image once, where vfs would copy it for every layer and container. */
static int engine_write_settings(const char *home, struct error *err)
{
    static const struct {
        const char *name;
        const char *format;
    } files[] = {
        {"storage.conf", "[storage]\ndriver = \"overlay\"\ngraphroot = \"%s/graph\"\n"
                         "runroot = \"%s/run\"\n"},
        {"containers.conf", "[containers]\nnetns = \"host\"\n"
                            "[engine]\ncgroup_manager = \"cgroupfs\"\nevents_logger = \"file\"\n"
                            "tmp_dir = \"%s/libpod\"\n"
                            "[network]\nnetwork_config_dir = \"%s/net\"\n"},
        {".config/containers/policy.json",
         "{\"default\": [{\"type\": \"insecureAcceptAnything\"}]}\n"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(files); i++) {
        CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(8192);
        CLEANUP(freep) char *path = file_join(home, files[i].name);
        if (path == NULL)
            return error_out_of_memory(err);
        /* The format is one of the above: at most two folders. */
        const char *rest = files[i].format;
        for (const char *at = strstr(rest, "%s"); at != NULL; at = strstr(rest, "%s")) {
            if (buffer_append(&text, rest, (size_t)(at - rest), err) < 0 ||
                buffer_append_text(&text, home, err) < 0)
                return -1;
            rest = at + 2;
        }
        if (buffer_append_text(&text, rest, err) < 0 ||
            file_write_atomic(AT_FDCWD, path, buffer_text(&text), text.length, err) < 0)
            return -1;
    }
    return 0;
}

int container_engine_prepare(const struct container_engine *engine, struct error *err)
{
    static const char *const folders[] = {"tmp", "net", ".config/containers"};
    if (engine->home == NULL)
        return 0;
    if (!engine->is_podman)
        return error_set(err, ERROR_USAGE,
                         "engine docker cannot run in the guest, for it needs a daemon; expected "
                         "podman (--engine podman), which takes docker's images as well");
    for (size_t i = 0; i < ARRAY_LENGTH(folders); i++) {
        CLEANUP(freep) char *path = file_join(engine->home, folders[i]);
        if (path == NULL)
            return error_out_of_memory(err);
        if (file_make_directories(path, err) < 0)
            return -1;
    }
    return engine_write_settings(engine->home, err);
}

/* Ours, and where its settings are. */
static int engine_environment(const struct container_engine *engine,
                              struct environment *environment, struct error *err)
{
    static const char *const entries[][2] = {
        {"HOME", ""},
        {"TMPDIR", "/tmp"},
        {"CONTAINERS_STORAGE_CONF", "/storage.conf"},
        {"CONTAINERS_CONF", "/containers.conf"},
    };
    if (environment_add_all(environment, environ, err) < 0)
        return -1;
    for (size_t i = 0; engine->home != NULL && i < ARRAY_LENGTH(entries); i++) {
        char entry[1024];
        snprintf(entry, sizeof(entry), "%s=%s%s", entries[i][0], engine->home, entries[i][1]);
        if (environment_set(environment, entry, err) < 0)
            return -1;
    }
    return 0;
}

int container_engine_spawn(const struct container_engine *engine, const char *const *words,
                           const struct process_spec *spec, struct process *ret, struct error *err)
{
    CLEANUP(environment_done) struct environment environment = ENVIRONMENT_INIT;
    if (engine_environment(engine, &environment, err) < 0)
        return -1;
    size_t n = 0;
    while (words[n] != NULL)
        n++;
    CLEANUP(freep) char **argv = calloc(n + 2, sizeof(*argv));
    if (argv == NULL)
        return error_out_of_memory(err);
    /* exec takes its words as char *, but does not change them. */
    const char *path = engine->path;
    memcpy(argv, &path, sizeof(*argv));
    memcpy(argv + 1, words, n * sizeof(*argv));

    struct process_spec whole = *spec;
    whole.argv = argv;
    whole.env = environment.entries;
    return process_spawn(&whole, ret, err);
}

/* What a call prints, stream by stream. */
struct engine_streams {
    int fds[2]; /* our ends; -1: at its end */
    struct buffer *out;
    struct buffer said; /* on standard error */
};

static void engine_streams_done(struct engine_streams *streams)
{
    closep(&streams->fds[0]);
    closep(&streams->fds[1]);
    buffer_done(&streams->said);
}

/* Take what is there; beyond its bound standard error is dropped, for it is only quoted. */
static int engine_take(struct engine_streams *streams, int index, struct error *err)
{
    char data[16384];
    ssize_t length = read(streams->fds[index], data, sizeof(data));
    if (length < 0 && (errno == EINTR || errno == EAGAIN))
        return 0;
    if (length <= 0) {
        close(take_fd(&streams->fds[index]));
        return 0;
    }
    if (index == 1) {
        (void)buffer_append(&streams->said, data, (size_t)length, NULL);
        return 0;
    }
    return streams->out != NULL ? buffer_append(streams->out, data, (size_t)length, err) : 0;
}

/* Until both streams are at their end. 1: not by the deadline. */
static int engine_read_all(struct engine_streams *streams, nsec_t deadline_ns, struct error *err)
{
    while (streams->fds[0] >= 0 || streams->fds[1] >= 0) {
        nsec_t now_ns = clock_now_ns();
        if (now_ns >= deadline_ns)
            return 1;
        if (interrupt_count() > 0)
            return error_set(err, ERROR_INTERRUPTED, "interrupted");
        nsec_t look_ns =
            now_ns + ENGINE_LOOK_NS < deadline_ns ? now_ns + ENGINE_LOOK_NS : deadline_ns;
        struct pollfd watch[2] = {{.fd = streams->fds[0], .events = POLLIN},
                                  {.fd = streams->fds[1], .events = POLLIN}};
        if (poll(watch, 2, clock_poll_timeout_ms(now_ns, look_ns)) < 0 && errno != EINTR)
            return error_set_errno(err, ERROR_INTERNAL, errno, "cannot poll");
        for (int i = 0; i < 2; i++)
            if (watch[i].revents != 0 && engine_take(streams, i, err) < 0)
                return -1;
    }
    return 0;
}

/* "podman inspect web": the words until the first option. */
static void engine_call_name(const struct container_engine *engine, const char *const *words,
                             char *text, size_t size)
{
    size_t length = (size_t)snprintf(text, size, "%s", engine->name);
    for (; *words != NULL && (*words)[0] != '-' && length + 1 < size; words++) {
        int added = snprintf(text + length, size - length, " %.80s", *words);
        length += added > 0 ? (size_t)added : 0;
    }
}

/* The end of what it said: its last error, without the warnings before it. */
static const char *engine_last_words(const struct buffer *said, char *text, size_t size)
{
    static const char mark[] = "Error: ";
    const char *all = buffer_text(said);
    for (const char *at = strstr(all, mark); at != NULL; at = strstr(all, mark))
        all = at + strlen(mark);
    size_t length = strlen(all);
    while (length > 0 && (all[length - 1] == '\n' || all[length - 1] == ' '))
        length--;
    size_t from = length >= size ? length - size + 1 : 0;
    snprintf(text, size, "%.*s", (int)(length - from), all + from);
    for (char *at = text; *at != '\0'; at++)
        if ((unsigned char)*at < ' ' && *at != '\n')
            *at = ' ';
    return length > 0 ? text : "it said nothing";
}

static int engine_await(struct process *process, struct engine_streams *streams, const char *name,
                        struct error *err)
{
    struct process_end end;
    char words[ENGINE_ERROR_TAIL];
    char text[128];
    nsec_t deadline_ns = clock_now_ns() + CONTAINER_ENGINE_WAIT_NS;
    int status = engine_read_all(streams, deadline_ns, err);
    if (status < 0)
        return error_prefix(err, "%s", name);
    if (status == 1 || process_wait(process, deadline_ns, &end) != 0)
        return error_set(err, ERROR_ENVIRONMENT, "%s did not end within %lld s (%s)", name,
                         (long long)(CONTAINER_ENGINE_WAIT_NS / NSEC_PER_SEC),
                         engine_last_words(&streams->said, words, sizeof(words)));
    if (!end.signaled && end.status == 0)
        return 0;
    error_set(err, ERROR_ENVIRONMENT, "%s: %s (%s)", name,
              engine_last_words(&streams->said, words, sizeof(words)),
              process_end_text(&end, text, sizeof(text)));
    return 1;
}

int container_engine_call(const struct container_engine *engine, const char *const *words,
                          struct buffer *out, struct error *err)
{
    int pipes[2][2];
    CLEANUP(engine_streams_done)
    struct engine_streams streams = {
        .fds = {-1, -1}, .out = out, .said = BUFFER_INIT(ENGINE_SAID_MAX)};
    if (pipe2(pipes[0], O_CLOEXEC) < 0)
        return error_set_errno(err, ERROR_INTERNAL, errno, "cannot make a pipe");
    streams.fds[0] = pipes[0][0];
    CLEANUP(closep) int out_fd = pipes[0][1];
    if (pipe2(pipes[1], O_CLOEXEC) < 0)
        return error_set_errno(err, ERROR_INTERNAL, errno, "cannot make a pipe");
    streams.fds[1] = pipes[1][0];
    CLEANUP(closep) int said_fd = pipes[1][1];

    char name[256];
    engine_call_name(engine, words, name, sizeof(name));
    const struct process_spec spec = {.stdin_fd = -1, .stdout_fd = out_fd, .stderr_fd = said_fd};
    CLEANUP(process_done) struct process process = PROCESS_NONE;
    if (container_engine_spawn(engine, words, &spec, &process, err) < 0)
        return -1;
    close(take_fd(&out_fd));
    close(take_fd(&said_fd));
    return engine_await(&process, &streams, name, err);
}

bool container_engine_says_unknown(const struct error *err)
{
    static const char *const words[] = {"no such",        "No such",        "not known",
                                        "unable to find", "Unable to find", "does not exist"};
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
        if (strstr(err->text, words[i]) != NULL)
            return true;
    return false;
}
