#include "driver/vm_kernel.h"

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

#define VM_KERNEL_SHARED_DIR "/usr/share/leakcage/vm"

/* Try one name found in a directory; true when *ret is filled. */
typedef bool vm_kernel_try(const char *directory, const char *name, struct vm_kernel *ret);

void vm_kernel_done(struct vm_kernel *kernel)
{
    free(kernel->image);
    free(kernel->modules);
    *kernel = (struct vm_kernel){0};
}

char *vm_kernel_cache_dir(void)
{
    const char *cache = getenv("XDG_CACHE_HOME");
    if (cache != NULL && cache[0] == '/')
        return file_join(cache, "leakcage/vm");
    const char *home = getenv("HOME");
    return home != NULL && home[0] == '/' ? file_join(home, ".cache/leakcage/vm") : NULL;
}

/* Both paths, if both can be read. */
static bool vm_kernel_take(const char *image, const char *modules, struct vm_kernel *ret)
{
    if (access(image, R_OK) < 0 || access(modules, R_OK | X_OK) < 0)
        return false;
    CLEANUP(vm_kernel_done)
    struct vm_kernel kernel = {.image = strdup(image), .modules = strdup(modules)};
    if (kernel.image == NULL || kernel.modules == NULL)
        return false;
    ret->image = take_ptr(&kernel.image);
    ret->modules = take_ptr(&kernel.modules);
    return true;
}

/* As tools/fetch-kernel.sh lays it out. */
static bool vm_kernel_try_fetched(const char *directory, const char *name, struct vm_kernel *ret)
{
    char image[PATH_MAX];
    char modules[PATH_MAX];

    snprintf(modules, sizeof(modules), "%s/%s/modules", directory, name);
    snprintf(image, sizeof(image), "%s/%s/vmlinux", directory, name);
    if (vm_kernel_take(image, modules, ret))
        return true;
    snprintf(image, sizeof(image), "%s/%s/vmlinuz", directory, name);
    return vm_kernel_take(image, modules, ret);
}

/* As distributions lay it out. */
static bool vm_kernel_try_installed(const char *directory, const char *name, struct vm_kernel *ret)
{
    static const char prefix[] = "vmlinuz-";
    char image[PATH_MAX];
    char modules[PATH_MAX];

    if (strncmp(name, prefix, strlen(prefix)) != 0)
        return false;
    snprintf(image, sizeof(image), "%s/%s", directory, name);
    snprintf(modules, sizeof(modules), "/lib/modules/%s", name + strlen(prefix));
    return vm_kernel_take(image, modules, ret);
}

static int vm_kernel_newest_first(const struct dirent **a, const struct dirent **b)
{
    return strverscmp((*b)->d_name, (*a)->d_name);
}

static int vm_kernel_is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static bool vm_kernel_search(const char *directory, vm_kernel_try *try_name, struct vm_kernel *ret)
{
    struct dirent **entries = NULL;
    int n = directory != NULL
                ? scandir(directory, &entries, vm_kernel_is_visible, vm_kernel_newest_first)
                : 0;
    bool found = false;

    for (int i = 0; i < n; i++) {
        found = found || try_name(directory, entries[i]->d_name, ret);
        free(entries[i]);
    }
    free(entries);
    return found;
}

/* What was named must be there: no other kernel is taken in its place. A folder holds both. */
static int vm_kernel_named(const char *image, const char *modules, struct vm_kernel *ret,
                           struct error *err)
{
    struct stat status;
    if (image != NULL && modules == NULL && stat(image, &status) == 0 && S_ISDIR(status.st_mode)) {
        if (vm_kernel_try_fetched(image, ".", ret))
            return 0;
        return error_set(err, ERROR_ENVIRONMENT,
                         "%s holds no kernel as tools/fetch-kernel.sh lays it out (vmlinux or "
                         "vmlinuz, and modules)",
                         image);
    }
    if (image == NULL || modules == NULL)
        return error_set(err, ERROR_USAGE,
                         "a kernel and its modules must be named together; only the %s given",
                         image != NULL ? "kernel was" : "modules were");
    if (!vm_kernel_take(image, modules, ret))
        return error_set(err, ERROR_ENVIRONMENT, "cannot read the kernel %s with its modules in %s",
                         image, modules);
    return 0;
}

int vm_kernel_find(const char *image, const char *modules, struct vm_kernel *ret, struct error *err)
{
    if (image == NULL && modules == NULL) {
        image = getenv("LEAKCAGE_KERNEL");
        modules = getenv("LEAKCAGE_MODULES");
    }
    if (image != NULL || modules != NULL)
        return vm_kernel_named(image, modules, ret, err);

    CLEANUP(freep) char *cache = vm_kernel_cache_dir();
    if (vm_kernel_search(cache, vm_kernel_try_fetched, ret) ||
        vm_kernel_search(VM_KERNEL_SYSTEM_DIR, vm_kernel_try_fetched, ret) ||
        vm_kernel_search(VM_KERNEL_SHARED_DIR, vm_kernel_try_fetched, ret) ||
        vm_kernel_search("/boot", vm_kernel_try_installed, ret))
        return 0;
    return error_set(err, ERROR_ENVIRONMENT,
                     "no kernel for the guest in %s, %s, %s or /boot; fetch one with: leakcage vm "
                     "prepare",
                     cache != NULL ? cache : "the user's cache (no HOME)", VM_KERNEL_SYSTEM_DIR,
                     VM_KERNEL_SHARED_DIR);
}
