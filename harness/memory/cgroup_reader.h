#pragma once
/* Read a cgroup's memory files again and again, from descriptors that stay open.
 *
 * A quick reading is memory.current alone, one system call: peaks are what the many samples are
 * for. A full one reads every file of the field table; the pressure file alone takes the kernel as
 * long as all the rest.
 *
 * memory.stat may lag by up to 2 s on 6.1 (its per-CPU parts are flushed lazily), so a full reading
 * reads cpu.stat first, which flushes all statistics of the group. On 6.1 this makes it exact to
 * the page (tried: one page, one thread, one socket at a time against smaps). Newer kernels may
 * flush each controller on its own; what may then lag is below 64 pages a CPU. Files this kernel
 * lacks are absent fields, asked for once. */
#include "base/error.h"
#include "timeline/sample.h"

struct cgroup_reader;

/* `dir_fd` is a cgroup's folder (or a test's), needed only here. The caller owns *ret. */
int cgroup_reader_open(int dir_fd, struct cgroup_reader **ret, struct error *err);
void cgroup_reader_free(struct cgroup_reader *reader); /* NULL is fine */

/* Fill *ret but for t_ns, which the caller sets. 1 when the group is gone (ENODEV, ENOENT). */
int cgroup_reader_quick(struct cgroup_reader *reader, struct memory_sample *ret, struct error *err);
int cgroup_reader_full(struct cgroup_reader *reader, struct memory_sample *ret, struct error *err);
