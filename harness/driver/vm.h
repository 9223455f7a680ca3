#pragma once
/* Run one command in a virtual machine that sees this machine's files.
 *
 * The guest has a kernel of its own, with cgroup v2 and PSI, whatever this one offers. Its root is
 * the host's, read-only, under an overlay that is gone afterwards: every program is there under
 * its own path, and nothing the guest writes reaches the host, but in the one folder that is
 * shared for writing. It needs no root; files that this user cannot read, the guest cannot. */
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/process.h"
#include "driver/vm_guest.h"
#include "driver/vm_initramfs.h"
#include "driver/vm_qemu.h"

#define VM_MEMORY_DEFAULT_BYTES (2048ULL << 20)
#define VM_CPUS_DEFAULT         2
#define VM_BOOT_TIMEOUT_NS      (60 * NSEC_PER_SEC)

/* How long a command has, after the user's first interrupt, to clean up. */
#define VM_INTERRUPT_GRACE_NS (5 * NSEC_PER_SEC)

#define VM_LAST_WORDS_MAX 512

/* Zero and NULL mean the defaults. */
struct vm_options {
    const char *kernel_path; /* with modules_dir; NULL: search (vm_kernel.h) */
    const char *modules_dir;
    const char *init_path; /* the guest's init, a static program; never NULL */
    uint64_t memory_bytes;
    unsigned cpus;
    unsigned guests; /* that are going to run at a time, on one thread each */
    enum vm_accel accel;
    nsec_t boot_timeout_ns;
};

struct vm_result {
    char kernel_release[64];
    enum vm_accel accel; /* kvm or tcg */
    nsec_t boot_ns;      /* from power-on until the command started */
    struct process_end end;
    bool interrupted; /* the user asked to stop, and the command then ended */
    char
        last_words[VM_LAST_WORDS_MAX]; /* of the guest's kernel, where a signal ended the command */
};

/* 0: usable. 1: unavailable, and *why says what is missing and how to get it. Starts no guest. */
int vm_probe(const struct vm_options *options, struct error *why);

/* What VM_ACCEL_AUTO means here: VM_ACCEL_KVM or VM_ACCEL_TCG. May start a guest to find out. */
int vm_find_accel(const struct vm_options *options, enum vm_accel *ret, struct error *err);

/* Run it and wait for its end. Interrupts (base/interrupt.h) are looked for: the first goes to the
 * command as SIGINT; a second one, or a command that has not ended after the grace period, ends
 * the guest with ERROR_INTERRUPTED. Standard input is empty. */
int vm_run(const struct vm_options *options, const struct vm_command *command,
           const struct vm_io *io, struct vm_result *ret, struct error *err);
