#include "instrument/kernel_events.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "instrument/kernel_events_parts.h"
#include "instrument/system_calls.h"
#include "instrument/tracefs.h"

/* A burst must fit: 8 MiB of memory are touched for the first time in 2,048 records. */
#define RING_BYTES ((size_t)16 << 20)
/* How much of the stack is copied, in bytes: enough for what calls malloc or memset, and, at system
 * calls, for what libraries keep on it above (a resolver's buffers). */
#define FAULT_STACK_BYTES 8192
#define CALL_STACK_BYTES  16384

#define FILTER_MAX 1024

static void kernel_events_end(void *self)
{
    struct kernel_events *events = self;
    if (events == NULL)
        return;
    perf_session_free(events->session);
    kernel_events_done_pending(events);
    process_stacks_free(events->stacks);
    held_descriptors_free(events->descriptors);
    held_mappings_free(events->mappings);
    held_pages_free(events->pages);
    perf_target_done(&events->target);
    free(events);
}

static void kernel_events_endp(struct kernel_events **events)
{
    kernel_events_end(*events);
}

static int kernel_events_begin(struct instrument_share *share,
                               struct instrument_environment *environment, void **ret,
                               struct error *err)
{
    (void)environment;
    CLEANUP(kernel_events_endp) struct kernel_events *events = calloc(1, sizeof(*events));
    if (events == NULL)
        return error_out_of_memory(err);
    events->share = share;
    events->target.cgroup_fd = -1;
    events->kinds = share->site->spec->settings.instruments & instrument_kernel_events.kinds;
    events->page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
    if ((events->kinds >> INSTRUMENT_DESCRIPTORS & 1) != 0)
        events->groups |= SYSTEM_CALLS_DESCRIPTORS;
    /* Pages are given back by system calls, too. */
    if ((events->kinds & (1U << INSTRUMENT_MAPPINGS | 1U << INSTRUMENT_PAGES)) != 0)
        events->groups |= SYSTEM_CALLS_MEMORY;
    if ((events->kinds >> INSTRUMENT_THREADS & 1) != 0)
        events->groups |= SYSTEM_CALLS_THREADS;
    struct perf_handler handler = {.record = kernel_events_record, .context = events};
    if (process_stacks_new(share, &events->stacks, err) < 0 ||
        held_descriptors_new(&events->descriptors, err) < 0 ||
        held_mappings_new(events->page_bytes, &events->mappings, err) < 0 ||
        held_pages_new(events->page_bytes, &events->pages, err) < 0 ||
        perf_session_new(&handler, RING_BYTES, &events->session, err) < 0)
        return -1;
    *ret = take_ptr(&events);
    return 0;
}

static int kernel_events_add_faults(struct kernel_events *events, struct error *err)
{
    struct perf_source faults = {
        .name = "page faults",
        .attr = {.type = PERF_TYPE_SOFTWARE,
                 .config = PERF_COUNT_SW_PAGE_FAULTS,
                 .sample_type = PERF_SAMPLE_ADDR | PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER,
                 .sample_stack_user = FAULT_STACK_BYTES}};
    unsigned *source = &events->sources[KERNEL_EVENT_FAULT];
    int status = perf_session_add(events->session, &faults, source, err);
    if (status != 1)
        return status;
    /* Without rights, at least those that the program's own instructions make. */
    struct error ignored = {.kind = ERROR_NONE};
    faults.attr.exclude_kernel = 1;
    events->user_faults_only = true;
    status = perf_session_add(events->session, &faults, source, &ignored);
    if (status < 0)
        *err = ignored;
    return status;
}

static int kernel_events_add_calls(struct kernel_events *events, struct error *err)
{
    CLEANUP(closep) int tracefs_fd = -1;
    uint64_t enter;
    uint64_t exit;
    char filter[FILTER_MAX];
    int status = tracefs_open(&tracefs_fd, err);
    if (status == 0)
        status = tracefs_event(tracefs_fd, "raw_syscalls/sys_enter", &enter, err);
    if (status == 0)
        status = tracefs_event(tracefs_fd, "raw_syscalls/sys_exit", &exit, err);
    if (status != 0)
        return status;
    struct perf_source source = {.name = "the begin of system calls",
                                 .attr = {.type = PERF_TYPE_TRACEPOINT,
                                          .config = enter,
                                          .sample_type = PERF_SAMPLE_RAW | PERF_SAMPLE_REGS_USER},
                                 .filter = filter};
    system_calls_filter(events->groups, true, filter, sizeof(filter));
    if (filter[0] != '\0')
        status =
            perf_session_add(events->session, &source, &events->sources[KERNEL_EVENT_ENTER], err);
    if (status != 0)
        return status;
    source.name = "the end of system calls";
    source.attr.config = exit;
    source.attr.sample_type |= PERF_SAMPLE_STACK_USER;
    source.attr.sample_stack_user = CALL_STACK_BYTES;
    system_calls_filter(events->groups, false, filter, sizeof(filter));
    return perf_session_add(events->session, &source, &events->sources[KERNEL_EVENT_EXIT], err);
}

static int kernel_events_open(struct kernel_events *events, const struct perf_place *place,
                              struct error *err)
{
    if (perf_target_set(&events->target, place, err) < 0)
        return -1;
    int status = perf_session_open(events->session, place, err);
    if (status == 0 && events->groups != 0)
        status = kernel_events_add_calls(events, err);
    if (status == 0 && (events->kinds >> INSTRUMENT_PAGES & 1) != 0)
        status = kernel_events_add_faults(events, err);
    if (status != 0)
        return status;
    events->is_open = true;
    if ((events->kinds >> INSTRUMENT_DESCRIPTORS & 1) == 0)
        return 0;
    perf_session_hold(events->session);
    status = kernel_events_note_before(events, err);
    perf_session_release(events->session);
    return status;
}

/* As soon as it is known what to look at. */
static int kernel_events_started(void *self, const struct instrument_target *target,
                                 struct error *err)
{
    struct kernel_events *events = self;
    struct perf_place place = {.cgroup_dir = target->cgroup_dir};
    if (events->is_open)
        return 0;
    if (place.cgroup_dir == NULL && target->processes != NULL && target->processes->first != 0) {
        place.pids = &target->processes->first;
        place.n_pids = 1;
    }
    if (place.cgroup_dir == NULL && place.n_pids == 0)
        return 0;
    return kernel_events_open(events, &place, err);
}

static int kernel_events_ready(void *self, const struct instrument_target *target,
                               struct error *err)
{
    const struct kernel_events *events = self;
    int status = kernel_events_started(self, target, err);
    if (status != 0 || events->is_open)
        return status;
    error_set(err, ERROR_ENVIRONMENT,
              "the kernel's events need a cgroup or a process to look at, and none is known");
    return 1;
}

static int kernel_events_snapshot(void *self, const char *dir, size_t cycle, struct error *err)
{
    struct kernel_events *events = self;
    if (!events->is_open)
        return error_set(err, ERROR_INTERNAL, "the kernel's events were not looked at");
    return kernel_events_floor(events, dir, cycle, err);
}

__attribute__((format(printf, 3, 4))) static void effect_add(char *text, size_t size,
                                                             const char *format, ...)
{
    size_t length = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    if (length > 0 && length + 2 < size) {
        snprintf(text + length, size - length, "; ");
        length += 2;
    }
    vsnprintf(text + length, size - length, format, arguments);
    va_end(arguments);
}

static void kernel_events_effect(const void *self, char *text, size_t size)
{
    const struct kernel_events *events = self;
    struct perf_session_account session;
    struct process_stacks_account stacks = process_stacks_account(events->stacks);
    perf_session_account(events->session, &session);
    text[0] = '\0';
    effect_add(text, size, "%" PRIu64 " events read in %.2f s of processor time", session.records,
               (double)session.cpu_ns / (double)NSEC_PER_SEC);
    if (session.lost > 0)
        effect_add(text, size,
                   "%" PRIu64 " events were lost, since they came faster than they "
                   "could be read",
                   session.lost);
    if (stacks.cut > 0)
        effect_add(text, size,
                   "of %" PRIu64 " of %" PRIu64 " stacks the outermost calls are not known (beyond "
                   "the %d KiB that are copied)",
                   stacks.cut, stacks.stacks, CALL_STACK_BYTES >> 10);
    if (stacks.unknown > 0)
        effect_add(text, size, "%" PRIu64 " of processes that had ended are not known",
                   stacks.unknown);
    if (stacks.is_32_bit > 0)
        effect_add(text, size, "32-bit programs are not looked at");
    if (events->user_faults_only)
        effect_add(text, size, "memory that the kernel touches first for the service is not seen");
    if (session.by_process && session.why_process[0] != '\0')
        effect_add(text, size, "by process, not by cgroup: %s", session.why_process);
}

const struct instrument instrument_kernel_events = {
    .kinds = 1U << INSTRUMENT_PAGES | 1U << INSTRUMENT_MAPPINGS | 1U << INSTRUMENT_DESCRIPTORS |
             1U << INSTRUMENT_THREADS,
    .begin = kernel_events_begin,
    .started = kernel_events_started,
    .ready = kernel_events_ready,
    .snapshot = kernel_events_snapshot,
    .effect = kernel_events_effect,
    .end = kernel_events_end,
};
