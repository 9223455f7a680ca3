#include "driver/vm_modules.h"

#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/file.h"

#define VM_MODULE_FILE_MAX  (64U << 20)
#define VM_MODULE_DEPTH_MAX 16
#define VM_MODULE_OTHER_FIX "use a Debian kernel: leakcage vm prepare fetches one"

/* All module files of a tree, by name; a built-in one has no path. */
struct vm_module_index {
    struct vm_module *items;
    size_t n_items, capacity;
    const char *directory; /* borrowed */
};

void vm_modules_done(struct vm_modules *modules)
{
    for (size_t i = 0; i < modules->n_items; i++)
        free(modules->items[i].path);
    free(modules->items);
    *modules = (struct vm_modules){0};
}

static void vm_module_index_done(struct vm_module_index *index)
{
    for (size_t i = 0; i < index->n_items; i++)
        free(index->items[i].path);
    free(index->items);
}

static void vm_modules_ftsp(FTS **tree)
{
    if (*tree != NULL)
        fts_close(*tree);
}

/* Copy a name with '-' made '_'; false when it does not fit. */
static bool vm_modules_normalise(const char *text, size_t length, char name[VM_MODULE_NAME_MAX])
{
    if (length == 0 || length >= VM_MODULE_NAME_MAX)
        return false;
    for (size_t i = 0; i < length; i++)
        name[i] = text[i] == '-' ? '_' : text[i];
    name[length] = '\0';
    return true;
}

bool vm_modules_name(const char *path, char name[VM_MODULE_NAME_MAX], bool *ret_compressed)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash != NULL ? slash + 1 : path;
    const char *suffix = strstr(base, ".ko");

    if (suffix == NULL || (suffix[3] != '\0' && suffix[3] != '.'))
        return false;
    *ret_compressed = suffix[3] == '.';
    return vm_modules_normalise(base, (size_t)(suffix - base), name);
}

const char *vm_modules_depends(const void *data, size_t length)
{
    static const char key[] = "depends=";
    const char *found = memmem(data, length, key, strlen(key));

    if (length < 4 || memcmp(data, "\177ELF", 4) != 0 || found == NULL)
        return NULL;
    found += strlen(key);
    size_t left = length - (size_t)(found - (const char *)data);
    return memchr(found, '\0', left) != NULL ? found : NULL;
}

/* Takes over `path`, also on failure; NULL means built in. */
static int vm_module_index_add(struct vm_module_index *index, const char name[VM_MODULE_NAME_MAX],
                               char *path, struct error *err)
{
    CLEANUP(freep) char *owned = path;
    if (index->n_items == index->capacity) {
        size_t capacity = index->capacity > 0 ? 2 * index->capacity : 256;
        struct vm_module *items = reallocarray(index->items, capacity, sizeof(*items));
        if (items == NULL)
            return error_out_of_memory(err);
        index->items = items;
        index->capacity = capacity;
    }
    struct vm_module *item = &index->items[index->n_items++];
    memcpy(item->name, name, sizeof(item->name));
    item->path = take_ptr(&owned);
    return 0;
}

static const struct vm_module *vm_module_index_find(const struct vm_module_index *index,
                                                    const char *name)
{
    for (size_t i = 0; i < index->n_items; i++)
        if (strcmp(index->items[i].name, name) == 0)
            return &index->items[i];
    return NULL;
}

/* Lines like "kernel/drivers/virtio/virtio.ko". A tree need not have the file. */
static int vm_module_index_builtin(struct vm_module_index *index, struct error *err)
{
    CLEANUP(freep) char *path = file_join(index->directory, "modules.builtin");
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(VM_MODULE_FILE_MAX);
    if (path == NULL)
        return error_out_of_memory(err);
    if (!file_exists(AT_FDCWD, path))
        return 0;
    if (file_read(AT_FDCWD, path, &text, err) < 0)
        return -1;

    char *rest = text.data;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        char name[VM_MODULE_NAME_MAX];
        bool compressed = false;
        if (vm_modules_name(line, name, &compressed) &&
            vm_module_index_add(index, name, NULL, err) < 0)
            return -1;
    }
    return 0;
}

static int vm_module_index_files(struct vm_module_index *index, struct error *err)
{
    CLEANUP(freep) char *directory = strdup(index->directory);
    char *const roots[] = {directory, NULL};
    CLEANUP(vm_modules_ftsp)
    FTS *tree =
        directory != NULL ? fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR | FTS_NOSTAT, NULL) : NULL;
    if (tree == NULL)
        return error_out_of_memory(err);

    for (FTSENT *entry; (entry = fts_read(tree)) != NULL;) {
        char name[VM_MODULE_NAME_MAX];
        bool compressed = false;
        /* "build" and "source" of an installed kernel lead out of the tree, to whole sources. */
        if (entry->fts_level > VM_MODULE_DEPTH_MAX || strcmp(entry->fts_name, "build") == 0 ||
            strcmp(entry->fts_name, "source") == 0) {
            fts_set(tree, entry, FTS_SKIP);
            continue;
        }
        if (entry->fts_info == FTS_D || entry->fts_info == FTS_DP ||
            !vm_modules_name(entry->fts_name, name, &compressed))
            continue;
        char *path = strdup(entry->fts_path);
        if (path == NULL)
            return error_out_of_memory(err);
        if (vm_module_index_add(index, name, path, err) < 0)
            return -1;
    }
    return 0;
}

static int vm_modules_missing(const struct vm_module_index *index, const char *name,
                              struct error *err)
{
    return error_set(err, ERROR_ENVIRONMENT,
                     "module %s is not in %s (\"cloud\" kernels lack 9p); " VM_MODULE_OTHER_FIX,
                     name, index->directory);
}

static int vm_modules_add(const struct vm_module_index *index, const char *name, unsigned depth,
                          struct vm_modules *modules, struct error *err);

static int vm_modules_add_depends(const struct vm_module_index *index,
                                  const struct vm_module *module, unsigned depth,
                                  struct vm_modules *modules, struct error *err)
{
    CLEANUP(buffer_done) struct buffer file = BUFFER_INIT(VM_MODULE_FILE_MAX);
    if (file_read(AT_FDCWD, module->path, &file, err) < 0)
        return -1;
    const char *depends = vm_modules_depends(file.data, file.length);
    CLEANUP(freep) char *list = depends != NULL ? strdup(depends) : NULL;
    if (list == NULL)
        return error_set(err, ERROR_ENVIRONMENT, "%s is not a kernel module", module->path);

    char *rest = list;
    for (char *name; (name = strsep(&rest, ",")) != NULL;)
        if (name[0] != '\0' && vm_modules_add(index, name, depth + 1, modules, err) < 0)
            return -1;
    return 0;
}

/* Append a module after all it depends on; one that is there already, or built in, is done. */
static int vm_modules_add(const struct vm_module_index *index, const char *name, unsigned depth,
                          struct vm_modules *modules, struct error *err)
{
    char wanted[VM_MODULE_NAME_MAX];
    bool compressed = false;
    const struct vm_module *module = vm_modules_normalise(name, strlen(name), wanted)
                                         ? vm_module_index_find(index, wanted)
                                         : NULL;
    if (module == NULL || depth > VM_MODULE_DEPTH_MAX)
        return vm_modules_missing(index, name, err);
    if (module->path == NULL)
        return 0;
    for (size_t i = 0; i < modules->n_items; i++)
        if (strcmp(modules->items[i].name, wanted) == 0)
            return 0;
    if (vm_modules_name(module->path, wanted, &compressed) && compressed)
        return error_set(err, ERROR_ENVIRONMENT,
                         "%s is compressed, which the guest cannot load; " VM_MODULE_OTHER_FIX,
                         module->path);
    if (vm_modules_add_depends(index, module, depth, modules, err) < 0)
        return -1;

    struct vm_module *items = reallocarray(modules->items, modules->n_items + 1, sizeof(*items));
    if (items == NULL)
        return error_out_of_memory(err);
    modules->items = items;
    items[modules->n_items] = *module;
    items[modules->n_items].path = strdup(module->path);
    if (items[modules->n_items].path == NULL)
        return error_out_of_memory(err);
    modules->n_items++;
    return 0;
}

int vm_modules_resolve(const char *directory, const char *const *names, size_t n_names,
                       struct vm_modules *ret, struct error *err)
{
    CLEANUP(vm_module_index_done) struct vm_module_index index = {.directory = directory};
    CLEANUP(vm_modules_done) struct vm_modules modules = {0};

    if (vm_module_index_builtin(&index, err) < 0 || vm_module_index_files(&index, err) < 0)
        return -1;
    for (size_t i = 0; i < n_names; i++)
        if (vm_modules_add(&index, names[i], 0, &modules, err) < 0)
            return -1;

    *ret = modules;
    modules = (struct vm_modules){0};
    return 0;
}
