#pragma once
/* The guest's kernel: where it is found on this machine.
 *
 * It is looked for in this order, and the first place that has one wins: the paths asked for; the
 * environment (LEAKCAGE_KERNEL and LEAKCAGE_MODULES); what tools/fetch-kernel.sh left in the
 * user's cache (${XDG_CACHE_HOME:-~/.cache}/leakcage/vm/VERSION), the newest version first; the
 * same below /usr/share/leakcage/vm; the kernels of this system (/boot/vmlinuz-VERSION with
 * /lib/modules/VERSION) that we may read. */
#include "base/error.h"

/* One kernel: its image (bzImage, or vmlinux, which starts three seconds sooner in emulation) and
 * the folder that holds its modules, at any depth. */
struct vm_kernel {
    char *image;   /* owned */
    char *modules; /* owned */
};

/* Find the kernel. `image` and `modules` are what the user asked for; NULL means search. The
 * caller owns *ret. An error of kind ERROR_ENVIRONMENT says where it looked and what to do. */
int vm_kernel_find(const char *image, const char *modules, struct vm_kernel *ret,
                   struct error *err);
void vm_kernel_done(struct vm_kernel *kernel); /* for CLEANUP */

/* The folder of this driver's things in the user's cache, malloc'd; NULL when there is no home or
 * no memory. It need not exist. */
char *vm_kernel_cache_dir(void);
