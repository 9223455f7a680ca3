#include "driver/vm_qemu.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

const char *vm_accel_name(enum vm_accel accel)
{
    static const char *const names[] = {
        [VM_ACCEL_AUTO] = "auto",
        [VM_ACCEL_KVM] = "kvm",
        [VM_ACCEL_TCG] = "tcg",
    };
    return names[accel];
}

static void vm_qemu_no_machine(struct error *err)
{
    error_set(err, ERROR_ENVIRONMENT, "the vm driver knows machines of x86_64 and aarch64 only");
}

char *vm_qemu_find(struct error *err)
{
    const char *named = getenv("LEAKCAGE_QEMU");
    if (named != NULL) {
        char *copy = access(named, X_OK) == 0 ? strdup(named) : NULL;
        if (copy == NULL)
            error_set(err, ERROR_ENVIRONMENT, "LEAKCAGE_QEMU=%s cannot be executed", named);
        return copy;
    }

    const struct vm_machine *machine = vm_machine_here();
    if (machine == NULL) {
        vm_qemu_no_machine(err);
        return NULL;
    }
    const char *path = getenv("PATH");
    CLEANUP(freep) char *copy = strdup(path != NULL ? path : "/usr/local/bin:/usr/bin:/bin");
    char *rest = copy;
    for (char *directory; (directory = strsep(&rest, ":")) != NULL;) {
        CLEANUP(freep) char *program = file_join(directory, machine->qemu);
        if (program != NULL && directory[0] == '/' && access(program, X_OK) == 0)
            return take_ptr(&program);
    }
    error_set(err, ERROR_ENVIRONMENT, "%s is not in PATH; install it (Debian: apt-get install %s)",
              machine->qemu, machine->package);
    return NULL;
}

void vm_qemu_command_done(struct vm_qemu_command *command)
{
    for (size_t i = 0; i < command->n_words; i++)
        free(command->argv[i]);
    *command = (struct vm_qemu_command){0};
}

/* Append one word; a failure is remembered, and looked at once, at the end. */
__attribute__((format(printf, 2, 3))) static void vm_qemu_word(struct vm_qemu_command *command,
                                                               const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *word = NULL;
    if (command->n_words < VM_QEMU_WORDS_MAX - 1 && vasprintf(&word, format, arguments) >= 0)
        command->argv[command->n_words++] = word;
    else
        command->incomplete = true;
    va_end(arguments);
}

static void vm_qemu_option(struct vm_qemu_command *command, const char *option, const char *value)
{
    vm_qemu_word(command, "%s", option);
    vm_qemu_word(command, "%s", value);
}

static void vm_qemu_kernel(struct vm_qemu_command *command, const struct vm_qemu_spec *spec)
{
    const struct vm_machine *machine = spec->machine;
    bool kvm = spec->accel == VM_ACCEL_KVM;

    vm_qemu_option(command, "-kernel", spec->kernel);
    vm_qemu_word(command, "-initrd");
    vm_qemu_word(command, "/proc/self/fd/%d", spec->initramfs_fd);
    const char *space = spec->caller != NULL ? " " : "";
    const char *caller = spec->caller != NULL ? spec->caller : "";
    vm_qemu_word(command, "-append");
    if (kvm || !machine->has_tsc || spec->tsc_khz == 0)
        vm_qemu_word(command, "%s%s%s%s", machine->kernel, kvm ? "" : machine->kernel_tcg, space,
                     caller);
    else
        vm_qemu_word(command, "%s%s tsc_early_khz=%" PRIu64 "%s%s", machine->kernel,
                     machine->kernel_tcg, spec->tsc_khz, space, caller);
}

static void vm_qemu_machine(struct vm_qemu_command *command, const struct vm_qemu_spec *spec)
{
    const struct vm_machine *machine = spec->machine;
    bool kvm = spec->accel == VM_ACCEL_KVM;

    vm_qemu_option(command, "-M", kvm ? machine->machine_kvm : machine->machine);
    vm_qemu_option(command, "-accel", kvm ? "kvm" : "tcg,thread=multi");
    vm_qemu_option(command, "-cpu", kvm ? "host" : machine->cpu_tcg);
    vm_qemu_word(command, "-smp");
    vm_qemu_word(command, "%u", spec->cpus);
    vm_qemu_word(command, "-m");
    vm_qemu_word(command, "%" PRIu64 "M", spec->memory_bytes >> 20);
    vm_qemu_word(command, "-nodefaults");
    vm_qemu_word(command, "-no-user-config");
    vm_qemu_word(command, "-no-reboot");
    vm_qemu_option(command, "-display", "none");
    vm_qemu_option(command, "-name", "leakcage");
}

static void vm_qemu_streams(struct vm_qemu_command *command, const struct vm_qemu_spec *spec)
{
    vm_qemu_option(command, "-device", "virtio-serial-device");
    for (int i = 0; i < VM_STREAM_MAX; i++) {
        vm_qemu_word(command, "-chardev");
        vm_qemu_word(command, "socket,id=stream%d,fd=%d", i, spec->stream_fds[i]);
        if (i == VM_STREAM_CONSOLE) {
            vm_qemu_word(command, "-serial");
            vm_qemu_word(command, "chardev:stream%d", i);
        } else {
            vm_qemu_word(command, "-device");
            vm_qemu_word(command, "virtserialport,chardev=stream%d,nr=%d", i, i);
        }
    }
}

/* QEMU reads "," as the end of a value, and ",," as a comma. */
static char *vm_qemu_escape(const char *text)
{
    char *escaped = malloc(2 * strlen(text) + 1);
    char *end = escaped;
    if (escaped == NULL)
        return NULL;
    for (; *text != '\0'; text++) {
        *end++ = *text;
        if (*text == ',')
            *end++ = ',';
    }
    *end = '\0';
    return escaped;
}

static void vm_qemu_share(struct vm_qemu_command *command, const char *tag, const char *path,
                          const char *access_option)
{
    vm_qemu_word(command, "-fsdev");
    vm_qemu_word(command, "local,id=%s,path=%s,security_model=none,multidevs=remap%s", tag, path,
                 access_option);
    vm_qemu_word(command, "-device");
    vm_qemu_word(command, "virtio-9p-device,fsdev=%s,mount_tag=%s", tag, tag);
}

int vm_qemu_command(const struct vm_qemu_spec *spec, struct vm_qemu_command *ret, struct error *err)
{
    CLEANUP(vm_qemu_command_done) struct vm_qemu_command command = {0};

    vm_qemu_word(&command, "%s", spec->program);
    vm_qemu_machine(&command, spec);
    vm_qemu_kernel(&command, spec);
    vm_qemu_streams(&command, spec);
    vm_qemu_share(&command, "root", "/", ",readonly=on");
    if (spec->writable_dir != NULL) {
        CLEANUP(freep) char *path = vm_qemu_escape(spec->writable_dir);
        if (path == NULL)
            return error_out_of_memory(err);
        vm_qemu_share(&command, "share", path, "");
    }
    if (command.incomplete)
        return error_out_of_memory(err);
    *ret = command;
    command = (struct vm_qemu_command){0};
    return 0;
}
