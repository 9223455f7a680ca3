#include "driver/vm_initramfs.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

#define VM_CPIO_TRAILER "TRAILER!!!"

/* Header, name and content each start on a multiple of four. */
static int vm_initramfs_pad(struct buffer *archive, struct error *err)
{
    static const char zeros[4];
    return buffer_append(archive, zeros, (4 - archive->length % 4) % 4, err);
}

static int vm_initramfs_entry(struct buffer *archive, const char *name, mode_t mode,
                              const struct buffer *content, struct error *err)
{
    /* ino mode uid gid nlink mtime size devmajor devminor rdevmajor rdevminor namesize check */
    char header[111];
    snprintf(header, sizeof(header), "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
             0U, (unsigned)mode, 0U, 0U, 1U, 0U, (unsigned)content->length, 0U, 0U, 0U, 0U,
             (unsigned)strlen(name) + 1, 0U);

    if (buffer_append_text(archive, header, err) < 0 ||
        buffer_append(archive, name, strlen(name) + 1, err) < 0 ||
        vm_initramfs_pad(archive, err) < 0 ||
        buffer_append(archive, content->data, content->length, err) < 0)
        return -1;
    return vm_initramfs_pad(archive, err);
}

int vm_initramfs_add(struct buffer *archive, const char *name, mode_t mode,
                     const struct buffer *content, struct error *err)
{
    return vm_initramfs_entry(archive, name, S_IFREG | mode, content, err);
}

int vm_initramfs_finish(struct buffer *archive, struct error *err)
{
    const struct buffer nothing = {0};
    return vm_initramfs_entry(archive, VM_CPIO_TRAILER, 0, &nothing, err);
}

/* "key=value" and a NUL. */
static int vm_initramfs_word(struct buffer *text, const char *key, const char *value,
                             struct error *err)
{
    if (buffer_append_text(text, key, err) < 0)
        return -1;
    return buffer_append(text, value, strlen(value) + 1, err);
}

int vm_initramfs_command(const struct vm_command *command, int64_t wall_ns, struct buffer *ret,
                         struct error *err)
{
    char *const *env = command->env != NULL ? command->env : environ;
    char clock[32];

    snprintf(clock, sizeof(clock), "%lld", (long long)wall_ns);
    if (vm_initramfs_word(ret, "clock=", clock, err) < 0)
        return -1;
    if (command->writable_dir != NULL &&
        vm_initramfs_word(ret, "share=", command->writable_dir, err) < 0)
        return -1;
    if (vm_initramfs_word(ret, "cwd=", command->cwd != NULL ? command->cwd : "/", err) < 0)
        return -1;
    for (size_t i = 0; command->argv[i] != NULL; i++)
        if (vm_initramfs_word(ret, "arg=", command->argv[i], err) < 0)
            return -1;
    for (size_t i = 0; env[i] != NULL; i++)
        if (vm_initramfs_word(ret, "env=", env[i], err) < 0)
            return -1;
    return 0;
}

/* Append a file of the host under another name. */
static int vm_initramfs_copy(struct buffer *archive, const char *name, const char *path,
                             struct error *err)
{
    CLEANUP(buffer_done) struct buffer content = BUFFER_INIT(VM_INITRAMFS_MAX);
    if (file_read(AT_FDCWD, path, &content, err) < 0)
        return -1;
    return vm_initramfs_add(archive, name, 0755, &content, err);
}

int vm_initramfs_build(const char *init_path, const struct vm_modules *modules,
                       const struct buffer *command_text, struct buffer *ret, struct error *err)
{
    CLEANUP(buffer_done) struct buffer list = BUFFER_INIT(VM_INITRAMFS_MAX);

    if (vm_initramfs_copy(ret, "init", init_path, err) < 0)
        return -1;
    for (size_t i = 0; i < modules->n_items; i++) {
        const struct vm_module *module = &modules->items[i];
        char name[VM_MODULE_NAME_MAX + sizeof(".ko")];

        snprintf(name, sizeof(name), "%s.ko", module->name);
        if (vm_initramfs_copy(ret, name, module->path, err) < 0 ||
            buffer_printf(&list, err, "/%s\n", name) < 0)
            return -1;
    }
    if (vm_initramfs_add(ret, "modules", 0644, &list, err) < 0 ||
        vm_initramfs_add(ret, "command", 0600, command_text, err) < 0)
        return -1;
    return vm_initramfs_finish(ret, err);
}
