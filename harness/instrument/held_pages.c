#include "instrument/held_pages.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "instrument/process_table.h"

#define PAGES_FIRST 256
#define EPOCH_MAX   0x3fffffff
/* Forks of forks that are gone through; where records were lost they might go round. */
#define PARENTS_MAX 64

struct touched_page {
    uint64_t number; /* of the page + 1; 0: free */
    uint32_t stack;
    uint32_t epoch : 30; /* how often the process had forked by then */
    uint32_t is_known : 1;
    uint32_t is_seen : 1; /* since the last sweep */
};

struct process_pages {
    struct touched_page *slots; /* owned; open addressing */
    size_t n_slots;             /* a power of two */
    size_t n;                   /* in use, forgotten ones among them */
    uint32_t epoch;
    pid_t parent; /* that it was forked by, and shares pages with; 0: none */
    uint32_t parent_epoch;
    uint64_t heap_end; /* 0: not known */
};

struct held_pages {
    unsigned page_shift;
    struct process_table processes;
};

int held_pages_new(uint64_t page_bytes, struct held_pages **ret, struct error *err)
{
    struct held_pages *held = calloc(1, sizeof(*held));
    if (held == NULL)
        return error_out_of_memory(err);
    while (1ULL << held->page_shift < page_bytes)
        held->page_shift++;
    *ret = held;
    return 0;
}

static void process_pages_free(struct process_pages *process)
{
    if (process == NULL)
        return;
    free(process->slots);
    free(process);
}

void held_pages_free(struct held_pages *held)
{
    if (held == NULL)
        return;
    for (size_t i = 0; i < held->processes.n_slots; i++)
        process_pages_free(held->processes.slots[i].value);
    process_table_done(&held->processes);
    free(held);
}

static struct process_pages *held_pages_of(struct held_pages *held, pid_t pid, struct error *err)
{
    return process_table_need(&held->processes, pid, sizeof(struct process_pages), err);
}

static struct touched_page *touched_page_slot(struct touched_page *slots, size_t n_slots,
                                              uint64_t number)
{
    size_t at = (size_t)(number * 0x9e3779b97f4a7c15ULL >> 32) & (n_slots - 1);
    while (slots[at].number != 0 && slots[at].number != number)
        at = (at + 1) & (n_slots - 1);
    return &slots[at];
}

static struct touched_page *process_pages_find(const struct process_pages *process, uint64_t number)
{
    if (process->n_slots == 0)
        return NULL;
    struct touched_page *page = touched_page_slot(process->slots, process->n_slots, number);
    return page->number != 0 && page->is_known ? page : NULL;
}

/* A new table that has room for one more, without those that are forgotten. */
static int process_pages_resize(struct process_pages *process, struct error *err)
{
    size_t known = 0;
    for (size_t i = 0; i < process->n_slots; i++)
        known += process->slots[i].is_known;
    size_t n_slots = PAGES_FIRST;
    while (n_slots < 3 * (known + 1))
        n_slots *= 2;
    struct touched_page *slots = calloc(n_slots, sizeof(*slots));
    if (slots == NULL)
        return error_out_of_memory(err);
    for (size_t i = 0; i < process->n_slots; i++)
        if (process->slots[i].is_known)
            *touched_page_slot(slots, n_slots, process->slots[i].number) = process->slots[i];
    free(process->slots);
    process->slots = slots;
    process->n_slots = n_slots;
    process->n = known;
    return 0;
}

static int process_pages_set(struct process_pages *process, uint64_t number, uint32_t stack,
                             uint32_t epoch, struct error *err)
{
    if ((process->n + 1) * 3 > process->n_slots * 2 && process_pages_resize(process, err) < 0)
        return -1;
    struct touched_page *page = touched_page_slot(process->slots, process->n_slots, number);
    process->n += page->number == 0;
    *page = (struct touched_page){
        .number = number, .stack = stack, .epoch = epoch & EPOCH_MAX, .is_known = 1};
    return 0;
}

int held_pages_touch(struct held_pages *held, pid_t pid, uint64_t address, uint32_t stack,
                     struct error *err)
{
    struct process_pages *process = held_pages_of(held, pid, err);
    if (process == NULL)
        return -1;
    uint64_t number = (address >> held->page_shift) + 1;
    struct touched_page *page = process_pages_find(process, number);
    if (page != NULL && page->epoch != process->epoch) {
        page->epoch = process->epoch & EPOCH_MAX;
        return 0;
    }
    return process_pages_set(process, number, stack, process->epoch, err);
}

/* The first and the last page (as numbers are kept) that lie within the range as a whole; false:
 * none does. */
static bool held_pages_range(const struct held_pages *held, uint64_t address, uint64_t length,
                             uint64_t *ret_first, uint64_t *ret_last)
{
    uint64_t bytes = 1ULL << held->page_shift;
    uint64_t end = length > UINT64_MAX - address ? UINT64_MAX : address + length;
    if (address > UINT64_MAX - bytes)
        return false;
    *ret_first = ((address + bytes - 1) >> held->page_shift) + 1;
    *ret_last = end >> held->page_shift;
    return *ret_first <= *ret_last;
}

/* What is to be done with each known page of a range. */
typedef int (*touched_page_function)(struct touched_page *page, void *context, struct error *err);

static int process_pages_each(struct process_pages *process, uint64_t first, uint64_t last,
                              touched_page_function function, void *context, struct error *err)
{
    if (last - first < process->n_slots) {
        for (uint64_t number = first; number <= last; number++) {
            struct touched_page *page = process_pages_find(process, number);
            if (page != NULL && function(page, context, err) < 0)
                return -1;
        }
        return 0;
    }
    for (size_t i = 0; i < process->n_slots; i++) {
        struct touched_page *page = &process->slots[i];
        if (page->is_known && page->number >= first && page->number <= last &&
            function(page, context, err) < 0)
            return -1;
    }
    return 0;
}

static int touched_page_forget(struct touched_page *page, void *context, struct error *err)
{
    (void)context;
    (void)err;
    page->is_known = 0;
    return 0;
}

void held_pages_forget(struct held_pages *held, pid_t pid, uint64_t address, uint64_t length)
{
    struct process_pages *process = process_table_get(&held->processes, pid);
    uint64_t first;
    uint64_t last;
    if (process != NULL && held_pages_range(held, address, length, &first, &last))
        (void)process_pages_each(process, first, last, touched_page_forget, NULL, NULL);
}

void held_pages_break(struct held_pages *held, pid_t pid, uint64_t address)
{
    struct process_pages *process = process_table_get(&held->processes, pid);
    if (process == NULL)
        return;
    if (process->heap_end > address)
        held_pages_forget(held, pid, address, process->heap_end - address);
    process->heap_end = address;
}

struct pages_moved {
    struct touched_page *pages; /* owned */
    size_t n, capacity;
};

static int touched_page_take(struct touched_page *page, void *context, struct error *err)
{
    struct pages_moved *moved = context;
    if (moved->n == moved->capacity) {
        size_t capacity = moved->capacity == 0 ? 64 : 2 * moved->capacity;
        struct touched_page *pages = realloc(moved->pages, capacity * sizeof(*pages));
        if (pages == NULL)
            return error_out_of_memory(err);
        moved->pages = pages;
        moved->capacity = capacity;
    }
    moved->pages[moved->n++] = *page;
    page->is_known = 0;
    return 0;
}

int held_pages_move(struct held_pages *held, pid_t pid, uint64_t old_address, uint64_t length,
                    uint64_t address, struct error *err)
{
    struct process_pages *process = process_table_get(&held->processes, pid);
    struct pages_moved moved = {0};
    uint64_t first;
    uint64_t last;
    if (process == NULL || old_address == address ||
        !held_pages_range(held, old_address, length, &first, &last))
        return 0;
    held_pages_forget(held, pid, address, length);
    int status = process_pages_each(process, first, last, touched_page_take, &moved, err);
    for (size_t i = 0; status == 0 && i < moved.n; i++) {
        const struct touched_page *page = &moved.pages[i];
        uint64_t number = page->number - first + (address >> held->page_shift) + 1;
        status = process_pages_set(process, number, page->stack, page->epoch, err);
    }
    free(moved.pages);
    return status;
}

int held_pages_fork(struct held_pages *held, pid_t pid, pid_t parent, struct error *err)
{
    process_pages_free(process_table_take(&held->processes, pid));
    struct process_pages *from = held_pages_of(held, parent, err);
    struct process_pages *process = from == NULL ? NULL : held_pages_of(held, pid, err);
    if (process == NULL)
        return -1;
    process->parent = parent;
    process->parent_epoch = from->epoch;
    process->heap_end = from->heap_end;
    from->epoch = (from->epoch + 1) & EPOCH_MAX;
    return 0;
}

/* What the parent had when it forked, and the child has not written to since. */
static int process_pages_inherit(struct process_pages *child, const struct process_pages *parent,
                                 struct error *err)
{
    for (size_t i = 0; i < parent->n_slots; i++) {
        const struct touched_page *page = &parent->slots[i];
        if (page->is_known && page->epoch <= child->parent_epoch &&
            process_pages_find(child, page->number) == NULL &&
            process_pages_set(child, page->number, page->stack, 0, err) < 0)
            return -1;
    }
    return 0;
}

/* The first of the children has all that is shared; the others share it with that one now. */
static int held_pages_bequeath(struct held_pages *held, pid_t pid, const struct process_pages *gone,
                               struct error *err)
{
    pid_t heir = 0;
    for (size_t i = 0; i < held->processes.n_slots; i++) {
        const struct process_entry *entry = &held->processes.slots[i];
        struct process_pages *child = entry->value;
        if (child == NULL || child->parent != pid)
            continue;
        if (heir != 0) {
            child->parent = heir;
            child->parent_epoch = 0;
            continue;
        }
        if (process_pages_inherit(child, gone, err) < 0)
            return -1;
        heir = entry->pid;
        child->parent = gone->parent;
        child->parent_epoch = gone->parent_epoch;
    }
    return 0;
}

int held_pages_leave(struct held_pages *held, pid_t pid, struct error *err)
{
    struct process_pages *process = process_table_take(&held->processes, pid);
    if (process == NULL)
        return 0;
    int status = held_pages_bequeath(held, pid, process, err);
    process_pages_free(process);
    return status;
}

bool held_pages_get(struct held_pages *held, pid_t pid, uint64_t address, uint32_t *ret_stack)
{
    const struct process_pages *process = process_table_get(&held->processes, pid);
    uint64_t number = (address >> held->page_shift) + 1;
    struct touched_page *page = process == NULL ? NULL : process_pages_find(process, number);
    if (page == NULL)
        return false;
    page->is_seen = 1;
    *ret_stack = page->stack;
    return true;
}

bool held_pages_get_inherited(struct held_pages *held, pid_t pid, uint64_t address,
                              uint32_t *ret_stack)
{
    for (unsigned i = 0; i < PARENTS_MAX; i++) {
        const struct process_pages *process = process_table_get(&held->processes, pid);
        if (process == NULL || process->parent == 0)
            return false;
        pid = process->parent;
        if (held_pages_get(held, pid, address, ret_stack))
            return true;
    }
    return false;
}

bool held_pages_has_parent(const struct held_pages *held, pid_t pid)
{
    const struct process_pages *process = process_table_get(&held->processes, pid);
    return process != NULL && process->parent != 0 &&
           process_table_get(&held->processes, process->parent) != NULL;
}

bool held_pages_may_share(const struct held_pages *held, pid_t pid)
{
    const struct process_pages *process = process_table_get(&held->processes, pid);
    return process == NULL || process->parent != 0 || process->epoch != 0;
}

void held_pages_sweep(struct held_pages *held, pid_t pid)
{
    struct process_pages *process = process_table_get(&held->processes, pid);
    for (size_t i = 0; process != NULL && i < process->n_slots; i++) {
        struct touched_page *page = &process->slots[i];
        page->is_known &= page->is_seen;
        page->is_seen = 0;
    }
}

static int touched_page_compare(const void *a, const void *b)
{
    const uint64_t *left = a;
    const uint64_t *right = b;
    return *left < *right ? -1 : *left > *right;
}

/* The addresses of all that is known, in no order; as many as `process->n` at most. */
static size_t process_pages_addresses(const struct process_pages *process, unsigned page_shift,
                                      uint64_t *addresses)
{
    size_t n = 0;
    for (size_t i = 0; i < process->n_slots; i++)
        if (process->slots[i].is_known)
            addresses[n++] = (process->slots[i].number - 1) << page_shift;
    return n;
}

int held_pages_list(const struct held_pages *held, pid_t pid, const uint64_t range[2],
                    uint64_t **ret, size_t *ret_n, struct error *err)
{
    const struct process_pages *process = process_table_get(&held->processes, pid);
    *ret = NULL;
    *ret_n = 0;
    if (process == NULL || process->n == 0)
        return 0;
    uint64_t *addresses = malloc(process->n * sizeof(*addresses));
    if (addresses == NULL)
        return error_out_of_memory(err);
    size_t all = process_pages_addresses(process, held->page_shift, addresses);
    for (size_t i = 0; i < all; i++)
        if (addresses[i] >= range[0] && addresses[i] < range[1])
            addresses[(*ret_n)++] = addresses[i];
    if (*ret_n > 0)
        qsort(addresses, *ret_n, sizeof(*addresses), touched_page_compare);
    *ret = addresses;
    return 0;
}
