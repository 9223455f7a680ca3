#include "memory/cgroup_squeeze.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/process.h"
#include "memory/cgroup_tree.h"

/* What the filler, the process that does it, ends with. */
#define SQUEEZE_DONE     0
#define SQUEEZE_NO_SCORE 1 /* cannot raise its oom_score_adj */
#define SQUEEZE_NO_SPACE 2 /* no address space for so much */

/* The others of a killed group get this long to go, and are looked at so often. */
#define SQUEEZE_GONE_NS NSEC_PER_SEC
#define SQUEEZE_LOOK_NS (5 * NSEC_PER_MSEC)

/* What the filler and we share, in memory that was charged to us. */
struct squeeze_progress {
    _Atomic uint64_t touched_bytes;
};

struct squeeze_job {
    int dir_fd;
    uint64_t bytes;
    uint64_t page_bytes;
    struct squeeze_progress *progress;
};

static int squeeze_attach(pid_t pid, void *context, struct error *err)
{
    const struct squeeze_job *job = context;
    char text[16];
    snprintf(text, sizeof(text), "%d", pid);
    return file_write(job->dir_fd, "cgroup.procs", text, err);
}

/* The filler: a copy of one of our threads, so only what is async-signal-safe. */
static int squeeze_touch(void *context)
{
    const struct squeeze_job *job = context;
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, "1000", 4) != 4)
        return SQUEEZE_NO_SCORE;
    close(fd);
    if (job->bytes == 0)
        return SQUEEZE_DONE;

    volatile char *memory = mmap(NULL, job->bytes, PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return SQUEEZE_NO_SPACE;
    for (uint64_t at = 0; at < job->bytes; at += job->page_bytes) {
        memory[at] = 1;
        uint64_t touched = at + job->page_bytes;
        atomic_store(&job->progress->touched_bytes, touched < job->bytes ? touched : job->bytes);
    }
    return SQUEEZE_DONE;
}

static void squeeze_unmap(struct squeeze_progress **progress)
{
    if (*progress != MAP_FAILED)
        munmap(*progress, sizeof(**progress));
}

/* Have the filler touch it all; *ret_ended: it has ended before the deadline, as *ret_end says. 1:
 * the group takes no process, or none of ours. */
static int squeeze_run(struct squeeze_job *job, nsec_t deadline_ns, bool *ret_ended,
                       struct process_end *ret_end, struct error *err)
{
    char name[] = "the process that squeezes";
    char *argv[] = {name, NULL};
    const struct process_spec spec = {
        .argv = argv,
        .function = squeeze_touch,
        .function_context = job,
        .stdin_fd = -1,
        .stdout_fd = -1,
        .stderr_fd = -1,
        .no_huge_pages = true,
        .attach = squeeze_attach,
        .attach_context = job,
    };
    CLEANUP(process_done) struct process filler = PROCESS_NONE;
    struct error failure = {.kind = ERROR_NONE};
    if (process_spawn(&spec, &filler, &failure) < 0) {
        if (failure.errno_value == EBUSY || failure.errno_value == EOPNOTSUPP ||
            failure.errno_value == EACCES || failure.errno_value == EPERM)
            return 1;
        if (err != NULL)
            *err = failure;
        return -1;
    }
    *ret_ended = false;
    while (!*ret_ended && clock_now_ns() < deadline_ns && interrupt_count() == 0)
        *ret_ended = process_wait(&filler, deadline_ns, ret_end) == 0;
    return 0;
}

/* Wait for those that the kernel killed together with the filler. */
static void squeeze_await_end(int dir_fd)
{
    nsec_t end_ns = clock_now_ns() + SQUEEZE_GONE_NS;
    while (cgroup_tree_is_populated(dir_fd) && clock_now_ns() < end_ns)
        clock_sleep_until(clock_now_ns() + SQUEEZE_LOOK_NS);
}

static int squeeze_filler_error(const struct process_end *end, uint64_t bytes, struct error *err)
{
    char text[128];
    if (!end->signaled && end->status == SQUEEZE_NO_SCORE)
        return error_set(err, ERROR_ENVIRONMENT,
                         "cannot squeeze: /proc/self/oom_score_adj cannot be written");
    if (!end->signaled && end->status == SQUEEZE_NO_SPACE)
        return error_set(err, ERROR_ENVIRONMENT,
                         "cannot squeeze: no address space for %llu bytes (ulimit -v?)",
                         (unsigned long long)bytes);
    return error_set(err, ERROR_INTERNAL, "the process that squeezes ended with %s",
                     process_end_text(end, text, sizeof(text)));
}

/* Between the two readings. */
static int squeeze_between(struct squeeze_job *job, struct cgroup_reader *reader,
                           nsec_t deadline_ns, struct squeeze_result *result, struct error *err)
{
    bool ended = false;
    struct process_end end = {.signaled = false};
    int status = squeeze_run(job, deadline_ns, &ended, &end, err);
    if (status != 0)
        return status;
    result->touched_bytes = atomic_load(&job->progress->touched_bytes);
    result->finished = ended && !end.signaled && end.status == SQUEEZE_DONE;

    status = cgroup_reader_full(reader, &result->after, err);
    if (status != 0)
        return status;
    result->oom_killed = memory_sample_get(&result->after, MEMORY_EVENTS_OOM_KILL, 0) >
                         memory_sample_get(&result->before, MEMORY_EVENTS_OOM_KILL, 0);
    if (ended && !result->finished && !result->oom_killed)
        return squeeze_filler_error(&end, job->bytes, err);
    if (!result->oom_killed)
        return 0;
    squeeze_await_end(job->dir_fd);
    /* A container's group may be gone by now: then the reading before holds. */
    return cgroup_reader_full(reader, &result->after, err) < 0 ? -1 : 0;
}

int cgroup_squeeze(int dir_fd, struct cgroup_reader *reader, uint64_t bytes, nsec_t deadline_ns,
                   struct squeeze_result *ret, struct error *err)
{
    struct squeeze_result result = {.touched_bytes = 0};
    int status = cgroup_reader_full(reader, &result.before, err);
    if (status != 0)
        return status;
    uint64_t limit = 0;
    if (file_read_u64(dir_fd, "memory.max", &limit, err) < 0)
        return -1;
    if (limit == UINT64_MAX || !cgroup_tree_is_populated(dir_fd))
        return 1;

    CLEANUP(squeeze_unmap)
    struct squeeze_progress *progress =
        mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (progress == MAP_FAILED)
        return error_out_of_memory(err);
    atomic_store(&progress->touched_bytes, 0); /* the first touch decides who pays */

    struct squeeze_job job = {
        .dir_fd = dir_fd,
        .bytes = bytes,
        .page_bytes = (uint64_t)sysconf(_SC_PAGESIZE),
        .progress = progress,
    };
    status = squeeze_between(&job, reader, deadline_ns, &result, err);
    if (status == 0)
        *ret = result;
    return status;
}
