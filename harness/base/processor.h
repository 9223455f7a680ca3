#pragma once
/* The processors of this machine: whose they are, and which of them a process may use.
 *
 * QEMU's emulated processors (TCG) read an instruction piece by piece. When one of them executes
 * what another one patches just then, it may see half of either: a JVM, which patches the code of
 * running threads, dies of that now and then. On one processor it cannot happen. */
#include <stdbool.h>
#include <sys/types.h>

/* The hypervisor, by CPUID: "kvm", "tcg"; "" for none that we know. Static text. */
const char *processor_hypervisor(void);

/* Are these processors emulated in software? */
bool processor_is_emulated(void);

/* Hold a process, all its threads and those to come, on the last processor. False: it is gone, or
 * may not be touched. */
bool processor_hold(pid_t pid);
