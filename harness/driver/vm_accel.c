#include "driver/vm_accel.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "driver/vm_kernel.h"

#define VM_ACCEL_FILE_MAX 8192

bool vm_accel_kvm_opens(void)
{
    CLEANUP(closep) int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    return fd >= 0;
}

const char *vm_accel_key(const char *qemu, const char *kernel, char *text, size_t size)
{
    CLEANUP(buffer_done) struct buffer boot_id = BUFFER_INIT(VM_ACCEL_FILE_MAX);
    struct stat qemu_stat = {0};
    struct stat kernel_stat = {0};

    (void)file_read(AT_FDCWD, "/proc/sys/kernel/random/boot_id", &boot_id, NULL);
    (void)stat(qemu, &qemu_stat);
    (void)stat(kernel, &kernel_stat);
    snprintf(text, size, "%.36s %s %lld %s %lld", buffer_text(&boot_id), qemu,
             (long long)qemu_stat.st_mtime, kernel, (long long)kernel_stat.st_mtime);
    return text;
}

/* In the user's cache, if there is one of ours: nobody asked to have it made. Else with what the
 * user has until logging out. */
static char *vm_accel_path(void)
{
    CLEANUP(freep) char *directory = vm_kernel_cache_dir();
    if (directory != NULL && file_exists(AT_FDCWD, directory))
        return file_join(directory, ".accel");
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    return runtime != NULL && runtime[0] == '/' ? file_join(runtime, "leakcage.accel") : NULL;
}

/* One line: the answer, a blank, the key. */
enum vm_accel vm_accel_recall(const char *key)
{
    CLEANUP(freep) char *path = vm_accel_path();
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(VM_ACCEL_FILE_MAX);
    if (path == NULL || file_read(AT_FDCWD, path, &text, NULL) < 0)
        return VM_ACCEL_AUTO;

    for (enum vm_accel accel = VM_ACCEL_KVM; accel <= VM_ACCEL_TCG; accel++) {
        const char *name = vm_accel_name(accel);
        size_t length = strlen(name);
        if (strncmp(buffer_text(&text), name, length) == 0 && text.data[length] == ' ' &&
            strcmp(text.data + length + 1, key) == 0)
            return accel;
    }
    return VM_ACCEL_AUTO;
}

void vm_accel_remember(const char *key, enum vm_accel accel)
{
    CLEANUP(freep) char *path = vm_accel_path();
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(VM_ACCEL_FILE_MAX);

    if (path != NULL && buffer_printf(&text, NULL, "%s %s", vm_accel_name(accel), key) == 0)
        (void)file_write_atomic(AT_FDCWD, path, text.data, text.length, NULL);
}
