/* Who holds what, told by the kernel's events in any order (instrument/held_mappings.h, _pages.h,
 * _descriptors.h): an input is a list of events of six bytes. Mappings are held against a plain
 * model, a stack for each page. */
#include <string.h>

#include "instrument/held_descriptors.h"
#include "instrument/held_mappings.h"
#include "instrument/held_pages.h"
#include "tests/fuzz/fuzz.h"

#define PAGE_BYTES UINT64_C(4096)
#define PIDS       4
#define PAGES      256
#define EVENT_SIZE 6

struct event {
    unsigned kind;
    pid_t pid, other;
    uint64_t address, length; /* in bytes */
    uint64_t to;
    uint32_t stack;
    int fd;
};

struct holdings {
    struct held_mappings *mappings;
    struct held_pages *pages;
    struct held_descriptors *descriptors;
    uint32_t model[PIDS][PAGES]; /* stack + 1 of the mapping; 0: none */
};

/* Of the pages that the model has; rarely anywhere in 64 bits. */
static uint64_t address_of(uint8_t byte, uint8_t wild)
{
    return wild == 0xff ? (uint64_t)byte << 56 | PAGE_BYTES : byte * PAGE_BYTES;
}

static struct event event_of(const uint8_t *data)
{
    return (struct event){
        .kind = data[0] % 14,
        .pid = 1 + data[1] % PIDS,
        .other = 1 + data[1] / PIDS % PIDS,
        .address = address_of(data[2], data[5]),
        .length = address_of(data[3], data[4]),
        .to = address_of(data[4], data[3]),
        .stack = data[5],
        .fd = data[2] - 1,
    };
}

static void model_set(struct holdings *held, const struct event *event, uint32_t value)
{
    uint64_t end = event->address + event->length;
    for (uint64_t page = 0; page < PAGES; page++)
        if (page * PAGE_BYTES >= event->address && page * PAGE_BYTES < end)
            held->model[event->pid - 1][page] = value;
}

/* What mremap does is taken from what is held: the model has no opinion of it. */
static void model_take(struct holdings *held, pid_t pid)
{
    for (uint64_t page = 0; page < PAGES; page++) {
        const struct held_mapping *found =
            held_mappings_find(held->mappings, pid, page * PAGE_BYTES);
        held->model[pid - 1][page] = found != NULL ? found->stack + 1 : 0;
    }
}

static void tell_mappings(struct holdings *held, const struct event *event)
{
    const struct held_mapping mapping = {.start = event->address,
                                         .end = event->address + event->length,
                                         .stack = event->stack,
                                         .kind = (enum held_mapping_kind)(event->stack % 4)};
    const struct held_mappings_move move = {.old_address = event->address,
                                            .old_length = event->length,
                                            .address = event->to,
                                            .length = (event->stack % 16) * PAGE_BYTES,
                                            .keeps_old = event->stack >= 128,
                                            .stack = event->stack};
    switch (event->kind) {
    case 0:
        FUZZ_REQUIRE(held_mappings_add(held->mappings, event->pid, &mapping, NULL) == 0);
        model_set(held, event, event->stack + 1);
        return;
    case 1:
        FUZZ_REQUIRE(held_mappings_remove(held->mappings, event->pid, event->address, event->length,
                                          NULL) == 0);
        model_set(held, event, 0);
        return;
    case 2:
        FUZZ_REQUIRE(held_mappings_remap(held->mappings, event->pid, &move, NULL) == 0);
        model_take(held, event->pid);
        return;
    case 3:
        FUZZ_REQUIRE(held_mappings_detach(held->mappings, event->pid, event->address, NULL) == 0);
        model_take(held, event->pid);
        return;
    default:
        return;
    }
}

static void tell_pages(struct holdings *held, const struct event *event)
{
    uint32_t stack = 0;
    switch (event->kind) {
    case 4:
        FUZZ_REQUIRE(
            held_pages_touch(held->pages, event->pid, event->address, event->stack, NULL) == 0);
        FUZZ_REQUIRE(held_pages_get(held->pages, event->pid, event->address, &stack));
        return;
    case 5:
        held_pages_forget(held->pages, event->pid, event->address, event->length);
        return;
    case 6:
        held_pages_break(held->pages, event->pid, event->address);
        return;
    case 7:
        FUZZ_REQUIRE(held_pages_move(held->pages, event->pid, event->address, event->length,
                                     event->to, NULL) == 0);
        return;
    case 8:
        held_pages_sweep(held->pages, event->pid);
        return;
    default:
        return;
    }
}

static void tell_processes(struct holdings *held, const struct event *event)
{
    switch (event->kind) {
    case 9:
        FUZZ_REQUIRE(held_descriptors_open(held->descriptors, event->pid, event->fd, event->stack,
                                           NULL) == 0);
        return;
    case 10:
        held_descriptors_close(held->descriptors, event->pid, event->fd,
                               event->fd + (int)(event->length / PAGE_BYTES % 512));
        return;
    case 11:
        if (event->pid == event->other)
            return;
        FUZZ_REQUIRE(held_mappings_fork(held->mappings, event->pid, event->other, NULL) == 0);
        FUZZ_REQUIRE(held_pages_fork(held->pages, event->pid, event->other, NULL) == 0);
        FUZZ_REQUIRE(held_descriptors_fork(held->descriptors, event->pid, event->other, NULL) == 0);
        memcpy(held->model[event->pid - 1], held->model[event->other - 1], sizeof(held->model[0]));
        return;
    case 12:
        held_mappings_exit(held->mappings, event->pid);
        FUZZ_REQUIRE(held_pages_leave(held->pages, event->pid, NULL) == 0);
        held_descriptors_exit(held->descriptors, event->pid);
        memset(held->model[event->pid - 1], 0, sizeof(held->model[0]));
        return;
    default:
        return;
    }
}

/* Disjoint, the highest first, and what the model says. */
static void check_mappings(struct holdings *held, pid_t pid)
{
    size_t n = 0;
    const struct held_mapping *mappings = held_mappings_get(held->mappings, pid, &n);
    for (size_t i = 0; i < n; i++) {
        FUZZ_REQUIRE(mappings[i].start < mappings[i].end);
        FUZZ_REQUIRE(i == 0 || mappings[i].end <= mappings[i - 1].start);
    }
    for (uint64_t page = 0; page < PAGES; page++) {
        const struct held_mapping *found =
            held_mappings_find(held->mappings, pid, page * PAGE_BYTES);
        FUZZ_REQUIRE(held->model[pid - 1][page] == (found != NULL ? found->stack + 1 : 0));
    }
}

static void check_pages(struct holdings *held, pid_t pid)
{
    static const uint64_t range[2] = {0, PAGES * PAGE_BYTES};
    uint64_t *pages = NULL;
    size_t n = 0;
    uint32_t stack = 0;
    FUZZ_REQUIRE(held_pages_list(held->pages, pid, range, &pages, &n, NULL) == 0);
    FUZZ_REQUIRE(n <= PAGES);
    for (size_t i = 0; i < n; i++) {
        FUZZ_REQUIRE(pages[i] < range[1] && (i == 0 || pages[i] > pages[i - 1]));
        FUZZ_REQUIRE(held_pages_get(held->pages, pid, pages[i], &stack));
    }
    free(pages);
    (void)held_pages_get_inherited(held->pages, pid, PAGE_BYTES, &stack);
    (void)held_pages_may_share(held->pages, pid);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct holdings held;
    memset(&held, 0, sizeof(held));
    FUZZ_REQUIRE(held_mappings_new(PAGE_BYTES, &held.mappings, NULL) == 0);
    FUZZ_REQUIRE(held_pages_new(PAGE_BYTES, &held.pages, NULL) == 0);
    FUZZ_REQUIRE(held_descriptors_new(&held.descriptors, NULL) == 0);
    for (; size >= EVENT_SIZE; data += EVENT_SIZE, size -= EVENT_SIZE) {
        const struct event event = event_of(data);
        tell_mappings(&held, &event);
        tell_pages(&held, &event);
        tell_processes(&held, &event);
    }
    for (pid_t pid = 1; pid <= PIDS; pid++) {
        check_mappings(&held, pid);
        check_pages(&held, pid);
    }
    held_mappings_free(held.mappings);
    held_pages_free(held.pages);
    held_descriptors_free(held.descriptors);
    return 0;
}
