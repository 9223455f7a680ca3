#pragma once
/* A reading of memory, and the table that names its fields.
 *
 * A memory sample is what the kernel said about one cgroup at one instant. Its fields are one
 * table (MEMORY_FIELDS): the parser, the CSV writer and reader and the documentation all go by it.
 * A field the kernel did not offer, or that was not read at this tick, is absent: its bit in
 * `present` is clear. Absent is never 0. Counters are totals since the cgroup was made. */
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

/* X(NAME, column in timeline.csv with its unit, kernel file, key in that file or NULL) */
#define MEMORY_FIELDS(X)                                                                       \
    X(CURRENT, "current_bytes", "memory.current", NULL)                                        \
    X(PEAK, "peak_bytes", "memory.peak", NULL)                                                 \
    X(ANON, "anon_bytes", "memory.stat", "anon")                                               \
    X(FILE, "file_bytes", "memory.stat", "file")                                               \
    X(KERNEL, "kernel_bytes", "memory.stat", "kernel")                                         \
    X(KERNEL_STACK, "kernel_stack_bytes", "memory.stat", "kernel_stack")                       \
    X(PAGETABLES, "pagetables_bytes", "memory.stat", "pagetables")                             \
    X(PERCPU, "percpu_bytes", "memory.stat", "percpu")                                         \
    X(SOCK, "sock_bytes", "memory.stat", "sock")                                               \
    X(VMALLOC, "vmalloc_bytes", "memory.stat", "vmalloc")                                      \
    X(SHMEM, "shmem_bytes", "memory.stat", "shmem")                                            \
    X(FILE_MAPPED, "file_mapped_bytes", "memory.stat", "file_mapped")                          \
    X(FILE_DIRTY, "file_dirty_bytes", "memory.stat", "file_dirty")                             \
    X(ANON_THP, "anon_thp_bytes", "memory.stat", "anon_thp")                                   \
    X(INACTIVE_ANON, "inactive_anon_bytes", "memory.stat", "inactive_anon")                    \
    X(ACTIVE_ANON, "active_anon_bytes", "memory.stat", "active_anon")                          \
    X(INACTIVE_FILE, "inactive_file_bytes", "memory.stat", "inactive_file")                    \
    X(ACTIVE_FILE, "active_file_bytes", "memory.stat", "active_file")                          \
    X(UNEVICTABLE, "unevictable_bytes", "memory.stat", "unevictable")                          \
    X(SLAB_RECLAIMABLE, "slab_reclaimable_bytes", "memory.stat", "slab_reclaimable")           \
    X(SLAB_UNRECLAIMABLE, "slab_unreclaimable_bytes", "memory.stat", "slab_unreclaimable")     \
    X(REFAULT_FILE, "workingset_refault_file_pages", "memory.stat", "workingset_refault_file") \
    X(PGSCAN, "pgscan_pages", "memory.stat", "pgscan")                                         \
    X(PGSTEAL, "pgsteal_pages", "memory.stat", "pgsteal")                                      \
    X(PGFAULT, "pgfault_count", "memory.stat", "pgfault")                                      \
    X(PGMAJFAULT, "pgmajfault_count", "memory.stat", "pgmajfault")                             \
    X(PGLAZYFREE, "pglazyfree_pages", "memory.stat", "pglazyfree")                             \
    X(PGLAZYFREED, "pglazyfreed_pages", "memory.stat", "pglazyfreed")                          \
    X(EVENTS_HIGH, "events_high_count", "memory.events", "high")                               \
    X(EVENTS_MAX, "events_max_count", "memory.events", "max")                                  \
    X(EVENTS_OOM, "events_oom_count", "memory.events", "oom")                                  \
    X(EVENTS_OOM_KILL, "events_oom_kill_count", "memory.events", "oom_kill")                   \
    X(EVENTS_OOM_GROUP_KILL, "events_oom_group_kill_count", "memory.events", "oom_group_kill") \
    X(LOCAL_OOM_KILL, "local_oom_kill_count", "memory.events.local", "oom_kill")               \
    X(PSI_SOME, "psi_some_us", "memory.pressure", "some")                                      \
    X(PSI_FULL, "psi_full_us", "memory.pressure", "full")                                      \
    X(PIDS, "pids_count", "pids.current", NULL)                                                \
    X(CPU_USAGE, "cpu_usage_us", "cpu.stat", "usage_usec")                                     \
    X(CPU_THROTTLED, "cpu_throttled_us", "cpu.stat", "throttled_usec")                         \
    X(RSS, "rss_bytes", NULL, NULL)

enum memory_field {
#define X(name, column, file, key) MEMORY_##name,
    MEMORY_FIELDS(X)
#undef X
        MEMORY_FIELD_MAX_
};
#define MEMORY_FIELD_MAX ((unsigned)MEMORY_FIELD_MAX_)
/* Those before it are a cgroup's. RSS is for processes without one: the sum of what they have
 * resident. (A survey has its own.) */
#define MEMORY_CGROUP_FIELD_MAX ((unsigned)MEMORY_RSS)

struct memory_field_info {
    const char *column; /* header in timeline.csv, with its unit */
    const char *file;   /* kernel file in the cgroup's folder; NULL: not a cgroup's */
    const char *key;    /* key in that file; NULL when the file is one number */
};

extern const struct memory_field_info memory_field_info[];

struct memory_sample {
    nsec_t t_ns;      /* since the start of the run */
    uint64_t present; /* bit per enum memory_field */
    uint64_t value[MEMORY_FIELD_MAX_];
};

static inline bool memory_sample_has(const struct memory_sample *sample, enum memory_field field)
{
    return (sample->present >> field & 1) != 0;
}

static inline void memory_sample_set(struct memory_sample *sample, enum memory_field field,
                                     uint64_t value)
{
    sample->present |= (uint64_t)1 << field;
    sample->value[field] = value;
}

/* The field, or `fallback` where it is absent; the fallback is the caller's considered choice. */
static inline uint64_t memory_sample_get(const struct memory_sample *sample,
                                         enum memory_field field, uint64_t fallback)
{
    return memory_sample_has(sample, field) ? sample->value[field] : fallback;
}
