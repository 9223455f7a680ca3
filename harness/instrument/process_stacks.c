#include "instrument/process_stacks.h"

#include <stdlib.h>
#include <string.h>

#include "instrument/process_table.h"

/* A process whose stacks were asked for, or one that was forked. */
struct stacked_process {
    pid_t parent;                /* whose space it has while its own is not there; 0: none */
    struct process_space *space; /* NULL: not needed so far */
    bool is_stale;               /* code was mapped since */
};

struct process_stacks {
    struct instrument_share *share;
    struct process_table processes;
    struct process_stacks_account account;
};

int process_stacks_new(struct instrument_share *share, struct process_stacks **ret,
                       struct error *err)
{
    struct process_stacks *stacks = calloc(1, sizeof(*stacks));
    if (stacks == NULL)
        return error_out_of_memory(err);
    stacks->share = share;
    *ret = stacks;
    return 0;
}

static void stacked_process_free(struct process_stacks *stacks, struct stacked_process *process)
{
    if (process == NULL)
        return;
    pthread_mutex_lock(stacks->share->lock);
    process_space_free(process->space);
    pthread_mutex_unlock(stacks->share->lock);
    free(process);
}

void process_stacks_free(struct process_stacks *stacks)
{
    if (stacks == NULL)
        return;
    for (size_t i = 0; i < stacks->processes.n_slots; i++)
        stacked_process_free(stacks, stacks->processes.slots[i].value);
    process_table_done(&stacks->processes);
    free(stacks);
}

static int process_stacks_new_process(struct process_stacks *stacks, pid_t pid, pid_t parent,
                                      struct stacked_process **ret, struct error *err)
{
    struct stacked_process *process = calloc(1, sizeof(*process));
    if (process == NULL) {
        error_out_of_memory(err);
        return -1;
    }
    process->parent = parent;
    if (process_table_set(&stacks->processes, pid, process, err) < 0) {
        free(process);
        return -1;
    }
    *ret = process;
    return 0;
}

int process_stacks_follow(struct process_stacks *stacks, const struct perf_record *record,
                          struct error *err)
{
    struct stacked_process *process;
    switch (record->kind) {
    case PERF_RECORD_KIND_FORK:
        if (record->pid == record->parent_pid)
            return 0;
        stacked_process_free(stacks, process_table_take(&stacks->processes, record->pid));
        return process_stacks_new_process(stacks, record->pid, record->parent_pid, &process, err);
    case PERF_RECORD_KIND_EXEC:
        stacked_process_free(stacks, process_table_take(&stacks->processes, record->pid));
        return 0;
    case PERF_RECORD_KIND_EXIT:
        /* Should others of its threads live on, it is found again. */
        if (record->pid == record->tid)
            stacked_process_free(stacks, process_table_take(&stacks->processes, record->pid));
        return 0;
    case PERF_RECORD_KIND_MAP:
        process = process_table_get(&stacks->processes, record->pid);
        /* Code that a JIT compiler makes is in no file: "//anon". */
        if (process != NULL && record->path[0] == '/' && record->path[1] != '/')
            process->is_stale = true;
        return 0;
    default:
        return 0;
    }
}

/* Have the space of a process as it is now. 1: it is gone, and nothing is known of it. */
static int stacked_process_prepare(struct process_stacks *stacks, struct stacked_process *process,
                                   pid_t pid, struct error *err)
{
    if (process->space != NULL) {
        bool stale = process->is_stale;
        process->is_stale = false;
        return stale && process_space_refresh(process->space, err) < 0 ? -1 : 0;
    }
    const struct stacked_process *parent =
        process->parent == 0 ? NULL : process_table_get(&stacks->processes, process->parent);
    process->is_stale = false;
    if (parent != NULL && parent->space != NULL && !parent->is_stale)
        return process_space_fork(parent->space, pid, &process->space, err);
    return process_space_new(pid, stacks->share->symbols, &process->space, err);
}

static int process_stacks_unwind(struct process_stacks *stacks, struct stacked_process *process,
                                 const struct perf_record *record, uint32_t *ret, struct error *err)
{
    struct unwound_stack stack;
    int status = stacked_process_prepare(stacks, process, record->pid, err);
    if (status != 0) {
        stacks->account.unknown += status == 1;
        *ret = 0;
        return status < 0 ? -1 : 0;
    }
    if (process_space_unwind(process->space, &record->dump, &stack, err) < 0)
        return -1;
    stacks->account.cut += stack.is_cut;
    return call_stacks_add(stacks->share->stacks, stack.addresses, stack.n, ret, err);
}

int process_stacks_add(struct process_stacks *stacks, const struct perf_record *record,
                       uint32_t *ret, struct error *err)
{
    struct stacked_process *process = process_table_get(&stacks->processes, record->pid);
    *ret = 0;
    stacks->account.is_32_bit += record->is_32_bit;
    if (!record->has_registers)
        return 0;
    stacks->account.stacks++;
    if (process == NULL && process_stacks_new_process(stacks, record->pid, 0, &process, err) < 0)
        return -1;
    pthread_mutex_lock(stacks->share->lock);
    int status = process_stacks_unwind(stacks, process, record, ret, err);
    pthread_mutex_unlock(stacks->share->lock);
    return status;
}

struct process_stacks_account process_stacks_account(const struct process_stacks *stacks)
{
    return stacks->account;
}
