#pragma once
/* What of a guest depends on the processor: which QEMU, its machine, and words for its kernel.
 *
 * A guest has this machine's own architecture, for it runs this machine's programs; all of them
 * are in one table, so that tests see each wherever they run. */
#include <stdbool.h>

struct vm_machine {
    const char *name;        /* as uname -m says: "x86_64" */
    const char *qemu;        /* "qemu-system-x86_64" */
    const char *package;     /* Debian's, with that in it */
    const char *machine;     /* for -M */
    const char *machine_kvm; /* the same under KVM */
    const char *cpu_tcg;     /* for -cpu in emulation; under KVM it is the host's own */
    const char *kernel;      /* words for the kernel */
    const char *kernel_tcg;  /* more of them in emulation; begins with a space, or is "" */
    bool has_tsc;            /* in emulation its kernel is told the rate (see vm_tsc.h) */
};

/* NULL where no guest can be started: leakcage knows no machine of QEMU's for that processor. */
const struct vm_machine *vm_machine_here(void);

/* That of this name; NULL: there is none. */
const struct vm_machine *vm_machine_named(const char *name);
