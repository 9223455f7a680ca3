#pragma once
/* Kernel modules: the files to load for some names, in an order that works.
 *
 * Modules are found by name in a tree of .ko files, and what they depend on in the files
 * themselves, so neither depmod nor modules.dep is needed. '-' and '_' are the same in names. */
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* Room for the longest name and its NUL. */
#define VM_MODULE_NAME_MAX 64

struct vm_module {
    char name[VM_MODULE_NAME_MAX]; /* with '_' */
    char *path;                    /* owned */
};

struct vm_modules {
    struct vm_module *items; /* owned; each after those it depends on */
    size_t n_items;
};

/* Find these modules and all they depend on below `directory`; what its modules.builtin lists is
 * left out. The caller owns *ret. ERROR_ENVIRONMENT when one is missing or compressed. */
int vm_modules_resolve(const char *directory, const char *const *names, size_t n_names,
                       struct vm_modules *ret, struct error *err);
void vm_modules_done(struct vm_modules *modules); /* for CLEANUP */

/* The dependencies that a module's file states ("depends=a,b" in its .modinfo), borrowed from
 * `data` and "" when there are none; NULL when it is not a module. */
const char *vm_modules_depends(const void *data, size_t length);

/* The module that a file name stands for, "9p_net" for "/x/9p-net.ko", and whether it is
 * compressed ("9p-net.ko.xz"). False when it is no module. */
bool vm_modules_name(const char *path, char name[VM_MODULE_NAME_MAX], bool *ret_compressed);
