#include "driver/vm_machine.h"

#include <stddef.h>
#include <string.h>

#include "base/cleanup.h"

/* Common to all: quiet and quick, no self-tests, no security modules in the way of what is
 * measured, cgroup v2 alone, PSI on. Addresses are no more random than programs built with
 * ThreadSanitizer or AddressSanitizer bear. Services that are not root may listen on port 80, as in
 * a container. */
#define VM_KERNEL_WORDS                                                     \
    "quiet panic=-1 cgroup_no_v1=all psi=1 cryptomgr.notests lsm= audit=0 " \
    "mitigations=off random.trust_cpu=on sysctl.vm.mmap_rnd_bits=28 "       \
    "sysctl.net.ipv4.ip_unprivileged_port_start=0 "

static const struct vm_machine machines[] = {
    /* No firmware, no PCI; a reset (which ends QEMU) goes by the shortest way. Emulation: the
     * kernel mistrusts the emulated TSC and would fall back to jiffies, that is, to clocks of 4 ms;
     * it is the host's own, and good. */
    {
        .name = "x86_64",
        .qemu = "qemu-system-x86_64",
        .package = "qemu-system-x86",
        .machine = "microvm,isa-serial=on,rtc=on",
        .machine_kvm = "microvm,isa-serial=on,rtc=on",
        .cpu_tcg = "max",
        .kernel = VM_KERNEL_WORDS "console=ttyS0 reboot=t 8250.nr_uarts=1 pci=off",
        .kernel_tcg = " tsc=reliable no_timer_check",
        .has_tsc = true,
    },
    /* Its devices are at fixed addresses, too, so the same virtio devices fit. Emulated pointer
     * authentication by the architecture's own algorithm would take most of the time. */
    {
        .name = "aarch64",
        .qemu = "qemu-system-aarch64",
        .package = "qemu-system-arm",
        .machine = "virt,gic-version=3",
        .machine_kvm = "virt,gic-version=host",
        .cpu_tcg = "max,pauth-impdef=on",
        .kernel = VM_KERNEL_WORDS "console=ttyAMA0",
        .kernel_tcg = "",
    },
};

const struct vm_machine *vm_machine_named(const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(machines); i++)
        if (strcmp(machines[i].name, name) == 0)
            return &machines[i];
    return NULL;
}

const struct vm_machine *vm_machine_here(void)
{
#if defined(__x86_64__)
    return vm_machine_named("x86_64");
#elif defined(__aarch64__)
    return vm_machine_named("aarch64");
#else
    return NULL;
#endif
}
