#include "instrument/thread_stacks.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "instrument/thread_capture.h"
#include "instrument/thread_groups.h"
#include "instrument/thread_origins.h"
#include "memory/cgroup_procs.h"
#include "scenario/instruments.h"

#define THREADS_STACK_BYTES ((size_t)32 << 10) /* is enough for nearly all that sleep */

/* A process that was seen. */
struct threads_process {
    pid_t pid;
    struct process_space *space;
    bool is_seen; /* at this floor */
};

/* What it was to the service, at all floors together but for what is the most at one. */
struct threads_effect {
    size_t looks, stops, ended_calls, missed, cut;
    nsec_t stopped_max_ns;       /* one thread, at once */
    nsec_t stopped_floor_max_ns; /* all threads together, at one floor */
};

struct threads_self {
    struct instrument_share *share;
    char *cgroup_dir; /* NULL: none is known */
    pid_t pids[2];    /* those that are known without it; 0: none */
    struct threads_process *processes;
    size_t n_processes, capacity;
    struct thread_capture capture;
    struct threads_effect effect;
    nsec_t stopped_ns; /* at this floor */
};

static int threads_begin(struct instrument_share *share, struct instrument_environment *environment,
                         void **ret, struct error *err)
{
    (void)environment;
    struct threads_self *self = calloc(1, sizeof(*self));
    if (self == NULL)
        return error_out_of_memory(err);
    self->share = share;
    if (thread_capture_init(&self->capture, err) < 0) {
        free(self);
        return -1;
    }
    *ret = self;
    return 0;
}

static void threads_end(void *context)
{
    struct threads_self *self = context;
    for (size_t i = 0; i < self->n_processes; i++)
        process_space_free(self->processes[i].space);
    thread_capture_done(&self->capture);
    free(self->processes);
    free(self->cgroup_dir);
    free(self);
}

static int threads_target(void *context, const struct instrument_target *target, struct error *err)
{
    struct threads_self *self = context;
    if (target->cgroup_dir != NULL) {
        char *dir = strdup(target->cgroup_dir);
        if (dir == NULL)
            return error_out_of_memory(err);
        free(self->cgroup_dir);
        self->cgroup_dir = dir;
    }
    if (target->processes != NULL) {
        pid_t first = target->processes->first;
        pid_t listener = target->processes->listener;
        self->pids[0] = first;
        self->pids[1] = listener != first ? listener : 0;
    }
    return 0;
}

/* The process with its mappings as they are now. 1: it is gone. */
static int threads_process(struct threads_self *self, pid_t pid, struct threads_process **ret,
                           struct error *err)
{
    size_t i = 0;
    while (i < self->n_processes && self->processes[i].pid != pid)
        i++;
    if (i < self->n_processes) {
        *ret = &self->processes[i];
        self->processes[i].is_seen = true;
        pthread_mutex_lock(self->share->lock);
        int refreshed = process_space_refresh(self->processes[i].space, err);
        pthread_mutex_unlock(self->share->lock);
        return refreshed;
    }
    if (self->n_processes == self->capacity) {
        size_t capacity = self->capacity == 0 ? 8 : self->capacity * 2;
        struct threads_process *grown = realloc(self->processes, capacity * sizeof(*grown));
        if (grown == NULL)
            return error_out_of_memory(err);
        self->processes = grown;
        self->capacity = capacity;
    }
    struct threads_process process = {.pid = pid, .is_seen = true};
    pthread_mutex_lock(self->share->lock);
    int status = process_space_new(pid, self->share->symbols, &process.space, err);
    pthread_mutex_unlock(self->share->lock);
    if (status != 0)
        return status;
    self->processes[self->n_processes] = process;
    *ret = &self->processes[self->n_processes++];
    return 0;
}

/* Forget those that are gone. */
static void threads_forget(struct threads_self *self)
{
    size_t kept = 0;
    for (size_t i = 0; i < self->n_processes; i++) {
        struct threads_process process = self->processes[i];
        if (process.is_seen) {
            process.is_seen = false;
            self->processes[kept++] = process;
        } else {
            process_space_free(process.space);
        }
    }
    self->n_processes = kept;
}

/* The stack of what was captured. */
static int threads_unwind(struct threads_self *self, const struct threads_process *process,
                          struct unwound_stack *ret, struct error *err)
{
    pthread_mutex_lock(self->share->lock);
    int status = process_space_unwind(process->space, &self->capture.dump, ret, err);
    pthread_mutex_unlock(self->share->lock);
    return status;
}

/* The stack of a thread that sleeps. 1: it cannot be told so. 2: it is gone. */
static int threads_look_asleep(struct threads_self *self, const struct threads_process *process,
                               pid_t tid, struct unwound_stack *ret, struct error *err)
{
    struct thread_capture *capture = &self->capture;
    size_t stack_bytes = THREADS_STACK_BYTES;
    for (;;) {
        int status = thread_capture_asleep(capture, process->pid, tid, stack_bytes, err);
        if (status != 0)
            return status;
        if (threads_unwind(self, process, ret, err) < 0)
            return -1;
        if (!ret->is_cut)
            return 0;
        if (!capture->is_partial || stack_bytes == THREAD_CAPTURE_STACK_MAX)
            return 1;
        stack_bytes = THREAD_CAPTURE_STACK_MAX;
    }
}

/* The stack of a thread that is stopped for it. 1: it could not be. 2: it is gone. */
static int threads_look_stopped(struct threads_self *self, const struct threads_process *process,
                                pid_t tid, struct unwound_stack *ret, struct error *err)
{
    struct threads_effect *effect = &self->effect;
    struct thread_capture *capture = &self->capture;
    bool ends_call = thread_capture_ends_call(capture->system_call);
    int status = thread_capture_stopped(capture, tid, err);
    effect->stops++;
    effect->ended_calls += ends_call;
    self->stopped_ns += capture->stopped_ns;
    if (effect->stopped_max_ns < capture->stopped_ns)
        effect->stopped_max_ns = capture->stopped_ns;
    if (status != 0)
        return status;
    return threads_unwind(self, process, ret, err);
}

/* One more thread with this stack. */
static int threads_count(struct threads_self *self, const struct unwound_stack *stack, pid_t tid,
                         struct thread_groups *groups, struct error *err)
{
    const struct instrument_share *share = self->share;
    uint32_t number = 0;
    uint32_t origin = 0;
    self->effect.looks++;
    self->effect.cut += stack->is_cut;
    pthread_mutex_lock(share->lock);
    int status = call_stacks_add(share->stacks, stack->addresses, stack->n, &number, err);
    origin = thread_origins_get(share->origins, tid);
    pthread_mutex_unlock(share->lock);
    return status < 0 ? -1 : thread_groups_add(groups, number, origin, err);
}

static int threads_look(struct threads_self *self, const struct threads_process *process, pid_t tid,
                        struct thread_groups *groups, struct error *err)
{
    struct unwound_stack stack = {.n = 0};
    struct unwound_stack stopped = {.n = 0};
    struct error refusal = {.kind = ERROR_NONE};
    self->capture.system_call = -1;
    int status = threads_look_asleep(self, process, tid, &stack, err);
    if (status == 1 && stack.n == 0)
        status = threads_look_asleep(self, process, tid, &stack, err); /* it was just awake */
    if (status == 1) {
        status = threads_look_stopped(self, process, tid, &stopped, &refusal);
        if (status == 0)
            stack = stopped;
        else if (status < 0 && stack.n == 0)
            return error_set(err, refusal.kind, "%s", refusal.text);
        else if (status != 2)
            status = stack.n > 0 ? 0 : 1; /* what is known of it is better than nothing */
    }
    if (status != 0) {
        self->effect.missed += status == 1;
        return status < 0 ? -1 : 0;
    }
    return threads_count(self, &stack, tid, groups, err);
}

/* One look at all threads, on a thread of its own: who traces must end, so that all is let go. */
struct threads_round {
    struct threads_self *self;
    struct thread_groups *groups;
    int status;
    struct error err;
};

static int threads_look_at_process(pid_t pid, void *context, struct error *err)
{
    struct threads_round *round = context;
    struct threads_process *process = NULL;
    char path[64];
    if (pid == getpid())
        return 0;
    int status = threads_process(round->self, pid, &process, err);
    if (status != 0 || process == NULL)
        return status < 0 ? -1 : 0;
    snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    DIR *tasks = opendir(path);
    const struct dirent *entry = NULL;
    while (tasks != NULL && status == 0 && (entry = readdir(tasks)) != NULL) {
        pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (tid > 0)
            status = threads_look(round->self, process, tid, round->groups, err);
    }
    if (tasks != NULL)
        closedir(tasks);
    return status;
}

static void *threads_round_run(void *context)
{
    struct threads_round *round = context;
    struct threads_self *self = round->self;
    if (self->cgroup_dir == NULL) {
        for (size_t i = 0; i < ARRAY_LENGTH(self->pids) && round->status == 0; i++)
            if (self->pids[i] != 0)
                round->status = threads_look_at_process(self->pids[i], round, &round->err);
        return NULL;
    }
    CLEANUP(closep) int dir = open(self->cgroup_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    round->status = dir < 0 ? error_set_errno(&round->err, ERROR_INTERNAL, errno, "cannot open %s",
                                              self->cgroup_dir)
                            : cgroup_procs_each(dir, threads_look_at_process, round, &round->err);
    return NULL;
}

/* Look at all threads. */
static int threads_look_at_all(struct threads_self *self, struct thread_groups *groups,
                               struct error *err)
{
    struct threads_round round = {.self = self, .groups = groups};
    pthread_t thread;
    int failure = pthread_create(&thread, NULL, threads_round_run, &round);
    if (failure != 0)
        return error_set_errno(err, ERROR_INTERNAL, failure, "cannot start a thread");
    pthread_join(thread, NULL);
    threads_forget(self);
    if (self->effect.stopped_floor_max_ns < self->stopped_ns)
        self->effect.stopped_floor_max_ns = self->stopped_ns;
    self->stopped_ns = 0;
    return round.status == 0 ? 0 : error_set(err, round.err.kind, "%s", round.err.text);
}

static int threads_profile(struct threads_self *self, struct profile *profile, struct error *err)
{
    CLEANUP(thread_groups_done) struct thread_groups groups = {.groups = NULL};
    if (profile_add_type(profile, "threads", "count", err) < 0 ||
        thread_groups_init(&groups, err) < 0 || threads_look_at_all(self, &groups, err) < 0)
        return -1;
    profile->default_type = 0;
    profile->time_ns = clock_wall_ms() * NSEC_PER_MSEC;
    int status = 0;
    for (uint32_t i = 0; i < groups.keys.n && status == 0; i++) {
        const struct call_sample sample = thread_groups_sample(&groups, i);
        pthread_mutex_lock(self->share->lock);
        status = call_stacks_add_sample(self->share->stacks, self->share->symbols, profile, &sample,
                                        &groups.groups[i], err);
        pthread_mutex_unlock(self->share->lock);
    }
    return status;
}

static int threads_snapshot(void *context, const char *dir, size_t cycle, struct error *err)
{
    struct threads_self *self = context;
    CLEANUP(profile_freep) struct profile *profile = NULL;
    if (profile_new(&profile, err) < 0 || threads_profile(self, profile, err) < 0)
        return -1;
    return instrument_store(profile, dir, "threads", cycle, err);
}

static void threads_effect(const void *context, char *text, size_t size)
{
    const struct threads_self *self = context;
    const struct threads_effect *effect = &self->effect;
    size_t length = 0;
    *text = '\0';
#define APPEND(...)                                                                \
    do {                                                                           \
        if (length < size)                                                         \
            length += (size_t)snprintf(text + length, size - length, __VA_ARGS__); \
    } while (0)
    if (effect->stops > 0)
        APPEND("of %zu looks at threads %zu stopped them, for %.2f ms at most (%.1f ms together at "
               "a floor)",
               effect->looks, effect->stops, (double)effect->stopped_max_ns / NSEC_PER_MSEC,
               (double)effect->stopped_floor_max_ns / NSEC_PER_MSEC);
    if (effect->ended_calls > 0)
        APPEND(", %zu of them in system calls that may have ended with EINTR for it",
               effect->ended_calls);
    if (effect->cut > 0)
        APPEND("%s%zu of %zu stacks end early", length > 0 ? "; " : "", effect->cut, effect->looks);
    if (effect->missed > 0)
        APPEND("%s%zu threads could not be stopped within 0.5 s", length > 0 ? "; " : "",
               effect->missed);
#undef APPEND
}

const struct instrument instrument_thread_stacks = {
    .kinds = 1U << INSTRUMENT_THREADS,
    .begin = threads_begin,
    .started = threads_target,
    .ready = threads_target,
    .snapshot = threads_snapshot,
    .effect = threads_effect,
    .end = threads_end,
};
