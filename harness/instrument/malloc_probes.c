#include "instrument/malloc_probes.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "instrument/malloc_files.h"
#include "instrument/perf_session.h"
#include "instrument/perf_target.h"
#include "instrument/process_stacks.h"
#include "scenario/instruments.h"

#define PROFILE_NAME "heap"
#define PMU_DIR      "/sys/bus/event_source/devices/uprobe"

/* A sample is this large and more; stacks of services are 1 to 2 KiB up to the library's loop. What
 * lies beyond is the root's end of the stack, which is missing then. */
#define STACK_BYTES 4096
#define RING_BYTES  ((size_t)16 << 20)
#define SOURCES_MAX 256
#define FILES_MAX   8

/* DWARF's numbers of the registers with the first arguments of a function, and with what it
 * returns. (Elsewhere no registers can be had: perf_record.h.) */
#if defined(__x86_64__)
static const unsigned argument_registers[] = {5, 4, 1}; /* rdi, rsi, rdx */
#else
static const unsigned argument_registers[] = {0, 1, 2}; /* x0, x1, x2 */
#endif
#define REGISTER_RESULT 0 /* rax, x0 */

/* What an event of the session is. */
struct probe_source {
    bool is_known;
    bool is_return;
    enum malloc_function function;
    enum malloc_kind kind;
};

struct probe_file {
    dev_t device;
    ino_t inode;
};

struct malloc_probes {
    struct instrument_share *share;
    uint64_t pmu_type;
    uint64_t return_bit; /* of attr.config: it is a return */
    struct perf_session *session;
    struct process_stacks *stacks;
    struct perf_target target;
    bool is_open;
    /* Of the handler, and of whoever holds the session: */
    struct malloc_calls calls;
    struct probe_source sources[SOURCES_MAX];
    uint32_t *callers; /* for each stack, the one without its leaf, + 1; 0: not asked for yet */
    size_t n_callers;
    struct error failed; /* kind ERROR_NONE: nothing */
    struct probe_file files[FILES_MAX];
    unsigned n_files;
};

static void malloc_probes_end(void *context)
{
    struct malloc_probes *self = context;
    if (self == NULL)
        return;
    perf_session_free(self->session);
    process_stacks_free(self->stacks);
    if (self->is_open)
        perf_target_done(&self->target);
    malloc_calls_done(&self->calls);
    free(self->callers);
    free(self);
}

static void malloc_probes_endp(struct malloc_probes **self)
{
    malloc_probes_end(*self);
}

/* The word that posix_memalign has written, a moment later: it is still there as long as the caller
 * has not taken it elsewhere and used its place again. */
static bool probes_peek(pid_t pid, uint64_t address, uint64_t *ret)
{
    struct iovec here = {.iov_base = ret, .iov_len = sizeof(*ret)};
    struct iovec there = {.iov_len = sizeof(*ret)};
    memcpy(&there.iov_base, &address, sizeof(there.iov_base));
    return process_vm_readv(pid, &here, 1, &there, 1, 0) == (ssize_t)sizeof(*ret);
}

/* "config:0". */
static int probes_read_return_bit(uint64_t *ret, struct error *err)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(64);
    unsigned bit = 0;
    if (file_read(AT_FDCWD, PMU_DIR "/format/retprobe", &text, err) < 0)
        return -1;
    if (sscanf(buffer_text(&text), "config:%u", &bit) != 1 || bit > 63)
        return error_set(err, ERROR_ENVIRONMENT, PMU_DIR "/format/retprobe: found \"%.20s\"",
                         buffer_text(&text));
    *ret = (uint64_t)1 << bit;
    return 0;
}

/* The stack of whoever called malloc. A stack is of return addresses but for its leaf, so the new
 * leaf is the call before that address. */
static int probes_caller(struct malloc_probes *self, uint32_t stack, uint32_t *ret,
                         struct error *err)
{
    unsigned n = 0;
    struct code_address addresses[CALL_STACKS_DEPTH_MAX];
    if (stack >= self->n_callers) {
        size_t n_callers = self->n_callers == 0 ? 1024 : self->n_callers;
        while (n_callers <= stack)
            n_callers *= 2;
        uint32_t *callers = realloc(self->callers, n_callers * sizeof(*callers));
        if (callers == NULL)
            return error_out_of_memory(err);
        memset(callers + self->n_callers, 0, (n_callers - self->n_callers) * sizeof(*callers));
        self->callers = callers;
        self->n_callers = n_callers;
    }
    if (self->callers[stack] == 0) {
        const struct code_address *there = call_stacks_get(self->share->stacks, stack, &n);
        if (n > 1)
            memcpy(addresses, there + 1, (n - 1) * sizeof(*addresses));
        if (n > 1)
            addresses[0].address--;
        if (call_stacks_add(self->share->stacks, addresses, n > 1 ? n - 1 : 0, ret, err) < 0)
            return -1;
        self->callers[stack] = *ret + 1;
    }
    *ret = self->callers[stack] - 1;
    return 0;
}

static int probes_begin_call(struct malloc_probes *self, const struct probe_source *source,
                             const struct perf_record *record, struct error *err)
{
    struct malloc_begin begin = {
        .function = source->function, .kind = source->kind, .pid = record->pid, .tid = record->tid};
    for (unsigned i = 0; i < ARRAY_LENGTH(begin.arguments); i++)
        begin.arguments[i] = record->dump.registers[argument_registers[i]];
    if (source->function != MALLOC_CALL_FREE) {
        if (process_stacks_add(self->stacks, record, &begin.stack, err) < 0)
            return -1;
        pthread_mutex_lock(self->share->lock);
        int status = probes_caller(self, begin.stack, &begin.stack, err);
        pthread_mutex_unlock(self->share->lock);
        if (status < 0)
            return -1;
    }
    return malloc_calls_begin(&self->calls, &begin, err);
}

static int probes_sample(struct malloc_probes *self, unsigned number,
                         const struct perf_record *record, struct error *err)
{
    const struct probe_source *source = &self->sources[number];
    if (number >= SOURCES_MAX || !__atomic_load_n(&source->is_known, __ATOMIC_ACQUIRE) ||
        !record->has_registers)
        return 0;
    if (!source->is_return)
        return probes_begin_call(self, source, record, err);
    const struct malloc_end end = {.function = source->function,
                                   .pid = record->pid,
                                   .tid = record->tid,
                                   .value = record->dump.registers[REGISTER_RESULT]};
    return malloc_calls_end(&self->calls, &end, err);
}

static void probes_record(void *context, unsigned number, const struct perf_record *record)
{
    struct malloc_probes *self = context;
    int status = 0;
    if (self->failed.kind != ERROR_NONE)
        return;
    if (record->kind == PERF_RECORD_KIND_SAMPLE)
        status = probes_sample(self, number, record, &self->failed);
    else
        status = process_stacks_follow(self->stacks, record, &self->failed);
    if (record->kind == PERF_RECORD_KIND_EXIT)
        malloc_calls_forget_thread(&self->calls, record->tid);
    if (record->kind == PERF_RECORD_KIND_EXEC ||
        (record->kind == PERF_RECORD_KIND_EXIT && record->pid == record->tid))
        malloc_calls_forget_process(&self->calls, record->pid);
    if (status < 0 && self->failed.kind == ERROR_NONE)
        self->failed.kind = ERROR_INTERNAL;
}

static int malloc_probes_begin(struct instrument_share *share,
                               struct instrument_environment *environment, void **ret,
                               struct error *err)
{
    (void)environment;
    struct error why = {.kind = ERROR_NONE};
    CLEANUP(malloc_probes_endp) struct malloc_probes *self = calloc(1, sizeof(*self));
    if (self == NULL)
        return error_out_of_memory(err);
    self->share = share;
    malloc_calls_init(&self->calls, probes_peek);
    if (file_read_u64(AT_FDCWD, PMU_DIR "/type", &self->pmu_type, &why) < 0 ||
        probes_read_return_bit(&self->return_bit, &why) < 0) {
        (void)error_set(err, ERROR_ENVIRONMENT,
                        "this kernel has no uprobes (CONFIG_UPROBE_EVENTS); --driver vm has a "
                        "kernel with them: %.200s",
                        why.text);
        return 1;
    }
    const struct perf_handler handler = {.record = probes_record, .context = self};
    if (process_stacks_new(share, &self->stacks, err) < 0 ||
        perf_session_new(&handler, RING_BYTES, &self->session, err) < 0)
        return -1;
    *ret = take_ptr(&self);
    return 0;
}

/* One end of a function. */
static int probes_add(struct malloc_probes *self, const struct malloc_file *file,
                      const struct malloc_place *place, bool is_return, struct error *err)
{
    unsigned number = 0;
    bool has_stack = !is_return && place->function != MALLOC_CALL_FREE;
    struct perf_source source = {
        .name = "a probe on malloc",
        .attr = {.type = (uint32_t)self->pmu_type,
                 .config = is_return ? self->return_bit : 0,
                 .config1 = (uint64_t)(uintptr_t)file->path,
                 .config2 = place->offset,
                 .sample_type = PERF_SAMPLE_REGS_USER | (has_stack ? PERF_SAMPLE_STACK_USER : 0),
                 .sample_stack_user = has_stack ? STACK_BYTES : 0},
    };
    int status = perf_session_add(self->session, &source, &number, err);
    if (status != 0)
        return status;
    if (number >= SOURCES_MAX)
        return error_set(err, ERROR_INTERNAL, "more than %d probes", SOURCES_MAX);
    self->sources[number].is_return = is_return;
    self->sources[number].function = place->function;
    self->sources[number].kind = file->kind;
    __atomic_store_n(&self->sources[number].is_known, true, __ATOMIC_RELEASE);
    return 0;
}

static int probes_add_file(struct malloc_probes *self, const struct malloc_file *file,
                           struct error *err)
{
    for (unsigned i = 0; i < file->n; i++) {
        const struct malloc_place *place = &file->places[i];
        int status = 0;
        /* The end first: one without its begin is of no harm. */
        if (place->function != MALLOC_CALL_FREE)
            status = probes_add(self, file, place, true, err);
        if (status == 0)
            status = probes_add(self, file, place, false, err);
        if (status != 0)
            return status;
    }
    return 0;
}

/* Files that have no probes yet. */
struct probes_search {
    const struct malloc_probes *self;
    struct malloc_file *found; /* owned: FILES_MAX */
    unsigned n;
};

static bool probes_has(const struct probes_search *search, const struct malloc_file *file)
{
    for (unsigned i = 0; i < search->self->n_files; i++)
        if (search->self->files[i].device == file->device &&
            search->self->files[i].inode == file->inode)
            return true;
    for (unsigned i = 0; i < search->n; i++)
        if (search->found[i].device == file->device && search->found[i].inode == file->inode)
            return true;
    return false;
}

static int probes_found(const struct malloc_file *file, void *context, struct error *err)
{
    (void)err;
    struct probes_search *search = context;
    if (search->n + search->self->n_files < FILES_MAX && !probes_has(search, file))
        search->found[search->n++] = *file;
    return 0;
}

/* Probes on all that the service's processes have now. The share is not locked while they are
 * added: the session's thread may wait for it. */
static int probes_look(struct malloc_probes *self, struct error *err)
{
    CLEANUP(freep) pid_t *pids = NULL;
    CLEANUP(freep) struct malloc_file *found = calloc(FILES_MAX, sizeof(*found));
    struct probes_search search = {.self = self, .found = found};
    size_t n = 0;
    if (found == NULL)
        return error_out_of_memory(err);
    int status = perf_target_processes(&self->target, &pids, &n, err);
    pthread_mutex_lock(self->share->lock);
    for (size_t i = 0; status >= 0 && i < n; i++)
        status = malloc_files_each(pids[i], self->share->symbols, probes_found, &search, err);
    pthread_mutex_unlock(self->share->lock);
    status = status < 0 ? -1 : 0; /* one that is gone has nothing */
    for (unsigned i = 0; status == 0 && i < search.n; i++) {
        status = probes_add_file(self, &found[i], err);
        if (status == 0)
            self->files[self->n_files++] =
                (struct probe_file){.device = found[i].device, .inode = found[i].inode};
    }
    return status;
}

static int malloc_probes_ready(void *context, const struct instrument_target *target,
                               struct error *err)
{
    struct malloc_probes *self = context;
    struct perf_place place = {.cgroup_dir = target->cgroup_dir, .by_process = true};
    if (place.cgroup_dir == NULL && target->processes != NULL && target->processes->first != 0) {
        place.pids = &target->processes->first;
        place.n_pids = 1;
    }
    if (place.cgroup_dir == NULL && place.n_pids == 0) {
        (void)error_set(
            err, ERROR_ENVIRONMENT,
            "probes on malloc need a cgroup or a process to look at, and none is known");
        return 1;
    }
    if (perf_target_set(&self->target, &place, err) < 0)
        return -1;
    self->is_open = true;
    int status = perf_session_open(self->session, &place, err);
    if (status == 0)
        status = probes_look(self, err);
    if (status != 0 || self->n_files > 0)
        return status;
    (void)error_set(err, ERROR_ENVIRONMENT,
                    "no malloc is found in the service's processes: its program is static and "
                    "stripped (keep its symbols), or it has another allocator built in (as Go)");
    return 1;
}

static int probes_add_samples(struct malloc_probes *self, struct profile *profile,
                              struct error *err)
{
    const struct heap_blocks *blocks = &self->calls.blocks;
    if (profile_add_type(profile, "inuse_objects", "count", err) < 0 ||
        profile_add_type(profile, "inuse_space", "bytes", err) < 0)
        return -1;
    profile->default_type = 1;
    for (size_t i = 0; i < blocks->n_held; i++) {
        const struct call_sample sample = {.stack = (uint32_t)i};
        const int64_t values[] = {blocks->held[i].objects, blocks->held[i].bytes};
        if (values[0] != 0 && call_stacks_add_sample(self->share->stacks, self->share->symbols,
                                                     profile, &sample, values, err) < 0)
            return -1;
    }
    return 0;
}

static int malloc_probes_snapshot(void *context, const char *dir, size_t cycle, struct error *err)
{
    struct malloc_probes *self = context;
    CLEANUP(profile_freep) struct profile *profile = NULL;
    if (profile_new(&profile, err) < 0)
        return -1;
    perf_session_hold(self->session);
    int status = self->failed.kind != ERROR_NONE ? -1 : 0;
    if (status < 0 && err != NULL)
        *err = self->failed;
    if (status == 0) {
        pthread_mutex_lock(self->share->lock);
        status = probes_add_samples(self, profile, err);
        pthread_mutex_unlock(self->share->lock);
    }
    perf_session_release(self->session);
    if (status < 0)
        return -1;
    /* What a process has loaded since. */
    struct error ignored = {.kind = ERROR_NONE};
    (void)probes_look(self, &ignored);
    return instrument_store(profile, dir, PROFILE_NAME, cycle, err);
}

static void malloc_probes_effect(const void *context, char *text, size_t size)
{
    const struct malloc_probes *self = context;
    struct perf_session_account session;
    struct process_stacks_account stacks = process_stacks_account(self->stacks);
    perf_session_account(self->session, &session);
    int length = snprintf(text, size,
                          "malloc and free take much longer; %" PRIu64 " calls since it was ready",
                          self->calls.begun);
    if (length > 0 && (size_t)length < size && session.lost > 0)
        length += snprintf(text + length, size - (size_t)length,
                           "; %" PRIu64 " events came too fast and are missing", session.lost);
    if (length > 0 && (size_t)length < size && stacks.unknown > 0)
        length += snprintf(text + length, size - (size_t)length,
                           "; %" PRIu64 " calls of processes that had ended", stacks.unknown);
    if (length > 0 && (size_t)length < size && self->calls.blocks.dropped > 0)
        snprintf(text + length, size - (size_t)length,
                 "; %" PRIu64 " blocks were more than can be followed", self->calls.blocks.dropped);
}

const struct instrument instrument_malloc_probes = {
    .kinds = 1U << INSTRUMENT_MALLOC,
    .begin = malloc_probes_begin,
    .ready = malloc_probes_ready,
    .snapshot = malloc_probes_snapshot,
    .effect = malloc_probes_effect,
    .end = malloc_probes_end,
};
