#include "instrument/held_descriptors.h"

#include <stdlib.h>
#include <string.h>

#include "instrument/process_table.h"

#define DESCRIPTORS_FIRST 64
/* More than this a process cannot have (fs.nr_open). */
#define DESCRIPTORS_MAX (1 << 24)

struct process_descriptors {
    uint32_t *stacks; /* owned: by number, the stack that opened it + 1; 0: not open, as we know */
    size_t n;
};

struct held_descriptors {
    struct process_table processes;
};

int held_descriptors_new(struct held_descriptors **ret, struct error *err)
{
    struct held_descriptors *held = calloc(1, sizeof(*held));
    if (held == NULL)
        return error_out_of_memory(err);
    *ret = held;
    return 0;
}

static void process_descriptors_free(struct process_descriptors *process)
{
    if (process == NULL)
        return;
    free(process->stacks);
    free(process);
}

void held_descriptors_free(struct held_descriptors *held)
{
    if (held == NULL)
        return;
    for (size_t i = 0; i < held->processes.n_slots; i++)
        process_descriptors_free(held->processes.slots[i].value);
    process_table_done(&held->processes);
    free(held);
}

/* The process's, which is there afterwards. */
static struct process_descriptors *held_descriptors_of(struct held_descriptors *held, pid_t pid,
                                                       struct error *err)
{
    return process_table_need(&held->processes, pid, sizeof(struct process_descriptors), err);
}

static int process_descriptors_reserve(struct process_descriptors *process, size_t n,
                                       struct error *err)
{
    if (n <= process->n)
        return 0;
    size_t size = process->n == 0 ? DESCRIPTORS_FIRST : process->n;
    while (size < n)
        size *= 2;
    uint32_t *stacks = realloc(process->stacks, size * sizeof(*stacks));
    if (stacks == NULL)
        return error_out_of_memory(err);
    memset(stacks + process->n, 0, (size - process->n) * sizeof(*stacks));
    process->stacks = stacks;
    process->n = size;
    return 0;
}

int held_descriptors_open(struct held_descriptors *held, pid_t pid, int fd, uint32_t stack,
                          struct error *err)
{
    if (fd < 0 || fd >= DESCRIPTORS_MAX)
        return 0;
    struct process_descriptors *process = held_descriptors_of(held, pid, err);
    if (process == NULL || process_descriptors_reserve(process, (size_t)fd + 1, err) < 0)
        return -1;
    process->stacks[fd] = stack + 1;
    return 0;
}

void held_descriptors_close(struct held_descriptors *held, pid_t pid, int first, int last)
{
    struct process_descriptors *process = process_table_get(&held->processes, pid);
    if (process == NULL || first < 0)
        return;
    for (size_t fd = (size_t)first; fd < process->n && fd <= (size_t)last; fd++)
        process->stacks[fd] = 0;
}

int held_descriptors_fork(struct held_descriptors *held, pid_t pid, pid_t parent, struct error *err)
{
    held_descriptors_exit(held, pid);
    const struct process_descriptors *from = process_table_get(&held->processes, parent);
    if (from == NULL || from->n == 0)
        return 0;
    struct process_descriptors *process = held_descriptors_of(held, pid, err);
    if (process == NULL || process_descriptors_reserve(process, from->n, err) < 0)
        return -1;
    memcpy(process->stacks, from->stacks, from->n * sizeof(*from->stacks));
    return 0;
}

void held_descriptors_keep(struct held_descriptors *held, pid_t pid,
                           bool (*is_open)(void *context, int fd), void *context)
{
    struct process_descriptors *process = process_table_get(&held->processes, pid);
    for (size_t fd = 0; process != NULL && fd < process->n; fd++)
        if (process->stacks[fd] != 0 && !is_open(context, (int)fd))
            process->stacks[fd] = 0;
}

void held_descriptors_exit(struct held_descriptors *held, pid_t pid)
{
    process_descriptors_free(process_table_take(&held->processes, pid));
}

bool held_descriptors_get(const struct held_descriptors *held, pid_t pid, int fd,
                          uint32_t *ret_stack)
{
    const struct process_descriptors *process = process_table_get(&held->processes, pid);
    if (process == NULL || fd < 0 || (size_t)fd >= process->n || process->stacks[fd] == 0)
        return false;
    *ret_stack = process->stacks[fd] - 1;
    return true;
}
