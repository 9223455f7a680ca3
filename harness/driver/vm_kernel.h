#pragma once
/* The guest's kernel: where it is found on this machine.
 *
 * It is looked for in this order, and the first place that has one wins: the paths asked for; the
 * environment (LEAKCAGE_KERNEL and LEAKCAGE_MODULES); what `leakcage vm prepare` left in the user's
 * cache (${XDG_CACHE_HOME:-~/.cache}/leakcage/vm/VERSION), the newest version first; the same below
 * VM_KERNEL_SYSTEM_DIR (`leakcage vm prepare system`) and /usr/share/leakcage/vm (for packages);
 * the kernels of this system (/boot/vmlinuz-VERSION with /lib/modules/VERSION) that we may read. */
#include "base/error.h"

/* For all users; what packs leakcage removes it with the package. */
#define VM_KERNEL_SYSTEM_DIR "/var/cache/leakcage/vm"

/* One kernel: its image (bzImage, or vmlinux, which starts three seconds sooner in emulation) and
 * the folder that holds its modules, at any depth. */
struct vm_kernel {
    char *image;   /* owned */
    char *modules; /* owned */
};

/* Find the kernel. `image` and `modules` are what the user asked for; NULL means search. `image`
 * alone may be a folder as tools/fetch-kernel.sh makes it, with both in it. The caller owns *ret.
 * An error of kind ERROR_ENVIRONMENT says where it looked and what to do. */
int vm_kernel_find(const char *image, const char *modules, struct vm_kernel *ret,
                   struct error *err);
void vm_kernel_done(struct vm_kernel *kernel); /* for CLEANUP */

/* The folder of this driver's things in the user's cache, malloc'd; NULL when there is no home or
 * no memory. It need not exist. */
char *vm_kernel_cache_dir(void);
