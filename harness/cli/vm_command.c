#include "cli/vm_command.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/process.h"
#include "cli/exit_status.h"
#include "cli/places.h"
#include "driver/vm_driver.h"
#include "driver/vm_kernel.h"

/* Between two looks at what the user wants, and for a program that was asked to end. */
#define LOOK_NS (100 * NSEC_PER_MSEC)
#define STOP_NS (5 * NSEC_PER_SEC)

static void vm_command_output(void *context, int fd, const char *data, size_t length)
{
    (void)context;
    while (length > 0) {
        ssize_t part = write(fd, data, length);
        if (part <= 0)
            return;
        data += part;
        length -= (size_t)part;
    }
}

static int vm_command_in_guest(const struct options *options, const struct places *places,
                               struct error *err)
{
    struct driver_options driver_options = options->driver_options;
    driver_options.program_path = places->program;
    driver_options.guest_init_path = places->guest_init;
    if (vm_driver.probe(&driver_options, err) != 0)
        return error_prefix(err, "driver vm cannot run here");
    return vm_driver_run_command(&driver_options, options->service_command, options->operands[0],
                                 vm_command_output, err);
}

/* Where kernels are kept: the user's own, or those of all users. The caller frees it. */
static char *vm_command_store(bool of_system, struct error *err)
{
    char *store = of_system ? strdup(VM_KERNEL_SYSTEM_DIR) : vm_kernel_cache_dir();
    if (store == NULL)
        error_set(err, ERROR_ENVIRONMENT, "neither HOME nor XDG_CACHE_HOME names a folder");
    return store;
}

/* Run what fetches it, with its progress on our standard error. Returns its exit status. */
static int vm_command_fetch(struct places *places, char *store, struct error *err)
{
    char dest[] = "--dest";
    char *argv[] = {places->kernel_fetcher, dest, store, NULL};
    const struct process_spec spec = {
        .argv = argv,
        .stdin_fd = -1,
        .stdout_fd = STDERR_FILENO,
        .stderr_fd = STDERR_FILENO,
        .same_session = true,
    };
    CLEANUP(process_done) struct process process = PROCESS_NONE;
    struct process_end end = {0};
    if (process_spawn(&spec, &process, err) < 0)
        return -1;
    while (process_wait(&process, clock_now_ns() + LOOK_NS, &end) != 0) {
        if (interrupt_count() == 0)
            continue;
        process_stop(&process, clock_now_ns() + STOP_NS, &end);
        return error_set(err, ERROR_INTERRUPTED, "interrupted");
    }
    if (end.signaled || end.status != 0)
        return error_set(err, ERROR_ENVIRONMENT, "no kernel could be fetched into %s", store);
    return EXIT_AS_EXPECTED;
}

static int vm_command_prepare(struct places *places, char *store, bool of_system, struct error *err)
{
    if (of_system && geteuid() != 0)
        return error_set(err, ERROR_ENVIRONMENT,
                         "only root can prepare a kernel for all users; for you alone: leakcage "
                         "vm prepare");
    if (places->kernel_fetcher[0] == '\0')
        return error_set(err, ERROR_ENVIRONMENT, "fetch-kernel.sh is not installed");
    return vm_command_fetch(places, store, err);
}

static int vm_command_remove(const char *store, struct error *err)
{
    bool was_there = file_exists(AT_FDCWD, store);
    if (file_remove_tree(store, err) < 0)
        return -1;
    /* leakcage's own folder, when nothing else is in it. */
    CLEANUP(freep) char *parent = strdup(store);
    if (parent != NULL) {
        *strrchr(parent, '/') = '\0';
        (void)rmdir(parent);
    }
    printf("%s %s\n", was_there ? "removed" : "there is no", store);
    return EXIT_AS_EXPECTED;
}

/* The words of `leakcage vm prepare [system]` and `leakcage vm remove [system]`. */
static bool vm_command_words(const char *const *words, bool *ret_prepare, bool *ret_of_system)
{
    if (words[0] == NULL)
        return false;
    *ret_prepare = strcmp(words[0], "prepare") == 0;
    *ret_of_system = words[1] != NULL;
    return (*ret_prepare || strcmp(words[0], "remove") == 0) &&
           (words[1] == NULL || (strcmp(words[1], "system") == 0 && words[2] == NULL));
}

int command_vm(const struct options *options, struct error *err)
{
    struct places places;
    bool prepare = false;
    bool of_system = false;
    if (places_find(&places, err) < 0)
        return -1;
    if (options->service_command != NULL && options->service_command[0] != NULL)
        return vm_command_in_guest(options, &places, err);
    if (!vm_command_words(options->operands, &prepare, &of_system))
        return error_set(err, ERROR_USAGE,
                         "no command given: leakcage vm -- COMMAND; to fetch the guest's kernel: "
                         "leakcage vm prepare [system]; to remove it: leakcage vm remove [system]");
    CLEANUP(freep) char *store = vm_command_store(of_system, err);
    if (store == NULL)
        return -1;
    return prepare ? vm_command_prepare(&places, store, of_system, err)
                   : vm_command_remove(store, err);
}
