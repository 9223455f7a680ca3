#include "instrument/heaptrack.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/units.h"
#include "instrument/heaptrack_feed.h"
#include "instrument/heaptrack_profile.h"
#include "instrument/heaptrack_program.h"
#include "instrument/heaptrack_tail.h"
#include "memory/cgroup_procs.h"
#include "memory/process_stat.h"
#include "scenario/instruments.h"

#define PROFILE_NAME "heap"
#define PATH_ROOM    64
#define NOTE_MAX     400

/* Of the library's tree, for each call: as measured with half a million of them. */
#define TRACE_BYTES 48

/* Who of the service's processes writes to the FIFO. */
struct heaptrack_processes {
    pid_t followed;  /* 0: none */
    unsigned others; /* that are not followed */
    pid_t other;     /* the first of them */
    char other_name[16];
};

struct heaptrack {
    struct instrument_share *share;
    struct heaptrack_feed *feed;
    struct heaptrack_profile *profile;
    char *cgroup_dir;                     /* NULL: not known */
    pid_t listener;                       /* as long as there is none; 0: not known either */
    struct heaptrack_processes processes; /* as last seen */
    uint64_t traces, dropped, lost_traces;
    char missing[NOTE_MAX]; /* what was not read at a floor; "" */
};

static void heaptrack_end(void *context)
{
    struct heaptrack *self = context;
    if (self == NULL)
        return;
    heaptrack_feed_end(self->feed);
    heaptrack_profile_free(self->profile);
    free(self->cgroup_dir);
    free(self);
}

static void heaptrack_endp(struct heaptrack **self)
{
    heaptrack_end(*self);
}

static int heaptrack_begin(struct instrument_share *share,
                           struct instrument_environment *environment, void **ret,
                           struct error *err)
{
    char library[HEAPTRACK_PATH_MAX];
    int status = heaptrack_probe(&share->site->spec->settings, err);
    if (status == 0)
        status = heaptrack_find_library(NULL, library, err);
    if (status != 0)
        return status;
    CLEANUP(heaptrack_endp) struct heaptrack *self = calloc(1, sizeof(*self));
    if (self == NULL)
        return error_out_of_memory(err);
    self->share = share;
    /* Its malloc is the one that is called; what was preloaded stays behind it. */
    if (heaptrack_feed_new(&self->feed, err) < 0 ||
        heaptrack_profile_new(share, &self->profile, err) < 0 ||
        instrument_environment_add(environment, "LD_PRELOAD", library, ':', err) < 0 ||
        instrument_environment_add(environment, "DUMP_HEAPTRACK_OUTPUT",
                                   heaptrack_feed_path(self->feed), '\0', err) < 0)
        return -1;
    *ret = take_ptr(&self);
    return 0;
}

/* Does heaptrack follow this process? A forked child has the FIFO, and nothing is written there. */
static bool heaptrack_follows(const struct heaptrack *self, pid_t pid)
{
    char tail[HEAPTRACK_TAIL_MAX];
    size_t length = 0;
    const struct stat *fifo = heaptrack_feed_file(self->feed);
    if (!heaptrack_has_open(pid, fifo))
        return false;
    int status = heaptrack_tail_read(pid, fifo, tail, &length, NULL);
    return status == 0 || (status == 2 && self->processes.followed == 0);
}

static int heaptrack_look_at(pid_t pid, void *context, struct error *err)
{
    (void)err;
    struct heaptrack *self = context;
    struct heaptrack_processes *processes = &self->processes;
    struct process_stat stat = {.name = ""};
    char path[PATH_ROOM];
    snprintf(path, sizeof(path), "/proc/%d", pid);
    CLEANUP(closep) int process_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (process_fd < 0 || process_stat_read(process_fd, &stat, NULL) != 0 ||
        process_stat_is_over(&stat))
        return 0;
    if (heaptrack_follows(self, pid)) {
        processes->followed = pid;
        return 0;
    }
    if (processes->others++ == 0) {
        processes->other = pid;
        memcpy(processes->other_name, stat.name, sizeof(processes->other_name));
    }
    return 0;
}

static void heaptrack_look(struct heaptrack *self)
{
    self->processes = (struct heaptrack_processes){.followed = 0};
    CLEANUP(closep)
    int dir_fd =
        self->cgroup_dir != NULL ? open(self->cgroup_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (dir_fd >= 0)
        (void)cgroup_procs_each(dir_fd, heaptrack_look_at, self, NULL);
    else if (self->listener != 0)
        (void)heaptrack_look_at(self->listener, self, NULL);
}

static int heaptrack_ready(void *context, const struct instrument_target *target, struct error *err)
{
    struct heaptrack *self = context;
    const struct heaptrack_processes *processes = &self->processes;
    if (target->cgroup_dir != NULL) {
        free(self->cgroup_dir);
        self->cgroup_dir = strdup(target->cgroup_dir);
        if (self->cgroup_dir == NULL)
            return error_out_of_memory(err);
    }
    if (target->processes != NULL)
        self->listener = target->processes->listener != 0 ? target->processes->listener
                                                          : target->processes->first;
    heaptrack_look(self);
    if (processes->others == 0)
        return 0;
    (void)error_set(
        err, ERROR_ENVIRONMENT,
        processes->followed == 0
            ? "heaptrack's preload has no effect in %.15s (pid %d): its loader has left "
              "LD_PRELOAD alone, or who started it has cleared its environment"
            : "heaptrack follows the program that was started, and %.15s (pid %d) is "
              "forked from it or started by it: it is not followed there",
        processes->other_name, processes->other);
    return 1;
}

static int heaptrack_snapshot(void *context, const char *dir, size_t cycle, struct error *err)
{
    struct heaptrack *self = context;
    const struct heaptrack_stream *stream = NULL;
    struct error missing = {.kind = ERROR_NONE};
    CLEANUP(profile_freep) struct profile *profile = NULL;
    heaptrack_look(self);
    int status = heaptrack_feed_hold(self->feed, self->processes.followed, &stream, &missing);
    self->traces = stream->n_traces + stream->lost_traces - 1;
    self->dropped = stream->blocks.dropped;
    self->lost_traces = stream->lost_traces;
    if (status > 0)
        snprintf(self->missing, sizeof(self->missing), "%.300s", missing.text);
    if (status >= 0)
        status = heaptrack_profile_look(self->profile, stream, &missing);
    heaptrack_feed_release(self->feed);
    if (status < 0) {
        if (err != NULL)
            *err = missing;
        return -1;
    }
    if (heaptrack_profile_make(self->profile, &profile, err) < 0)
        return -1;
    return instrument_store(profile, dir, PROFILE_NAME, cycle, err);
}

/* Behind what is there; what does not fit is cut. */
static void __attribute__((format(printf, 3, 4)))
heaptrack_say(char *text, size_t size, const char *format, ...)
{
    size_t length = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    if (length + 2 < size && length > 0) {
        memcpy(text + length, "; ", sizeof("; "));
        length += 2;
    }
    vsnprintf(text + length, size - length, format, arguments);
    va_end(arguments);
}

static void heaptrack_effect(const void *context, char *text, size_t size)
{
    const struct heaptrack *self = context;
    char bytes[UNITS_TEXT_MAX];
    text[0] = '\0';
    heaptrack_say(text, size,
                  "malloc and free take longer; about %s of the service is what "
                  "heaptrack remembers of %" PRIu64 " calls",
                  units_format_bytes((double)self->traces * TRACE_BYTES, bytes), self->traces);
    if (self->processes.others > 0)
        heaptrack_say(text, size, "not followed: %.15s (pid %d) and %u more",
                      self->processes.other_name, self->processes.other,
                      self->processes.others - 1);
    if (self->dropped > 0)
        heaptrack_say(text, size, "%" PRIu64 " blocks were more than can be followed",
                      self->dropped);
    if (self->lost_traces > 0)
        heaptrack_say(text, size, "%" PRIu64 " calls were too many: no stack for their blocks",
                      self->lost_traces);
    if (self->missing[0] != '\0')
        heaptrack_say(text, size, "%s", self->missing);
}

const struct instrument instrument_heaptrack = {
    .kinds = 1U << INSTRUMENT_HEAPTRACK,
    .begin = heaptrack_begin,
    .ready = heaptrack_ready,
    .snapshot = heaptrack_snapshot,
    .effect = heaptrack_effect,
    .end = heaptrack_end,
};
