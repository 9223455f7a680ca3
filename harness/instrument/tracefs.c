#include "instrument/tracefs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

/* From linux/mount.h: not all libraries have these, and some have them twice. */
#define TRACEFS_OPEN_CLOEXEC  1U
#define TRACEFS_CONFIG_CREATE 6U
#define TRACEFS_MOUNT_CLOEXEC 1U

static const char *const tracefs_places[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};

/* A mount that hangs nowhere; -1 with errno. */
static int tracefs_mount(void)
{
    CLEANUP(closep) int context = (int)syscall(SYS_fsopen, "tracefs", TRACEFS_OPEN_CLOEXEC);
    if (context < 0 || syscall(SYS_fsconfig, context, TRACEFS_CONFIG_CREATE, NULL, NULL, 0) < 0)
        return -1;
    return (int)syscall(SYS_fsmount, context, TRACEFS_MOUNT_CLOEXEC, 0);
}

int tracefs_open(int *ret, struct error *err)
{
    for (size_t i = 0; i < ARRAY_LENGTH(tracefs_places); i++) {
        CLEANUP(closep)
        int fd = open(tracefs_places[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd >= 0 && faccessat(fd, "events/raw_syscalls", R_OK | X_OK, 0) == 0) {
            *ret = take_fd(&fd);
            return 0;
        }
    }
    int fd = tracefs_mount();
    if (fd < 0) {
        error_set_errno(err, ERROR_ENVIRONMENT, errno,
                        "tracefs, which numbers the kernel's tracepoints, is not readable at %s "
                        "and cannot be mounted (run it as root, or with --driver vm)",
                        tracefs_places[0]);
        return 1;
    }
    *ret = fd;
    return 0;
}

int tracefs_event(int tracefs_fd, const char *name, uint64_t *ret, struct error *err)
{
    char path[128];
    struct error why = {0};
    snprintf(path, sizeof(path), "events/%s/id", name);
    if (file_read_u64(tracefs_fd, path, ret, &why) == 0)
        return 0;
    error_set(err, ERROR_ENVIRONMENT,
              "this kernel has no tracepoint %s: %s (it is built without "
              "CONFIG_FTRACE_SYSCALLS or the like; --driver vm has one with it)",
              name, why.text);
    return 1;
}
