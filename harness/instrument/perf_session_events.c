#include "instrument/perf_session_events.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/libc.h"

#define IDS_FIRST 64
/* Rings are halved down to this when the kernel has no memory for more. */
#define RING_BYTES_MIN ((size_t)128 << 10)

static const char *perf_fix(int errno_value)
{
    switch (errno_value) {
    case EACCES:
    case EPERM:
        return "run it as root or with CAP_PERFMON (in a container that its seccomp profile lets "
               "use perf_event_open), or with --driver vm, whose guest allows it";
    case EMFILE:
        return "raise the limit of open files (ulimit -n)";
    case ENOSYS:
    case ENOENT:
    case EOPNOTSUPP:
        return "this kernel is built without it (CONFIG_PERF_EVENTS, CONFIG_CGROUP_PERF, "
               "CONFIG_FTRACE_SYSCALLS); --driver vm has a kernel with it";
    default:
        return "--driver vm explains any program";
    }
}

/* 1, with all that is known. */
static int perf_refused(const char *name, const char *what, int errno_value, struct error *err)
{
    char paranoid[96] = "";
    uint64_t level;
    struct error ignored = {0};
    if ((errno_value == EACCES || errno_value == EPERM) &&
        file_read_u64(AT_FDCWD, "/proc/sys/kernel/perf_event_paranoid", &level, &ignored) == 0)
        snprintf(paranoid, sizeof(paranoid), " (kernel.perf_event_paranoid is %" PRIu64 ")", level);
    error_set_errno(err, ERROR_ENVIRONMENT, errno_value,
                    "the kernel's events cannot be used: %s, "
                    "%s%s; %s",
                    name, what, paranoid, perf_fix(errno_value));
    return 1;
}

static size_t perf_id_slot(const struct perf_id *ids, size_t n_slots, uint64_t id)
{
    size_t at = (size_t)(id * 0x9e3779b97f4a7c15ULL >> 32) & (n_slots - 1);
    while (ids[at].id != 0 && ids[at].id != id)
        at = (at + 1) & (n_slots - 1);
    return at;
}

bool perf_session_find_source(const struct perf_session *session, uint64_t id, unsigned *ret)
{
    if (session->n_slots == 0)
        return false;
    const struct perf_id *slot = &session->ids[perf_id_slot(session->ids, session->n_slots, id)];
    *ret = slot->source;
    return slot->id != 0;
}

static int perf_session_grow_ids(struct perf_session *session, struct error *err)
{
    size_t n_slots = session->n_slots == 0 ? IDS_FIRST : 2 * session->n_slots;
    struct perf_id *ids = calloc(n_slots, sizeof(*ids));
    if (ids == NULL)
        return error_out_of_memory(err);
    for (size_t i = 0; i < session->n_slots; i++)
        if (session->ids[i].id != 0)
            ids[perf_id_slot(ids, n_slots, session->ids[i].id)] = session->ids[i];
    free(session->ids);
    session->ids = ids;
    session->n_slots = n_slots;
    return 0;
}

/* Take over an event's descriptor, and remember whose it is. */
static int perf_session_keep(struct perf_session *session, int fd, unsigned source,
                             struct error *err)
{
    uint64_t id;
    CLEANUP(closep) int owned = fd;
    if ((session->n_ids + 1) * 2 > session->n_slots && perf_session_grow_ids(session, err) < 0)
        return -1;
    if (session->n_fds == session->capacity_fds) {
        size_t capacity = session->capacity_fds == 0 ? 32 : 2 * session->capacity_fds;
        int *fds = realloc(session->fds, capacity * sizeof(*fds));
        if (fds == NULL)
            return error_out_of_memory(err);
        session->fds = fds;
        session->capacity_fds = capacity;
    }
    if (ioctl(fd, (libc_ioctl_request)PERF_EVENT_IOC_ID, &id) < 0)
        return error_set_errno(err, ERROR_INTERNAL, errno, "cannot read the id of an event");
    session->ids[perf_id_slot(session->ids, session->n_slots, id)] =
        (struct perf_id){.id = id, .source = source};
    session->n_ids++;
    session->fds[session->n_fds++] = take_fd(&owned);
    return 0;
}

static struct perf_event_attr perf_session_attr(const struct perf_session *session,
                                                const struct perf_source *source)
{
    struct perf_event_attr attr = source->attr;
    attr.size = sizeof(attr);
    attr.sample_type = PERF_RECORD_SAMPLE_BASE | (attr.sample_type & PERF_RECORD_SAMPLE_MORE);
    if ((attr.sample_type & PERF_SAMPLE_REGS_USER) != 0)
        attr.sample_regs_user = perf_record_registers();
    if (attr.sample_period == 0)
        attr.sample_period = 1;
    attr.sample_id_all = 1;
    attr.inherit = !session->target.use_cgroup;
    attr.use_clockid = 1;
    attr.clockid = CLOCK_MONOTONIC;
    attr.watermark = 1;
    attr.wakeup_watermark = (uint32_t)(session->ring_bytes / 8);
    return attr;
}

static int perf_open_event(struct perf_event_attr *attr, pid_t pid, int cpu, unsigned long flags)
{
    return (int)syscall(SYS_perf_event_open, attr, pid, cpu, -1, flags | PERF_FLAG_FD_CLOEXEC);
}

/* The ring of this CPU, in `fd`, which is kept already. */
static int perf_session_map(struct perf_session *session, struct perf_cpu *cpu, int fd,
                            struct error *err)
{
    while (perf_ring_map(&cpu->ring, fd, session->ring_bytes) < 0) {
        if ((errno != ENOMEM && errno != EPERM) || session->ring_bytes <= RING_BYTES_MIN)
            return perf_refused("a ring", "mmap", errno, err);
        session->ring_bytes /= 2;
    }
    cpu->fd = fd;
    return 0;
}

/* One event on one CPU, of the cgroup or of a thread. 1: refused; 2: the thread is gone, or the CPU
 * is not there. */
static int perf_session_open_one(struct perf_session *session, const struct perf_source *source,
                                 struct perf_cpu *cpu, pid_t tid, struct error *err)
{
    struct perf_event_attr attr = perf_session_attr(session, source);
    unsigned number = session->n_sources;
    int fd = session->target.use_cgroup ? perf_open_event(&attr, session->target.cgroup_fd,
                                                          cpu->number, PERF_FLAG_PID_CGROUP)
                                        : perf_open_event(&attr, tid, cpu->number, 0);
    if (fd < 0 && (errno == ESRCH || errno == ENODEV))
        return 2;
    if (fd < 0)
        return perf_refused(source->name, "perf_event_open", errno, err);
    if (perf_session_keep(session, fd, number, err) < 0)
        return -1;
    session->sample_types[number] = attr.sample_type;
    if (source->filter != NULL && ioctl(fd, PERF_EVENT_IOC_SET_FILTER, source->filter) < 0)
        return perf_refused(source->name, source->filter, errno, err);
    if (cpu->ring.map == NULL)
        return perf_session_map(session, cpu, fd, err);
    if (ioctl(fd, PERF_EVENT_IOC_SET_OUTPUT, cpu->fd) < 0)
        return perf_refused(source->name, "PERF_EVENT_IOC_SET_OUTPUT", errno, err);
    return 0;
}

static int perf_session_open_threads(struct perf_session *session, const struct perf_source *source,
                                     struct error *err)
{
    CLEANUP(freep) pid_t *tids = NULL;
    size_t n = 0;
    if (perf_target_threads(&session->target, &tids, &n, err) < 0)
        return -1;
    for (size_t t = 0; t < n; t++) {
        for (size_t i = 0; i < session->n_cpus; i++) {
            int status = perf_session_open_one(session, source, &session->cpus[i], tids[t], err);
            if (status == 1 || status < 0)
                return status;
        }
    }
    return 0;
}

int perf_session_open_source(struct perf_session *session, const struct perf_source *source,
                             unsigned *ret, struct error *err)
{
    if (session->n_sources == PERF_SESSION_SOURCES_MAX)
        return error_set(err, ERROR_INTERNAL, "%u events are the most", PERF_SESSION_SOURCES_MAX);
    int status = 0;
    if (!session->target.use_cgroup)
        status = perf_session_open_threads(session, source, err);
    for (size_t i = 0; session->target.use_cgroup && status == 0 && i < session->n_cpus; i++) {
        status = perf_session_open_one(session, source, &session->cpus[i], -1, err);
        status = status == 2 ? 0 : status;
    }
    if (status != 0)
        return status;
    *ret = session->n_sources++;
    return 0;
}

/* Forks, execs, ends, and mappings of code. */
static int perf_session_open_tasks(struct perf_session *session, struct error *err)
{
    struct perf_source tasks = {.name = "forks and execs",
                                .attr = {.type = PERF_TYPE_SOFTWARE,
                                         .config = PERF_COUNT_SW_DUMMY,
                                         .task = 1,
                                         .comm = 1,
                                         .comm_exec = 1,
                                         .mmap = 1,
                                         .mmap2 = 1,
                                         .exclude_kernel = 1}};
    unsigned source;
    return perf_session_open_source(session, &tasks, &source, err);
}

/* Those without a ring are not there (offline), or have nothing to look at. */
static void perf_session_drop_cpus(struct perf_session *session)
{
    size_t n = 0;
    for (size_t i = 0; i < session->n_cpus; i++)
        if (session->cpus[i].ring.map != NULL)
            session->cpus[n++] = session->cpus[i];
    session->n_cpus = n;
}

int perf_session_open_cpus(struct perf_session *session, struct error *err)
{
    long n = sysconf(_SC_NPROCESSORS_CONF);
    session->n_cpus = n < 1 ? 1 : (size_t)n;
    session->cpus = calloc(session->n_cpus, sizeof(*session->cpus));
    if (session->cpus == NULL)
        return error_out_of_memory(err);
    for (size_t i = 0; i < session->n_cpus; i++)
        session->cpus[i] = (struct perf_cpu){.number = (int)i, .fd = -1};
    struct error why = {0};
    int status = perf_session_open_tasks(session, &why);
    if (status == 1 && session->target.use_cgroup) {
        snprintf(session->why_process, sizeof(session->why_process), "%.*s",
                 (int)sizeof(session->why_process) - 1, why.text);
        session->target.use_cgroup = false;
        status = perf_session_open_tasks(session, &why);
    }
    if (status != 0) {
        *err = why;
        return status;
    }
    perf_session_drop_cpus(session);
    if (session->n_cpus == 0)
        return error_set(err, ERROR_SERVICE, "there is no process to look at: it has ended");
    return 0;
}

void perf_session_close_events(struct perf_session *session)
{
    for (size_t i = 0; i < session->n_cpus; i++)
        perf_ring_unmap(&session->cpus[i].ring);
    for (size_t i = 0; i < session->n_fds; i++)
        close(session->fds[i]);
    free(session->cpus);
    free(session->fds);
    free(session->ids);
    free(session->polled);
}
