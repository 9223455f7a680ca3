#pragma once
/* Segments of System V shared memory, from /proc/sysvipc/shm: they are there until somebody removes
 * them, attached or not. */
#include <stdbool.h>
#include <stdint.h>

struct sysv_segment {
    uint32_t id;           /* and inode, where it is mapped */
    uint64_t bytes;        /* resident */
    int32_t creator, last; /* pids */
};

/* A line of the file; false: it is its head, or no such line. Pure. */
bool sysv_segment_parse(const char *line, struct sysv_segment *ret);
