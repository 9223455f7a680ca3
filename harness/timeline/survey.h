#pragma once
/* A survey: everything about an instance that is too dear to read at every tick.
 *
 * Taken at rest, twice a cycle: when settled, and at the floor. It adds to the cgroup's own numbers
 * those of every process (smaps_rollup, descriptors by kind, sockets by state and peer). Sums over
 * processes use the proportional share (Pss), so that memory shared by forked workers counts once.
 * A total that could not be read is absent (SURVEY_ABSENT), never 0.
 *
 * FIRST is 1 while the process that was started lives, and 0 when it has ended and others go on, as
 * a daemon does.
 *
 * Two things are called a heap. HEAP is the kernel's: the extent of the [heap] mappings, in use or
 * not. HEAP_ARENA, HEAP_IN_USE and HEAP_FREE are what the service's allocator says about itself
 * (where the service offers that): what it has from the kernel, of that handed out and not, each as
 * the allocator counts, resident or not. Blocks in mappings of their own are no part of an arena,
 * but are in use: so the latter two may add up to more than the first. */
#include <stdbool.h>
#include <stdint.h>

#include "timeline/sample.h"

#define SURVEY_ABSENT UINT64_MAX

/* Bounds of the tables below; what does not fit is counted in a last row named "other". */
#define SURVEY_GROUPS_MAX    24
#define SURVEY_NAME_MAX      96
#define SURVEY_PROCESSES_MAX 32
/* How long a process's name may be, its end included. */
#define SURVEY_PROCESS_NAME_MAX 48

/* X(NAME, column in cycles.csv with its unit) */
#define SURVEY_FIELDS(X)                    \
    X(PROCESSES, "processes_count")         \
    X(FIRST, "first_processes_count")       \
    X(THREADS, "threads_count")             \
    X(RSS, "rss_bytes")                     \
    X(PSS_ANON, "pss_anon_bytes")           \
    X(PSS_FILE, "pss_file_bytes")           \
    X(PSS_SHMEM, "pss_shmem_bytes")         \
    X(LAZY_FREE, "lazy_free_bytes")         \
    X(ANON_HUGE, "anon_huge_bytes")         \
    X(HEAP, "heap_bytes")                   \
    X(HEAP_ARENA, "heap_arena_bytes")       \
    X(HEAP_IN_USE, "heap_in_use_bytes")     \
    X(HEAP_FREE, "heap_free_bytes")         \
    X(MAPPINGS, "mappings_count")           \
    X(FD_SOCKET, "fd_socket_count")         \
    X(FD_FILE, "fd_file_count")             \
    X(FD_PIPE, "fd_pipe_count")             \
    X(FD_ANON_INODE, "fd_anon_inode_count") \
    X(FD_DEVICE, "fd_device_count")         \
    X(FD_OTHER, "fd_other_count")           \
    X(TIME_WAIT, "time_wait_count")

enum survey_field {
#define X(name, column) SURVEY_##name,
    SURVEY_FIELDS(X)
#undef X
        SURVEY_FIELD_MAX_
};
#define SURVEY_FIELD_MAX ((unsigned)SURVEY_FIELD_MAX_)

extern const char *const survey_field_column[];

/* "ESTABLISHED 127.0.0.1:9001" = 500, "/var/tmp/report.txt" = 12. */
struct survey_group {
    char name[SURVEY_NAME_MAX];
    uint64_t count;
    uint64_t bytes; /* what the largest file of this name takes, where files may be memory (tmpfs,
                       overlay); SURVEY_ABSENT: no such file, or not looked at */
};

struct survey_process {
    int32_t pid;
    char name[SURVEY_PROCESS_NAME_MAX]; /* its title, its script's name, or its comm */
    uint64_t anon_bytes;                /* Pss_Anon */
    uint64_t threads;
    uint64_t descriptors; /* open ones; this and the next SURVEY_ABSENT: not known */
    uint64_t shmem_bytes; /* Pss_Shmem: shared memory that it maps */
};

struct survey {
    nsec_t t_ns; /* since the start of the run */
    struct memory_sample memory;
    uint64_t value[SURVEY_FIELD_MAX_];
    struct survey_group sockets[SURVEY_GROUPS_MAX]; /* by state and peer, largest first */
    unsigned n_sockets;
    struct survey_group files[SURVEY_GROUPS_MAX]; /* open regular files by path, largest first */
    unsigned n_files;
    struct survey_process processes[SURVEY_PROCESSES_MAX]; /* by anon_bytes, largest first */
    unsigned n_processes;
};

static inline bool survey_has(const struct survey *survey, enum survey_field field)
{
    return survey->value[field] != SURVEY_ABSENT;
}

/* Has the service told its allocator's numbers? */
static inline bool survey_has_allocator(const struct survey *survey)
{
    return survey_has(survey, SURVEY_HEAP_ARENA) && survey_has(survey, SURVEY_HEAP_IN_USE) &&
           survey_has(survey, SURVEY_HEAP_FREE);
}

/* Open descriptors of all kinds together; SURVEY_ABSENT where one of them is not known. */
uint64_t survey_descriptors(const struct survey *survey);

/* A survey in which everything is absent. */
void survey_init(struct survey *survey);
