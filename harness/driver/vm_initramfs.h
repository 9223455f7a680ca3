#pragma once
/* The guest's first file system: a cpio archive ("newc") in memory.
 *
 * It holds what the guest's init (harness/guest/init.c) needs: itself as /init, the modules with
 * the list of their order, and the command to run. Nothing of it is ever on a disk. */
#include <stdint.h>
#include <sys/types.h>

#include "base/buffer.h"
#include "base/error.h"
#include "driver/vm_modules.h"

#define VM_INITRAMFS_MAX (256U << 20)

/* What the guest is to run. */
struct vm_command {
    char *const *argv;        /* argv[0] is looked up in the guest's PATH when it has no slash */
    char *const *env;         /* NULL: this process's */
    const char *cwd;          /* NULL: "/" */
    const char *writable_dir; /* absolute, of the host, seen by the guest under the same path, and
                                 what it writes there is on the host at once; NULL: none */
};

/* Append one regular file to the archive. */
int vm_initramfs_add(struct buffer *archive, const char *name, mode_t mode,
                     const struct buffer *content, struct error *err);

/* Append the trailer; the archive is complete. */
int vm_initramfs_finish(struct buffer *archive, struct error *err);

/* The command as init reads it. wall_ns is the time of day for the guest's clock at power-on. */
int vm_initramfs_command(const struct vm_command *command, int64_t wall_ns, struct buffer *ret,
                         struct error *err);

/* The whole archive. */
int vm_initramfs_build(const char *init_path, const struct vm_modules *modules,
                       const struct buffer *command_text, struct buffer *ret, struct error *err);
