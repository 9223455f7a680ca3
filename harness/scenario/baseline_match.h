#pragma once
/* Can figures of a baseline stand beside figures from here?
 *
 * Figures of another environment are refused where memory, or what drives it, is known to differ:
 *
 *   kernel        its first two numbers: what is charged to a cgroup changes between releases.
 *                 What else differs of a release (a distribution's patches) is a remark
 *   architecture  code, pointers, page tables, what an allocator aligns to
 *   driver        native, vm, container: other processes, other page cache, other caches of slabs
 *   cpus          glibc has up to eight arenas for each, runtimes a thread or a heap for each; the
 *                 kernel keeps charges and lists for each
 *   page size, transparent huge pages
 *                 what the kernel hands out at least, or at once
 *   libc          its first two numbers: the allocator
 *   accel         when one of them is emulated ("tcg"). Memory is the same there, but time is not:
 *                 a peak is what overlaps, and what overlaps, decays or is collected by a clock
 * goes by how fast the processors are, and that is ten times and more. Which hypervisor it is of
 * those that run the processor's own code is a remark
 *
 * A fact that one side has and the other has not (an older recording) may differ or not: that is no
 * reason to refuse, and is always told. Work must be the same to the number. */
#include "scenario/baseline.h"

/* Room for what any of these says; what is longer is cut. */
#define BASELINE_DIFFERENCE_MAX 480

/* False: it cannot; the text says why, "kernel 6.1 in the baseline, 6.12 here; cpus 2 in the
 * baseline, 4 here". Else the text is "". */
bool baseline_same_environment(const struct baseline_entry *entry,
                               const struct baseline_environment *now, char *text);
bool baseline_same_work(const struct baseline_entry *entry, const struct baseline_work *now,
                        char *text);

/* What differs, or may, and is no reason to refuse; "" when nothing does. `now_work` NULL: nothing
 * of the work. Returns text[BASELINE_DIFFERENCE_MAX]. */
const char *baseline_remark(const struct baseline_entry *entry,
                            const struct baseline_environment *now,
                            const struct baseline_work *now_work, char *text);
