#include "tests/support/fake_driver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "tests/support/http_server.h"

#define FAKE_BACKLOG 512
#define FAKE_NEVER   UINT64_MAX

struct fake_script {
    uint64_t bytes;
    uint64_t grow;
    uint64_t lazy;
    uint64_t oom_at;
    uint64_t oom_idle_ms;
    uint64_t dies_ms;
    uint64_t exit_at;
    int exit_status;
    bool serves;
    uint64_t keep;
    uint64_t keep_max;
    uint64_t hold;
    uint64_t retain;
    uint64_t exit_after;
    bool ignore_term;
    bool never_ready;
    bool cannot_start;
    bool writes;
};

struct instance {
    struct fake_script script;
    uint64_t limit_bytes;
    uint64_t lazy_left; /* of what was freed lazily */
    uint64_t readings;
    nsec_t read_ns;     /* the last reading */
    uint64_t now_bytes; /* at the last reading */
    uint64_t peak_bytes;
    uint64_t oom_kills;
    bool ended;
    nsec_t gone_ns; /* until then it is still dying */
    struct process_end end;
    int listen_fd;
    struct http_server *server; /* NULL: the script does not serve, or it has ended */
    char endpoint[40];
};

static int fake_probe(const struct driver_options *options, struct error *why)
{
    (void)options;
    (void)why;
    return 0;
}

static int fake_read_word(const char *word, struct fake_script *script, struct error *err)
{
    const struct {
        const char *key;
        uint64_t *value;
        bool serves;
    } amounts[] = {
        {"bytes=", &script->bytes, false},
        {"grow=", &script->grow, false},
        {"lazy=", &script->lazy, false},
        {"oom=", &script->oom_at, false},
        {"oom-idle=", &script->oom_idle_ms, false},
        {"dies=", &script->dies_ms, false},
        {"exit=", &script->exit_at, false},
        {"keep=", &script->keep, true},
        {"keep-at-most=", &script->keep_max, true},
        {"hold=", &script->hold, true},
        {"retain=", &script->retain, true},
        {"exit-after=", &script->exit_after, true},
    };
    const struct {
        const char *word;
        bool *flag;
    } flags[] = {
        {"serve", &script->serves},
        {"ignore-term", &script->ignore_term},
        {"never-ready", &script->never_ready},
        {"cannot-start", &script->cannot_start},
        {"write", &script->writes},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(flags); i++)
        if (strcmp(word, flags[i].word) == 0) {
            *flags[i].flag = true;
            return 0;
        }
    for (size_t i = 0; i < ARRAY_LENGTH(amounts); i++) {
        size_t length = strlen(amounts[i].key);
        if (strncmp(word, amounts[i].key, length) != 0)
            continue;
        char *end = NULL;
        *amounts[i].value = strtoull(word + length, &end, 10);
        if (*end == ':')
            script->exit_status = atoi(end + 1);
        script->serves = script->serves || amounts[i].serves;
        return 0;
    }
    return error_set(err, ERROR_USAGE, "the fake driver does not know \"%s\"", word);
}

static void fake_close(struct instance *instance)
{
    if (instance->server != NULL)
        http_server_free(instance->server);
    instance->server = NULL;
    if (instance->listen_fd >= 0)
        close(take_fd(&instance->listen_fd));
}

static void fake_end(struct instance *instance, struct process_end end)
{
    if (!instance->ended)
        instance->end = end;
    instance->ended = true;
    fake_close(instance);
}

/* What the requests so far have left, and those under way hold. */
static uint64_t fake_served_bytes(struct instance *instance)
{
    const struct fake_script *script = &instance->script;
    if (instance->server == NULL)
        return 0;
    uint64_t busy = http_server_busy(instance->server);
    uint64_t requests = http_server_requests(instance->server);
    uint64_t kept = requests * script->keep;
    kept = kept < script->keep_max ? kept : script->keep_max;
    bool trimmed = http_server_saw(instance->server, 'm');
    return kept + busy * script->hold + (requests > 0 && !trimmed ? script->retain : 0);
}

/* What the script has in store for this reading. */
static void fake_advance(struct instance *instance)
{
    const struct fake_script *script = &instance->script;
    instance->now_bytes = 0;
    if (instance->ended)
        return;
    uint64_t requests = instance->server != NULL ? http_server_requests(instance->server) : 0;
    uint64_t bytes = script->bytes + instance->readings * script->grow + instance->lazy_left +
                     fake_served_bytes(instance);
    nsec_t now_ns = clock_now_ns();
    bool idle = instance->read_ns > 0 &&
                now_ns - instance->read_ns > (nsec_t)script->oom_idle_ms * NSEC_PER_MSEC;
    bool killed = instance->readings >= script->oom_at || bytes > instance->limit_bytes ||
                  (idle && script->oom_idle_ms > 0);
    instance->read_ns = now_ns;
    if (bytes > instance->limit_bytes)
        bytes = instance->limit_bytes;
    instance->peak_bytes = bytes > instance->peak_bytes ? bytes : instance->peak_bytes;
    if (killed) {
        instance->oom_kills++;
        instance->gone_ns = now_ns + (nsec_t)script->dies_ms * NSEC_PER_MSEC;
        fake_end(instance, (struct process_end){.signaled = true, .status = SIGKILL});
    } else if (instance->readings >= script->exit_at || requests > script->exit_after) {
        fake_end(instance, (struct process_end){.status = script->exit_status});
    } else {
        instance->now_bytes = bytes;
    }
    instance->readings++;
}

static int fake_serve(struct instance *instance)
{
    instance->server = http_server_new();
    snprintf(instance->endpoint, sizeof(instance->endpoint), "%s",
             http_server_url(instance->server));
    return 0;
}

static void fake_say_hello(const char *log_path)
{
    FILE *log = log_path != NULL ? fopen(log_path, "ae") : NULL;
    if (log == NULL)
        return;
    fputs("fake service started\n", log);
    fclose(log);
}

/* A line more with every start, and a folder that keeps everybody out. */
static void fake_write(const char *data_dir)
{
    CLEANUP(freep) char *starts = file_join(data_dir, "starts");
    CLEANUP(freep) char *shut = file_join(data_dir, "shut");
    CLEANUP(freep) char *deeper = file_join(data_dir, "shut/deeper");
    FILE *file = fopen(starts, "ae");
    if (file == NULL)
        return;
    fputs("start\n", file);
    fclose(file);
    mkdir(shut, 0700);
    mkdir(deeper, 0700);
    chmod(shut, 0);
}

static int fake_listen(struct instance *instance, struct error *err)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    instance->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (instance->listen_fd < 0 ||
        bind(instance->listen_fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
        getsockname(instance->listen_fd, (struct sockaddr *)&address, &length) < 0)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "the fake driver cannot bind");
    snprintf(instance->endpoint, sizeof(instance->endpoint), "http://127.0.0.1:%u",
             ntohs(address.sin_port));
    if (!instance->script.never_ready)
        listen(instance->listen_fd, FAKE_BACKLOG);
    return 0;
}

static void fake_destroy(struct instance *instance)
{
    if (instance == NULL)
        return;
    fake_close(instance);
    free(instance);
}

static void fake_destroyp(struct instance **instance)
{
    fake_destroy(*instance);
}

static int fake_start(const struct driver_options *options, const struct run_spec *spec,
                      const struct run_files *files, struct instance **ret, struct error *err)
{
    (void)options;
    CLEANUP(fake_destroyp) struct instance *instance = calloc(1, sizeof(*instance));
    if (instance == NULL)
        return error_out_of_memory(err);
    instance->listen_fd = -1;
    instance->limit_bytes = spec->settings.limit_bytes;
    instance->script = (struct fake_script){
        .bytes = 1024 * 1024,
        .oom_at = FAKE_NEVER,
        .exit_at = FAKE_NEVER,
        .keep_max = FAKE_NEVER,
        .exit_after = FAKE_NEVER,
    };
    const char *const *word = spec->settings.service.command;
    for (word++; word[-1] != NULL && *word != NULL; word++)
        if (fake_read_word(*word, &instance->script, err) < 0)
            return -1;
    instance->lazy_left = instance->script.lazy;
    if (instance->script.cannot_start)
        return error_set_errno(err, ERROR_SERVICE, EACCES, "cannot execute %s",
                               spec->settings.service.command[0]);
    if ((instance->script.serves ? fake_serve(instance) : fake_listen(instance, err)) < 0)
        return -1;
    fake_say_hello(files->log_path);
    if (instance->script.writes)
        fake_write(files->data_dir);
    if (instance->script.exit_at == 0)
        fake_advance(instance);
    *ret = take_ptr(&instance);
    return 0;
}

static const char *fake_endpoint(const struct instance *instance, unsigned index)
{
    return index == 0 ? instance->endpoint : NULL;
}

static const char *fake_cgroup_dir(const struct instance *instance)
{
    (void)instance;
    return NULL;
}

static int fake_state(struct instance *instance, struct instance_state *ret, struct error *err)
{
    (void)err;
    bool gone = instance->ended && clock_now_ns() >= instance->gone_ns;
    *ret = (struct instance_state){
        .alive = !gone, .main_ended = gone, .main_end = instance->end, .processes = gone ? 0 : 1};
    return 0;
}

static int fake_read(struct instance *instance, bool full, struct memory_sample *ret,
                     struct error *err)
{
    (void)err;
    fake_advance(instance);
    struct memory_sample sample = {.t_ns = 0};
    uint64_t bytes = instance->now_bytes;
    memory_sample_set(&sample, MEMORY_CURRENT, bytes);
    memory_sample_set(&sample, MEMORY_EVENTS_MAX, instance->oom_kills);
    memory_sample_set(&sample, MEMORY_EVENTS_OOM, instance->oom_kills);
    memory_sample_set(&sample, MEMORY_EVENTS_OOM_KILL, instance->oom_kills);
    memory_sample_set(&sample, MEMORY_EVENTS_OOM_GROUP_KILL, instance->oom_kills);
    memory_sample_set(&sample, MEMORY_PIDS, instance->ended ? 0 : 1);
    if (full) {
        memory_sample_set(&sample, MEMORY_PEAK, instance->peak_bytes);
        memory_sample_set(&sample, MEMORY_ANON, bytes);
        memory_sample_set(&sample, MEMORY_FILE, 0);
        memory_sample_set(&sample, MEMORY_SHMEM, 0);
        memory_sample_set(&sample, MEMORY_KERNEL, 0);
        memory_sample_set(&sample, MEMORY_SLAB_UNRECLAIMABLE, 0);
    }
    *ret = sample;
    return 0;
}

static int fake_survey(struct instance *instance, struct survey *ret, struct error *err)
{
    struct survey survey;
    survey_init(&survey);
    survey.t_ns = ret->t_ns;
    fake_read(instance, true, &survey.memory, err);
    for (unsigned field = 0; field < SURVEY_FIELD_MAX; field++)
        survey.value[field] = 0;
    survey.value[SURVEY_HEAP_ARENA] = SURVEY_ABSENT;
    survey.value[SURVEY_HEAP_IN_USE] = SURVEY_ABSENT;
    survey.value[SURVEY_HEAP_FREE] = SURVEY_ABSENT;
    if (!instance->ended) {
        uint64_t bytes = memory_sample_get(&survey.memory, MEMORY_ANON, 0);
        survey.value[SURVEY_PROCESSES] = 1;
        survey.value[SURVEY_THREADS] = 1;
        survey.value[SURVEY_RSS] = bytes;
        survey.value[SURVEY_PSS_ANON] = bytes;
        survey.value[SURVEY_LAZY_FREE] = instance->lazy_left;
        survey.value[SURVEY_FD_SOCKET] = 1;
        survey.processes[0] =
            (struct survey_process){.pid = 1, .name = "fake", .anon_bytes = bytes, .threads = 1};
        survey.n_processes = 1;
    }
    *ret = survey;
    return 0;
}

static int fake_reclaim(struct instance *instance, nsec_t deadline_ns, int64_t *ret_bytes,
                        struct error *err)
{
    (void)deadline_ns;
    (void)err;
    *ret_bytes = (int64_t)instance->lazy_left;
    instance->lazy_left = 0;
    return 0;
}

/* The kernel in small: what is beyond the limit is taken from what was freed lazily, or kills. */
static int fake_squeeze(struct instance *instance, uint64_t bytes, nsec_t deadline_ns,
                        struct squeeze_result *ret, struct error *err)
{
    struct squeeze_result result = {.touched_bytes = 0};
    fake_read(instance, true, &result.before, err);
    if (instance->ended || instance->limit_bytes == SCENARIO_NO_LIMIT)
        return 1;
    uint64_t used = memory_sample_get(&result.before, MEMORY_CURRENT, 0);
    uint64_t most = instance->limit_bytes - used + instance->lazy_left;
    if (clock_now_ns() < deadline_ns) {
        result.touched_bytes = bytes < most ? bytes : most;
        result.finished = bytes <= most;
        result.oom_killed = !result.finished;
    }
    if (used + result.touched_bytes > instance->limit_bytes) {
        instance->lazy_left -= used + result.touched_bytes - instance->limit_bytes;
        instance->peak_bytes = instance->limit_bytes;
    }
    if (result.oom_killed) {
        instance->oom_kills++;
        fake_end(instance, (struct process_end){.signaled = true, .status = SIGKILL});
    }
    fake_read(instance, true, &result.after, err);
    *ret = result;
    return 0;
}

static int fake_stop(struct instance *instance, nsec_t deadline_ns, struct instance_state *ret,
                     struct error *err)
{
    if (!instance->ended && instance->script.ignore_term) {
        clock_sleep_until(deadline_ns);
        fake_end(instance, (struct process_end){.signaled = true, .status = SIGKILL});
    } else if (!instance->ended) {
        fake_end(instance, (struct process_end){.signaled = true, .status = SIGTERM});
    }
    return fake_state(instance, ret, err);
}

const struct driver fake_driver = {
    .name = "fake",
    .probe = fake_probe,
    .start = fake_start,
    .endpoint = fake_endpoint,
    .cgroup_dir = fake_cgroup_dir,
    .state = fake_state,
    .read = fake_read,
    .survey = fake_survey,
    .reclaim = fake_reclaim,
    .squeeze = fake_squeeze,
    .stop = fake_stop,
    .destroy = fake_destroy,
};
