/* What is told: each record, as it comes. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "instrument/kernel_events_parts.h"
#include "instrument/system_calls.h"
#include "instrument/thread_origins.h"
#include "memory/process_stat.h"

/* What a thread has begun. */
struct kernel_pending {
    pid_t child;      /* the thread or process it started last */
    uint64_t address; /* of the call it is in, where that is lost by its end */
};

static struct kernel_pending *kernel_events_pending(struct kernel_events *events, pid_t tid,
                                                    struct error *err)
{
    struct kernel_pending *pending = process_table_get(&events->pending, tid);
    if (pending != NULL)
        return pending;
    pending = calloc(1, sizeof(*pending));
    if (pending == NULL) {
        error_out_of_memory(err);
        return NULL;
    }
    if (process_table_set(&events->pending, tid, pending, err) < 0) {
        free(pending);
        return NULL;
    }
    return pending;
}

void kernel_events_done_pending(struct kernel_events *events)
{
    for (size_t i = 0; i < events->pending.n_slots; i++)
        free(events->pending.slots[i].value);
    process_table_done(&events->pending);
}

static int kernel_events_fork(struct kernel_events *events, const struct perf_record *record,
                              struct error *err)
{
    struct kernel_pending *pending = kernel_events_pending(events, record->parent_tid, err);
    if (pending == NULL)
        return -1;
    pending->child = record->tid;
    if (record->pid == record->parent_pid)
        return 0;
    if (held_descriptors_fork(events->descriptors, record->pid, record->parent_pid, err) < 0 ||
        held_mappings_fork(events->mappings, record->pid, record->parent_pid, err) < 0 ||
        held_pages_fork(events->pages, record->pid, record->parent_pid, err) < 0)
        return -1;
    return 0;
}

static bool kernel_events_is_open(void *context, int fd)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/fd/%d", *(const pid_t *)context, fd);
    return faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int kernel_events_exec(struct kernel_events *events, pid_t pid, struct error *err)
{
    held_descriptors_keep(events->descriptors, pid, kernel_events_is_open, &pid);
    held_mappings_exit(events->mappings, pid);
    return held_pages_leave(events->pages, pid, err);
}

/* Has its last thread ended? */
static bool kernel_events_is_gone(pid_t pid)
{
    char path[32];
    struct process_stat stat;
    snprintf(path, sizeof(path), "/proc/%d", pid);
    CLEANUP(closep) int process_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return process_fd < 0 || process_stat_read(process_fd, &stat, NULL) != 0 ||
           process_stat_is_over(&stat);
}

static int kernel_events_exit(struct kernel_events *events, const struct perf_record *record,
                              struct error *err)
{
    free(process_table_take(&events->pending, record->tid));
    if (record->tid != record->pid || !kernel_events_is_gone(record->pid))
        return 0;
    held_descriptors_exit(events->descriptors, record->pid);
    held_mappings_exit(events->mappings, record->pid);
    return held_pages_leave(events->pages, record->pid, err);
}

/* Two numbers that lie in the process's memory, mostly on the stack we have. */
static bool kernel_events_read_pair(const struct perf_record *record, uint64_t address,
                                    int ret_fds[2])
{
    const struct stack_dump *dump = &record->dump;
    size_t bytes = 2 * sizeof(*ret_fds);
    if (address >= dump->sp && dump->length >= bytes &&
        address - dump->sp <= dump->length - bytes) {
        memcpy(ret_fds, (const char *)dump->bytes + (address - dump->sp), bytes);
        return true;
    }
    struct iovec here = {.iov_base = ret_fds, .iov_len = bytes};
    struct iovec there = {.iov_len = bytes};
    memcpy(&there.iov_base, &address, sizeof(there.iov_base)); /* an address of the other */
    return process_vm_readv(record->pid, &here, 1, &there, 1, 0) == (ssize_t)bytes;
}

static int kernel_events_open_pair(struct kernel_events *events, const struct perf_record *record,
                                   const struct system_call *call, uint32_t stack,
                                   struct error *err)
{
    int fds[2];
    uint64_t address = call->address;
    const struct kernel_pending *pending = process_table_get(&events->pending, record->tid);
    if (!call->knows_address && pending != NULL)
        address = pending->address;
    if (!kernel_events_read_pair(record, address, fds)) {
        events->unreadable++;
        return 0;
    }
    if (held_descriptors_open(events->descriptors, record->pid, fds[0], stack, err) < 0)
        return -1;
    return held_descriptors_open(events->descriptors, record->pid, fds[1], stack, err);
}

static int kernel_events_map(struct kernel_events *events, pid_t pid,
                             const struct system_call *call, uint32_t stack, struct error *err)
{
    static const enum held_mapping_kind kinds[SYSTEM_CALL_MAPPINGS_MAX_] = {
        [SYSTEM_CALL_PRIVATE] = HELD_MAPPING_PRIVATE,
        [SYSTEM_CALL_SHARED] = HELD_MAPPING_SHARED,
        [SYSTEM_CALL_FILE] = HELD_MAPPING_FILE,
    };
    struct held_mapping mapping = {.start = call->address,
                                   .end = call->address + call->length,
                                   .stack = stack,
                                   .kind = kinds[call->mapping],
                                   .is_populated = call->is_populated};
    held_pages_forget(events->pages, pid, call->address, call->length);
    return held_mappings_add(events->mappings, pid, &mapping, err);
}

/* How long it is shmat does not tell; /proc/PID/maps does. */
static uint64_t kernel_events_mapping_end(pid_t pid, uint64_t start)
{
    char path[96];
    char wanted[32];
    uint64_t end = 0;
    char *line = NULL;
    size_t size = 0;
    snprintf(path, sizeof(path), "/proc/%d/maps", pid);
    snprintf(wanted, sizeof(wanted), "%08llx-", (unsigned long long)start);
    CLEANUP(fclosep) FILE *maps = fopen(path, "re");
    while (maps != NULL && end == 0 && getline(&line, &size, maps) > 0)
        if (strncmp(line, wanted, strlen(wanted)) == 0)
            end = strtoull(line + strlen(wanted), NULL, 16);
    free(line);
    return end;
}

static int kernel_events_attach(struct kernel_events *events, pid_t pid,
                                const struct system_call *call, uint32_t stack, struct error *err)
{
    struct held_mapping mapping = {.start = call->address,
                                   .end = kernel_events_mapping_end(pid, call->address),
                                   .stack = stack,
                                   .kind = HELD_MAPPING_SYSV};
    return mapping.end == 0 ? 0 : held_mappings_add(events->mappings, pid, &mapping, err);
}

static int kernel_events_remap(struct kernel_events *events, const struct perf_record *record,
                               const struct system_call *call, uint32_t stack, struct error *err)
{
    struct held_mappings_move move = {.old_address = call->old_address,
                                      .old_length = call->old_length,
                                      .address = call->address,
                                      .length = call->length,
                                      .keeps_old = call->keeps_old,
                                      .stack = stack};
    const struct kernel_pending *pending = process_table_get(&events->pending, record->tid);
    if (!call->knows_address && pending == NULL)
        return 0;
    if (!call->knows_address)
        move.old_address = pending->address;
    uint64_t kept = move.length < move.old_length ? move.length : move.old_length;
    if (held_pages_move(events->pages, record->pid, move.old_address, kept, move.address, err) < 0)
        return -1;
    if (move.length < move.old_length)
        held_pages_forget(events->pages, record->pid, move.old_address + move.length,
                          move.old_length - move.length);
    return held_mappings_remap(events->mappings, record->pid, &move, err);
}

static int kernel_events_start(struct kernel_events *events, pid_t tid, uint32_t stack,
                               struct error *err)
{
    const struct kernel_pending *pending = process_table_get(&events->pending, tid);
    if (pending == NULL || pending->child == 0)
        return 0;
    pthread_mutex_lock(events->share->lock);
    int status = thread_origins_set(events->share->origins, pending->child, stack, err);
    pthread_mutex_unlock(events->share->lock);
    return status;
}

static int kernel_events_exit_call(struct kernel_events *events, const struct perf_record *record,
                                   struct error *err)
{
    struct system_call call;
    uint32_t stack;
    if (!system_call_read(record, events->groups, false, &call))
        return 0;
    if (process_stacks_add(events->stacks, record, &stack, err) < 0)
        return -1;
    switch (call.kind) {
    case SYSTEM_CALL_OPEN:
        return held_descriptors_open(events->descriptors, record->pid, call.fd, stack, err);
    case SYSTEM_CALL_OPEN_PAIR:
        return kernel_events_open_pair(events, record, &call, stack, err);
    case SYSTEM_CALL_MAP:
        return kernel_events_map(events, record->pid, &call, stack, err);
    case SYSTEM_CALL_ATTACH:
        return kernel_events_attach(events, record->pid, &call, stack, err);
    case SYSTEM_CALL_REMAP:
        return kernel_events_remap(events, record, &call, stack, err);
    case SYSTEM_CALL_START:
        return kernel_events_start(events, record->tid, stack, err);
    default:
        return 0;
    }
}

static int kernel_events_enter_call(struct kernel_events *events, const struct perf_record *record,
                                    struct error *err)
{
    struct system_call call;
    struct kernel_pending *pending;
    pid_t pid = record->pid;
    if (!system_call_read(record, events->groups, true, &call))
        return 0;
    switch (call.kind) {
    case SYSTEM_CALL_CLOSE:
        held_descriptors_close(events->descriptors, pid, call.fd, call.fd);
        return 0;
    case SYSTEM_CALL_CLOSE_RANGE:
        held_descriptors_close(events->descriptors, pid, call.fd, call.last_fd);
        return 0;
    case SYSTEM_CALL_UNMAP:
        held_pages_forget(events->pages, pid, call.address, call.length);
        return held_mappings_remove(events->mappings, pid, call.address, call.length, err);
    case SYSTEM_CALL_DETACH:
        return held_mappings_detach(events->mappings, pid, call.address, err);
    case SYSTEM_CALL_GIVE_BACK:
        held_pages_forget(events->pages, pid, call.address, call.length);
        return 0;
    case SYSTEM_CALL_BREAK:
        held_pages_break(events->pages, pid, call.address);
        return 0;
    case SYSTEM_CALL_REMAP_BEGINS:
    case SYSTEM_CALL_PAIR_BEGINS:
        pending = kernel_events_pending(events, record->tid, err);
        if (pending == NULL)
            return -1;
        pending->address = call.kind == SYSTEM_CALL_PAIR_BEGINS ? call.address : call.old_address;
        return 0;
    default:
        return 0;
    }
}

static int kernel_events_fault(struct kernel_events *events, const struct perf_record *record,
                               struct error *err)
{
    uint32_t stack;
    if (process_stacks_add(events->stacks, record, &stack, err) < 0)
        return -1;
    return held_pages_touch(events->pages, record->pid, record->address, stack, err);
}

static int kernel_events_sample(struct kernel_events *events, unsigned source,
                                const struct perf_record *record, struct error *err)
{
    if (source == events->sources[KERNEL_EVENT_FAULT])
        return kernel_events_fault(events, record, err);
    if (source == events->sources[KERNEL_EVENT_EXIT])
        return kernel_events_exit_call(events, record, err);
    if (source == events->sources[KERNEL_EVENT_ENTER])
        return kernel_events_enter_call(events, record, err);
    return 0;
}

static int kernel_events_task(struct kernel_events *events, const struct perf_record *record,
                              struct error *err)
{
    if (process_stacks_follow(events->stacks, record, err) < 0)
        return -1;
    switch (record->kind) {
    case PERF_RECORD_KIND_FORK:
        return kernel_events_fork(events, record, err);
    case PERF_RECORD_KIND_EXEC:
        return kernel_events_exec(events, record->pid, err);
    case PERF_RECORD_KIND_EXIT:
        return kernel_events_exit(events, record, err);
    default:
        return 0;
    }
}

void kernel_events_record(void *context, unsigned source, const struct perf_record *record)
{
    struct kernel_events *events = context;
    if (events->failure.kind != ERROR_NONE)
        return;
    if (record->kind == PERF_RECORD_KIND_SAMPLE)
        (void)kernel_events_sample(events, source, record, &events->failure);
    else
        (void)kernel_events_task(events, record, &events->failure);
}
