#include "driver/cage.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "memory/cgroup_procs.h"
#include "memory/cgroup_squeeze.h"
#include "memory/process_survey.h"

/* How often it is looked whether the last process has gone. */
#define CAGE_LOOK_NS (5 * NSEC_PER_MSEC)

/* What is left after a kill gets this long to go. */
#define CAGE_KILL_NS (10 * NSEC_PER_SEC)

#define CAGE_GROUP_TEXT_MAX ((size_t)64 * 1024)

/* The group first, so that a machine that cannot is found out before anything runs. */
int cage_make(const struct settings *settings, struct cage *cage, struct cgroup_base *base,
              struct error *err)
{
    cage->proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (cage->proc_fd < 0)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot open /proc");
    if (cgroup_base_open(false, base, err) != 0)
        return -1;
    cgroup_sweep(base);

    struct cgroup_limits limits = {
        .memory_max_bytes = settings->limit_bytes,
        .memory_high_bytes = settings->high_bytes,
        .memory_min_bytes = settings->min_bytes != SCENARIO_NO_LIMIT ? settings->min_bytes : 0,
        .oom_group = settings->oom_group,
        .pids_max = settings->pids > 0 ? settings->pids : CGROUP_NO_LIMIT,
        .cpus = settings->cpus,
    };
    cage->limit_bytes = limits.memory_max_bytes;
    if (cgroup_create(base, "service", &limits, &cage->cgroup, err) < 0)
        return -1;
    return cgroup_reader_open(cgroup_dir_fd(cage->cgroup), &cage->reader, err);
}

void cage_done(struct cage *cage)
{
    cgroup_reader_free(cage->reader);
    cgroup_destroy(cage->cgroup);
    process_done(&cage->process);
    closep(&cage->proc_fd);
    *cage = CAGE_NONE;
}

bool cage_has_ended(struct cage *cage)
{
    if (!cage->ended)
        cage->ended = process_wait(&cage->process, 0, &cage->end) == 0;
    return cage->ended;
}

/* Who is in there. */
struct cage_census {
    pid_t main;
    unsigned n;
    bool has_main;
};

static int cage_count(pid_t pid, void *context, struct error *err)
{
    (void)err;
    struct cage_census *census = context;
    census->n++;
    census->has_main = census->has_main || pid == census->main;
    return 0;
}

/* The first process is not listed: it is about to end, or is in another group by now. -1: that. */
static int cage_check_inside(const struct cage *cage, struct error *err)
{
    char path[64];
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(CAGE_GROUP_TEXT_MAX);
    snprintf(path, sizeof(path), "/proc/%d/cgroup", cage->process.pid);
    if (file_read(AT_FDCWD, path, &text, NULL) < 0)
        return 0;
    const char *own = strrchr(cgroup_path(cage->cgroup), '/');
    const char *session = own;
    while (session > cgroup_path(cage->cgroup) && session[-1] != '/')
        session--;
    if (strstr(buffer_text(&text), session) != NULL)
        return 0;
    return error_set(err, ERROR_SERVICE,
                     "the service (process %d) has left its cgroup %s, so that what it takes is "
                     "neither limited nor seen; as another user than root (--user) it cannot",
                     cage->process.pid, cgroup_path(cage->cgroup));
}

int cage_state(struct cage *cage, struct instance_state *ret, struct error *err)
{
    bool ended = cage_has_ended(cage);
    struct cage_census census = {.main = ended ? 0 : cage->process.pid};
    if (cgroup_procs_each(cgroup_dir_fd(cage->cgroup), cage_count, &census, err) < 0)
        return -1;
    if (!ended && !census.has_main && cage_check_inside(cage, err) < 0)
        return -1;
    *ret = (struct instance_state){
        .alive = !ended || cgroup_is_populated(cage->cgroup),
        .main_ended = ended,
        .main_end = cage->end,
        .processes = census.n,
    };
    return 0;
}

int cage_read(struct cage *cage, bool full, struct memory_sample *ret, struct error *err)
{
    return full ? cgroup_reader_full(cage->reader, ret, err)
                : cgroup_reader_quick(cage->reader, ret, err);
}

/* As root it can lift the limit that it is to be tested under. What the kernel has made of the
 * number is rounded to pages. */
static int cage_check_limit(const struct cage *cage, struct error *err)
{
    uint64_t now_bytes = CGROUP_NO_LIMIT;
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(64);
    if (cage->limit_bytes == CGROUP_NO_LIMIT ||
        file_read(cgroup_dir_fd(cage->cgroup), "memory.max", &text, NULL) < 0)
        return 0;
    if (strncmp(buffer_text(&text), "max", 3) != 0)
        now_bytes = strtoull(buffer_text(&text), NULL, 10);
    if (now_bytes <= cage->limit_bytes)
        return 0;
    return error_set(err, ERROR_SERVICE,
                     "the service has changed memory.max of its cgroup from %llu to %.20s; as "
                     "another user than root (--user) it cannot",
                     (unsigned long long)cage->limit_bytes, buffer_text(&text));
}

int cage_survey(struct cage *cage, struct survey *ret, struct error *err)
{
    struct survey survey;
    survey_init(&survey);
    survey.t_ns = ret->t_ns;
    int result = cgroup_reader_full(cage->reader, &survey.memory, err);
    if (result != 0)
        return result;
    if (cage_check_limit(cage, err) < 0)
        return -1;
    if (process_survey_take(cgroup_dir_fd(cage->cgroup), cage->proc_fd, cage->port, &survey, err) <
        0)
        return -1;
    survey.value[SURVEY_FIRST] = cage_has_ended(cage) ? 0 : 1;
    *ret = survey;
    return 0;
}

int cage_inspect(struct cage *cage, uint64_t limit_bytes, struct runtime_survey *ret,
                 struct error *err)
{
    return runtime_survey_take(cgroup_dir_fd(cage->cgroup), cage->proc_fd, cage->port, limit_bytes,
                               ret, err);
}

int cage_reclaim(struct cage *cage, nsec_t deadline_ns, int64_t *ret_bytes, struct error *err)
{
    return cgroup_reclaim(cage->cgroup, deadline_ns, ret_bytes, err);
}

int cage_squeeze(struct cage *cage, uint64_t bytes, nsec_t deadline_ns, struct squeeze_result *ret,
                 struct error *err)
{
    return cgroup_squeeze(cgroup_dir_fd(cage->cgroup), cage->reader, bytes, deadline_ns, ret, err);
}

static bool cage_is_alive(struct cage *cage)
{
    return !cage_has_ended(cage) || cgroup_is_populated(cage->cgroup);
}

/* When the first process has gone and others are left, those are asked. */
int cage_await_end(struct cage *cage, nsec_t deadline_ns, struct instance_state *ret,
                   struct error *err)
{
    bool asked_all = false;
    while (cage_is_alive(cage)) {
        nsec_t now_ns = clock_now_ns();
        if (now_ns >= deadline_ns)
            break;
        if (cage->ended && !asked_all) {
            cgroup_signal(cage->cgroup, SIGTERM);
            asked_all = true;
        }
        nsec_t look_ns = now_ns + CAGE_LOOK_NS;
        clock_sleep_until(look_ns < deadline_ns ? look_ns : deadline_ns);
    }
    nsec_t kill_deadline_ns = clock_now_ns() + CAGE_KILL_NS;
    if (!cage->ended && cage->process.pid > 0) /* wherever it is */
        kill(cage->process.pid, SIGKILL);
    if (cgroup_kill(cage->cgroup, kill_deadline_ns, err) < 0)
        return -1;
    if (!cage->ended)
        cage->ended = process_wait(&cage->process, kill_deadline_ns, &cage->end) == 0;
    return cage_state(cage, ret, err);
}
