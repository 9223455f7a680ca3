/* What is written at a floor: what is held, checked against what the kernel says is there. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "instrument/descriptor_labels.h"
#include "instrument/held_totals.h"
#include "instrument/kernel_events_parts.h"
#include "instrument/process_memory.h"

#define SOCKET_TEXT 256

/* A floor in the making; the session is held. */
struct kernel_floor {
    struct kernel_events *events;
    struct held_totals *pages, *mappings, *descriptors; /* owned; NULL: not asked for */
    struct descriptor_labels *labels;                   /* owned */
    unsigned denied;                                    /* processes that may not be read */
};

/* A process of it. */
struct floor_process {
    struct kernel_floor *floor;
    pid_t pid;
    const struct socket_table *sockets; /* NULL: they cannot be read */
    bool has_parent;                    /* what it shares is another's */
    bool may_share;                     /* a page that it does not have for itself is a page */
    uint32_t page_stack;                /* of the last page, and how many on end */
    int64_t n_pages;
    const char *page_label;
};

static void kernel_floor_done(struct kernel_floor *floor)
{
    held_totals_free(floor->pages);
    held_totals_free(floor->mappings);
    held_totals_free(floor->descriptors);
    descriptor_labels_free(floor->labels);
}

static bool kernel_floor_wants(const struct kernel_events *events, enum instrument_kind kind)
{
    return (events->kinds >> kind & 1) != 0;
}

static int floor_descriptor(const struct descriptor *descriptor, void *context, struct error *err)
{
    struct floor_process *process = context;
    struct kernel_floor *floor = process->floor;
    char socket[SOCKET_TEXT];
    char label[DESCRIPTOR_LABEL_MAX];
    uint32_t stack;
    int fd = (int)strtol(descriptor->number, NULL, 10);
    if (!held_descriptors_get(floor->events->descriptors, process->pid, fd, &stack))
        return held_totals_add(floor->descriptors, "[received]", 0, 1, 0, err);
    if (stack == 0)
        return held_totals_add(floor->descriptors, "[before]", 0, 1, 0, err);
    bool known = descriptor->kind == DESCRIPTOR_SOCKET && process->sockets != NULL &&
                 socket_table_describe(process->sockets, descriptor->inode, socket, sizeof(socket));
    descriptor_label(descriptor->link, known ? socket : NULL, label);
    return held_totals_add(floor->descriptors, label, stack, 1, 0, err);
}

static int floor_process_descriptors(struct floor_process *process, struct error *err)
{
    char path[32];
    snprintf(path, sizeof(path), "/proc/%d", process->pid);
    CLEANUP(closep) int process_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (process_fd < 0)
        return 0; /* gone */
    process->sockets = descriptor_labels_sockets(process->floor->labels, process_fd);
    int status = descriptors_each(process_fd, floor_descriptor, process, err);
    process->floor->denied += status == 2;
    return status < 0 ? -1 : 0;
}

/* Hand on the pages on end that one stack has touched. */
static int floor_process_flush(struct floor_process *process, struct error *err)
{
    int64_t n = process->n_pages;
    process->n_pages = 0;
    if (n == 0)
        return 0;
    return held_totals_add(process->floor->pages, process->page_label, process->page_stack, n,
                           n * (int64_t)process->floor->events->page_bytes, err);
}

static int floor_process_page(struct floor_process *process, const char *label, uint32_t stack,
                              struct error *err)
{
    if (process->n_pages > 0 &&
        (stack != process->page_stack || label[0] != process->page_label[0]) &&
        floor_process_flush(process, err) < 0)
        return -1;
    process->page_stack = stack;
    process->page_label = label;
    process->n_pages++;
    return 0;
}

/* Who touched a page first, as far as it can be told; false: it is another process's. */
static bool floor_page_owner(struct floor_process *process, uint64_t address,
                             enum process_page page, const uint32_t *huge, uint32_t *ret)
{
    struct kernel_events *events = process->floor->events;
    if (held_pages_get(events->pages, process->pid, address, ret))
        return true;
    if (page == PROCESS_PAGE_ANONYMOUS && process->has_parent)
        return false;
    if (held_pages_get_inherited(events->pages, process->pid, address, ret))
        return true;
    const struct held_mapping *mapping =
        held_mappings_find(events->mappings, process->pid, address);
    *ret = huge != NULL ? *huge : mapping != NULL ? mapping->stack : 0;
    return true;
}

/* A huge page is touched once. */
static bool floor_block_huge(struct floor_process *process, const struct process_pages_block *block,
                             uint32_t *ret)
{
    struct kernel_events *events = process->floor->events;
    for (size_t i = 0; block->is_whole && i < block->n; i++)
        if (held_pages_get(events->pages, process->pid, block->address + i * events->page_bytes,
                           ret))
            return true;
    return false;
}

static int floor_block_pages(struct floor_process *process, const struct process_pages_block *block,
                             struct error *err)
{
    uint32_t huge;
    bool has_huge = floor_block_huge(process, block, &huge);
    for (size_t i = 0; i < block->n; i++) {
        uint64_t address = block->address + i * process->floor->events->page_bytes;
        enum process_page page = block->pages[i];
        uint32_t stack;
        if (page == PROCESS_PAGE_SWAPPED) /* still whose it was, when it comes back */
            (void)held_pages_get(process->floor->events->pages, process->pid, address, &stack);
        /* In a process that shares none, a page that is not its own is the page of zeroes. */
        if (page != PROCESS_PAGE_ANONYMOUS_OWN &&
            (page != PROCESS_PAGE_ANONYMOUS || !process->may_share))
            continue;
        if (!floor_page_owner(process, address, page, has_huge ? &huge : NULL, &stack))
            continue;
        if (floor_process_page(process, stack == 0 ? "[before]" : "", stack, err) < 0)
            return -1;
    }
    return floor_process_flush(process, err);
}

static int floor_block_mappings(struct floor_process *process,
                                const struct process_pages_block *block, struct error *err)
{
    struct kernel_floor *floor = process->floor;
    uint64_t page_bytes = floor->events->page_bytes;
    for (size_t i = 0; i < block->n; i++) {
        const struct held_mapping *mapping = held_mappings_find(
            floor->events->mappings, process->pid, block->address + i * page_bytes);
        if (mapping == NULL || block->pages[i] == PROCESS_PAGE_NONE ||
            block->pages[i] == PROCESS_PAGE_SWAPPED)
            continue;
        bool own = block->pages[i] == PROCESS_PAGE_ANONYMOUS_OWN;
        if (block->pages[i] == PROCESS_PAGE_ANONYMOUS &&
            (!process->may_share || (process->has_parent && mapping->is_inherited)))
            continue;
        const char *label = "";
        if (!own && block->pages[i] == PROCESS_PAGE_SHARED)
            label = mapping->kind == HELD_MAPPING_SYSV ? "[sysv shm]" : "[shared]";
        if (held_totals_add(floor->mappings, label, mapping->stack, 0, (int64_t)page_bytes, err) <
            0)
            return -1;
    }
    return 0;
}

static int floor_block(void *context, const struct process_pages_block *block, struct error *err)
{
    struct floor_process *process = context;
    bool is_shared = false;
    for (size_t i = 0; i < block->n; i++)
        is_shared |= block->pages[i] == PROCESS_PAGE_SHARED;
    if (process->floor->pages != NULL && !is_shared && floor_block_pages(process, block, err) < 0)
        return -1;
    return process->floor->mappings == NULL ? 0 : floor_block_mappings(process, block, err);
}

static int floor_sparse(void *context, uint64_t start, uint64_t end, uint64_t **ret, size_t *ret_n,
                        struct error *err)
{
    const struct floor_process *process = context;
    const uint64_t range[2] = {start, end};
    return held_pages_list(process->floor->events->pages, process->pid, range, ret, ret_n, err);
}

/* The mappings themselves, resident or not. */
static int floor_process_mappings(struct floor_process *process, struct error *err)
{
    struct kernel_floor *floor = process->floor;
    size_t n;
    const struct held_mapping *mappings =
        held_mappings_get(floor->events->mappings, process->pid, &n);
    for (size_t i = 0; i < n; i++) {
        static const char *const labels[] = {[HELD_MAPPING_PRIVATE] = "",
                                             [HELD_MAPPING_SHARED] = "[shared]",
                                             [HELD_MAPPING_FILE] = "",
                                             [HELD_MAPPING_SYSV] = "[sysv shm]"};
        if (mappings[i].is_part || mappings[i].is_inherited)
            continue;
        if (held_totals_add(floor->mappings, labels[mappings[i].kind], mappings[i].stack, 1, 0,
                            err) < 0)
            return -1;
    }
    return 0;
}

static int floor_process_memory(struct floor_process *process, struct error *err)
{
    struct kernel_events *events = process->floor->events;
    const struct process_memory_reader reader = {
        .block = floor_block, .sparse = floor_sparse, .context = process};
    process->has_parent = held_pages_has_parent(events->pages, process->pid);
    process->may_share = held_pages_may_share(events->pages, process->pid);
    int status = process_memory_read(process->pid, &reader, err);
    process->floor->denied += status == 2;
    if (status < 0)
        return -1;
    /* In between forks nobody asks for what the children have inherited. */
    if (status == 0 && process->floor->pages != NULL)
        held_pages_sweep(events->pages, process->pid);
    return process->floor->mappings == NULL ? 0 : floor_process_mappings(process, err);
}

static int kernel_floor_take(struct kernel_floor *floor, struct error *err)
{
    struct kernel_events *events = floor->events;
    CLEANUP(freep) pid_t *pids = NULL;
    size_t n = 0;
    if (events->failure.kind != ERROR_NONE) {
        *err = events->failure;
        return error_prefix(err, "reading the kernel's events");
    }
    if (perf_target_processes(&events->target, &pids, &n, err) < 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        struct floor_process process = {.floor = floor, .pid = pids[i], .page_label = ""};
        if (floor->descriptors != NULL && floor_process_descriptors(&process, err) < 0)
            return -1;
        if ((floor->pages != NULL || floor->mappings != NULL) &&
            floor_process_memory(&process, err) < 0)
            return -1;
    }
    if (floor->denied > 0)
        return error_set(
            err, ERROR_ENVIRONMENT,
            "the memory or the descriptors of %u of %zu processes may not be read (run "
            "it as root, or with --driver vm)",
            floor->denied, n);
    return 0;
}

static int kernel_floor_store(const struct kernel_floor *floor, const char *dir, size_t cycle,
                              struct error *err)
{
    const struct {
        const struct held_totals *totals;
        const char *name;
        bool has_bytes;
    } files[] = {
        {floor->pages, "pages", true},
        {floor->mappings, "mappings", true},
        {floor->descriptors, "descriptors", false},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(files); i++) {
        struct held_totals_file file = {
            .dir = dir, .name = files[i].name, .cycle = cycle, .has_bytes = files[i].has_bytes};
        if (files[i].totals != NULL &&
            held_totals_store(files[i].totals, floor->events->share, &file, err) < 0)
            return error_prefix(err, "%s", files[i].name);
    }
    return 0;
}

int kernel_events_floor(struct kernel_events *events, const char *dir, size_t cycle,
                        struct error *err)
{
    CLEANUP(kernel_floor_done) struct kernel_floor floor = {.events = events};
    if (descriptor_labels_new(&floor.labels, err) < 0 ||
        (kernel_floor_wants(events, INSTRUMENT_PAGES) && held_totals_new(&floor.pages, err) < 0) ||
        (kernel_floor_wants(events, INSTRUMENT_MAPPINGS) &&
         held_totals_new(&floor.mappings, err) < 0) ||
        (kernel_floor_wants(events, INSTRUMENT_DESCRIPTORS) &&
         held_totals_new(&floor.descriptors, err) < 0))
        return -1;
    perf_session_hold(events->session);
    int status = kernel_floor_take(&floor, err);
    perf_session_release(events->session);
    return status < 0 ? -1 : kernel_floor_store(&floor, dir, cycle, err);
}

static int kernel_events_note_descriptor(const struct descriptor *descriptor, void *context,
                                         struct error *err)
{
    const struct floor_process *process = context;
    struct held_descriptors *held = process->floor->events->descriptors;
    uint32_t stack;
    int fd = (int)strtol(descriptor->number, NULL, 10);
    if (held_descriptors_get(held, process->pid, fd, &stack))
        return 0;
    return held_descriptors_open(held, process->pid, fd, 0, err);
}

int kernel_events_note_before(struct kernel_events *events, struct error *err)
{
    struct kernel_floor floor = {.events = events};
    CLEANUP(freep) pid_t *pids = NULL;
    size_t n = 0;
    if (perf_target_processes(&events->target, &pids, &n, err) < 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        char path[32];
        struct floor_process process = {.floor = &floor, .pid = pids[i]};
        snprintf(path, sizeof(path), "/proc/%d", pids[i]);
        CLEANUP(closep) int process_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (process_fd >= 0 &&
            descriptors_each(process_fd, kernel_events_note_descriptor, &process, err) < 0)
            return -1;
    }
    return 0;
}
