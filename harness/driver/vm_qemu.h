#pragma once
/* QEMU's command line for one guest, and where QEMU is.
 *
 * The machine (vm_machine.h) has no firmware and virtio devices for what the guest needs: the
 * host's root by 9p, read-only; one folder of it, writable; three ports and a console, each a
 * socket that QEMU inherits. QEMU opens no display, network or terminal. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "driver/vm_machine.h"

enum vm_accel {
    VM_ACCEL_AUTO, /* kvm where a guest was seen to start under it, else tcg */
    VM_ACCEL_KVM,
    VM_ACCEL_TCG,
};

/* "auto", "kvm", "tcg". */
const char *vm_accel_name(enum vm_accel accel);

/* The streams between host and guest; a port's number in the guest is its place here. */
enum vm_stream {
    VM_STREAM_CONSOLE, /* what the kernel says */
    VM_STREAM_CONTROL, /* lines to and from the guest's init */
    VM_STREAM_STDOUT,
    VM_STREAM_STDERR,
    VM_STREAM_MAX,
};

struct vm_qemu_spec {
    const struct vm_machine *machine;
    const char *program;
    const char *kernel;
    const char *writable_dir; /* NULL: none */
    const char *caller;       /* a word of the kernel's command line (base/caller.h); NULL: none */
    int initramfs_fd;
    int stream_fds[VM_STREAM_MAX]; /* QEMU's ends of the sockets */
    uint64_t memory_bytes;
    unsigned cpus;
    enum vm_accel accel; /* kvm or tcg */
    uint64_t tsc_khz;    /* see vm_tsc.h; 0: the guest is to find out */
};

#define VM_QEMU_WORDS_MAX 64

struct vm_qemu_command {
    char *argv[VM_QEMU_WORDS_MAX]; /* owned, NULL-terminated */
    size_t n_words;
    bool incomplete; /* a word was lost: no memory, or too many */
};

/* The path of QEMU, malloc'd: LEAKCAGE_QEMU, or this machine's (vm_machine.h) in PATH. NULL with
 * ERROR_ENVIRONMENT when there is none. */
char *vm_qemu_find(struct error *err);

/* The command line; the caller owns *ret. */
int vm_qemu_command(const struct vm_qemu_spec *spec, struct vm_qemu_command *ret,
                    struct error *err);
void vm_qemu_command_done(struct vm_qemu_command *command); /* for CLEANUP */
