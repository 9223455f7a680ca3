#include "driver/vm_driver.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/units.h"
#include "driver/vm.h"

extern char **environ;

/* Half of a guest's memory is what its /run can hold, and containers' images go there: unpacked,
 * with room for what containers write. */
#define VM_IMAGE_ROOM_BYTES (256ULL << 20)

/* Beside services that all use what their limits allow: the kernel and what measures. */
#define VM_GROUP_ROOM_BYTES (512ULL << 20)

/* The memory that a guest needs for these images; 0: they fit into the default. */
static uint64_t vm_driver_image_memory(uint64_t image_bytes)
{
    uint64_t needed = 2 * (image_bytes + VM_IMAGE_ROOM_BYTES);
    if (image_bytes == 0 || needed <= VM_MEMORY_DEFAULT_BYTES / 2)
        return 0;
    return VM_MEMORY_DEFAULT_BYTES + 2 * image_bytes;
}

/* The memory that a guest needs for services that are up at a time; 0: they fit into the default.
 */
static uint64_t vm_driver_group_memory(const struct driver_options *options)
{
    uint64_t bytes = options->group_memory_bytes;
    uint64_t needed =
        bytes < UINT64_MAX / 2 ? bytes + 2 * options->image_bytes + VM_GROUP_ROOM_BYTES : bytes;
    return bytes == 0 || needed <= VM_MEMORY_DEFAULT_BYTES ? 0 : needed;
}

/* Does what was given hold the group? */
static int vm_driver_check_group(const struct driver_options *options, struct error *err)
{
    uint64_t given = options->guest_memory_bytes;
    if (given == 0 || options->group_memory_bytes == 0 ||
        given >= options->group_memory_bytes + VM_GROUP_ROOM_BYTES)
        return 0;
    char found[UNITS_TEXT_MAX];
    char limits[UNITS_TEXT_MAX];
    char room[UNITS_TEXT_MAX];
    return error_set(err, ERROR_USAGE,
                     "--vm-memory: found %s, expected more: %s that services may have at the same "
                     "time, and %s for the guest itself; compare fewer variants, or with a smaller "
                     "--limit",
                     units_format_bytes((double)given, found),
                     units_format_bytes((double)options->group_memory_bytes, limits),
                     units_format_bytes((double)VM_GROUP_ROOM_BYTES, room));
}

static int vm_driver_memory(const struct driver_options *options, uint64_t *ret, struct error *err)
{
    uint64_t given = options->guest_memory_bytes;
    uint64_t for_images = vm_driver_image_memory(options->image_bytes);
    uint64_t for_group = vm_driver_group_memory(options);
    uint64_t needed = for_group > for_images ? for_group : for_images;
    *ret = given > 0 ? given : needed;
    if (vm_driver_check_group(options, err) < 0)
        return -1;
    if (options->image_bytes == 0 || given == 0 ||
        given / 2 >= options->image_bytes + VM_IMAGE_ROOM_BYTES)
        return 0;
    char images[UNITS_TEXT_MAX];
    char found[UNITS_TEXT_MAX];
    return error_set(err, ERROR_USAGE,
                     "--vm-memory: found %s, expected more: half of it must hold the images (%s) "
                     "and what containers write",
                     units_format_bytes((double)given, found),
                     units_format_bytes((double)options->image_bytes, images));
}

static int vm_driver_options(const struct driver_options *options, struct vm_options *ret,
                             struct error *err)
{
    *ret = (struct vm_options){
        .kernel_path = options->kernel_path,
        .modules_dir = options->modules_dir,
        .init_path = options->guest_init_path,
        .cpus = options->guest_cpus,
        .guests = options->guests,
        .accel = VM_ACCEL_AUTO,
    };
    if (vm_driver_memory(options, &ret->memory_bytes, err) < 0)
        return -1;
    if (options->accel == NULL || strcmp(options->accel, "auto") == 0)
        return 0;
    if (strcmp(options->accel, "kvm") == 0)
        ret->accel = VM_ACCEL_KVM;
    else if (strcmp(options->accel, "tcg") == 0)
        ret->accel = VM_ACCEL_TCG;
    else
        return error_set(err, ERROR_USAGE, "--accel: found \"%.40s\", expected auto, kvm or tcg",
                         options->accel);
    return 0;
}

static int vm_driver_probe(const struct driver_options *options, struct error *why)
{
    struct vm_options vm;
    return vm_driver_options(options, &vm, why) < 0 ? 1 : vm_probe(&vm, why);
}

/* Run argv in the guest, in this working directory. */
static int vm_driver_execute(const struct driver_options *options, char *const *argv,
                             const char *writable_dir, const struct vm_io *io,
                             struct vm_result *ret, struct error *err)
{
    struct vm_options vm;
    char cwd[4096];
    if (vm_driver_options(options, &vm, err) < 0)
        return -1;
    if (getcwd(cwd, sizeof(cwd)) == NULL)
        return error_set(err, ERROR_ENVIRONMENT, "the working directory is gone");
    const struct vm_command command = {
        .argv = argv,
        .env = environ,
        .cwd = cwd,
        .writable_dir = writable_dir,
    };
    return vm_run(&vm, &command, io, ret, err);
}

/* The words with `first` in front; exec takes its arguments as char *, but does not change them. */
static char **vm_driver_words(const char *first, const char *const *words)
{
    size_t n = 0;
    while (words[n] != NULL)
        n++;
    char **argv = calloc(n + 2, sizeof(*argv));
    if (argv == NULL)
        return NULL;
    size_t skip = first != NULL ? 1 : 0;
    memcpy(argv, &first, skip * sizeof(*argv));
    memcpy(argv + skip, words, n * sizeof(*argv));
    return argv;
}

/* Each guest would try KVM, and beside others that try it too it may seem not to work. */
static int vm_driver_prepare(const struct driver_options *options, struct driver_options *ret,
                             struct error *err)
{
    struct vm_options vm;
    enum vm_accel accel = VM_ACCEL_AUTO;
    if (vm_driver_options(options, &vm, err) < 0 || vm_find_accel(&vm, &accel, err) < 0)
        return -1;
    *ret = *options;
    ret->accel = vm_accel_name(accel);
    return 0;
}

static int vm_driver_relocate(const struct driver_options *options,
                              const struct relocation *relocation, struct error *err)
{
    CLEANUP(freep) char **argv = vm_driver_words(options->program_path, relocation->arguments);
    if (argv == NULL)
        return error_out_of_memory(err);
    const struct vm_io io = {.output = relocation->output, .context = relocation->context};
    struct vm_result result = {0};
    if (vm_driver_execute(options, argv, relocation->work_dir, &io, &result, err) < 0)
        return -1;
    if (result.end.signaled && result.end.status == SIGKILL && !result.interrupted)
        return error_set(err, ERROR_ENVIRONMENT,
                         "the program in the guest was killed: most likely the guest has too "
                         "little memory, and --vm-memory gives it more%s%s",
                         result.last_words[0] != '\0' ? "; last words of the guest:\n" : "",
                         result.last_words);
    if (result.end.signaled || result.end.status != 0) {
        char end[128];
        return error_set(err, result.interrupted ? ERROR_INTERRUPTED : ERROR_INTERNAL,
                         "the program in the guest ended with %s",
                         process_end_text(&result.end, end, sizeof(end)));
    }
    return 0;
}

int vm_driver_run_command(const struct driver_options *options, const char *const *command,
                          const char *writable_dir,
                          void (*output)(void *context, int fd, const char *data, size_t length),
                          struct error *err)
{
    CLEANUP(freep) char **argv = vm_driver_words(NULL, command);
    if (argv == NULL)
        return error_out_of_memory(err);
    const struct vm_io io = {.output = output};
    struct vm_result result = {0};
    if (vm_driver_execute(options, argv, writable_dir, &io, &result, err) < 0)
        return -1;
    return result.end.signaled ? 128 + result.end.status : result.end.status;
}

const struct driver vm_driver = {
    .name = "vm",
    .probe = vm_driver_probe,
    .prepare = vm_driver_prepare,
    .relocate = vm_driver_relocate,
};
