#include "driver/vm.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/caller.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/units.h"
#include "driver/vm_accel.h"
#include "driver/vm_kernel.h"
#include "driver/vm_modules.h"
#include "driver/vm_tsc.h"

/* Between the two readings of the time stamp counter: good to a few millionths. */
#define VM_TSC_GAP_NS (20 * NSEC_PER_MSEC)

/* A guest under working KVM is up in a third of this. */
#define VM_KVM_TEST_TIMEOUT_NS   (2 * NSEC_PER_SEC)
#define VM_KVM_TEST_MEMORY_BYTES (512ULL << 20)

/* Emulation under QEMU before 8.1 hangs one start in a hundred (see vm_guest.c). A start takes two
 * seconds; one that takes this long is given up for another, which has twice the time. */
#define VM_FIRST_TRY_NS (10 * NSEC_PER_SEC)

/* What a guest is made from, found once. */
struct vm_parts {
    struct vm_tsc_reading tsc; /* taken first, so that the work of finding the rest is the gap */
    char *qemu;                /* owned */
    struct vm_kernel kernel;
    struct vm_modules modules;
};

/* Everything that one guest is started with; all borrowed. */
struct vm_order {
    const struct vm_options *options; /* accel is kvm or tcg */
    const struct vm_parts *parts;
    const struct vm_command *command;
    const struct vm_io *io;
};

static void vm_parts_done(struct vm_parts *parts)
{
    free(parts->qemu);
    vm_kernel_done(&parts->kernel);
    vm_modules_done(&parts->modules);
}

/* *ret may be partly filled on failure; the caller releases it either way. */
static int vm_parts_find(const struct vm_options *options, struct vm_parts *ret, struct error *err)
{
    /* tools/fetch-kernel.sh keeps these. */
    static const char *const names[] = {"virtio_mmio", "virtio_console", "9pnet_virtio", "9p",
                                        "overlay"};

    ret->tsc = vm_tsc_read();
    ret->qemu = vm_qemu_find(err);
    if (ret->qemu == NULL ||
        vm_kernel_find(options->kernel_path, options->modules_dir, &ret->kernel, err) < 0 ||
        vm_modules_resolve(ret->kernel.modules, names, ARRAY_LENGTH(names), &ret->modules, err) < 0)
        return -1;
    if (*options->init_path == '\0')
        return error_set(err, ERROR_ENVIRONMENT,
                         "found no leakcage-init, which the guest starts from, beside leakcage or "
                         "in ../libexec/leakcage: the installation is not complete");
    if (access(options->init_path, R_OK) < 0)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno,
                               "cannot read the guest's init %s (is the installation complete?)",
                               options->init_path);
    return 0;
}

static uint64_t vm_memory_bytes(const struct vm_options *options)
{
    return options->memory_bytes > 0 ? options->memory_bytes : VM_MEMORY_DEFAULT_BYTES;
}

/* What the kernel could give without swapping; UINT64_MAX when it does not say. */
static uint64_t vm_host_available_bytes(void)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(65536);
    if (file_read(AT_FDCWD, "/proc/meminfo", &text, NULL) < 0)
        return UINT64_MAX;
    const char *line = strstr(buffer_text(&text), "MemAvailable:");
    unsigned long long kib = 0;
    return line != NULL && sscanf(line, "MemAvailable: %llu kB", &kib) == 1 ? kib << 10
                                                                            : UINT64_MAX;
}

static unsigned vm_guests(const struct vm_options *options)
{
    return options->guests > 1 ? options->guests : 1;
}

/* How many share a processor while all of them start; rounded up. */
static unsigned vm_guests_per_cpu(const struct vm_options *options)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned n = cpus > 0 ? (unsigned)cpus : 1;
    return (vm_guests(options) + n - 1) / n;
}

static int vm_check_memory(const struct vm_options *options, unsigned guests, struct error *err)
{
    uint64_t wanted = vm_memory_bytes(options);
    uint64_t available = vm_host_available_bytes();
    char wanted_text[UNITS_TEXT_MAX];
    char available_text[UNITS_TEXT_MAX];

    if (wanted <= available / guests)
        return 0;
    if (guests > 1)
        return error_set(err, ERROR_ENVIRONMENT,
                         "the memory of %u guests, %s each, does not fit: %s are available; take "
                         "fewer (--jobs), or give them less (--vm-memory)",
                         guests, units_format_bytes((double)wanted, wanted_text),
                         units_format_bytes((double)available, available_text));
    return error_set(err, ERROR_ENVIRONMENT,
                     "the guest's memory of %s does not fit: %s are available; close something, or "
                     "give the guest less",
                     units_format_bytes((double)wanted, wanted_text),
                     units_format_bytes((double)available, available_text));
}

int vm_probe(const struct vm_options *options, struct error *why)
{
    CLEANUP(vm_parts_done) struct vm_parts parts = {0};
    return vm_parts_find(options, &parts, why) < 0 ||
                   vm_check_memory(options, vm_guests(options), why) < 0
               ? 1
               : 0;
}

static int64_t vm_wall_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

/* The initramfs in memory, as a descriptor that QEMU inherits; -1 on failure. */
static int vm_initramfs_fd(const struct vm_options *options, const struct vm_parts *parts,
                           const struct vm_command *command, struct error *err)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT(VM_INITRAMFS_MAX);
    CLEANUP(buffer_done) struct buffer archive = BUFFER_INIT(VM_INITRAMFS_MAX);
    if (vm_initramfs_command(command, vm_wall_ns(), &text, err) < 0 ||
        vm_initramfs_build(options->init_path, &parts->modules, &text, &archive, err) < 0)
        return -1;

    CLEANUP(closep) int fd = memfd_create("leakcage-initramfs", MFD_CLOEXEC);
    size_t done = 0;
    while (fd >= 0 && done < archive.length) {
        ssize_t n = write(fd, archive.data + done, archive.length - done);
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    if (done < archive.length)
        return error_set_errno(err, ERROR_INTERNAL, errno, "cannot write the guest's initramfs");
    return take_fd(&fd);
}

/* Power a guest on with this command. The caller owns *ret. */
static int vm_power_on(const struct vm_order *order, struct vm_guest **ret, struct error *err)
{
    const struct vm_options *options = order->options;
    const struct vm_parts *parts = order->parts;
    CLEANUP(closep) int initramfs_fd = vm_initramfs_fd(options, parts, order->command, err);
    char caller[CALLER_WORD_MAX];
    if (initramfs_fd < 0 || caller_word(caller, err) < 0)
        return -1;
    clock_sleep_until(parts->tsc.time_ns + VM_TSC_GAP_NS);
    struct vm_qemu_spec spec = {
        .machine = vm_machine_here(),
        .program = parts->qemu,
        .kernel = parts->kernel.image,
        .writable_dir = order->command->writable_dir,
        .caller = caller,
        .initramfs_fd = initramfs_fd,
        .memory_bytes = vm_memory_bytes(options),
        .cpus = options->cpus > 0 ? options->cpus : VM_CPUS_DEFAULT,
        .accel = options->accel,
        .tsc_khz = vm_tsc_khz(parts->tsc, vm_tsc_read()),
    };
    return vm_guest_start(&spec, order->io, ret, err);
}

/* Wait until the command starts; fills kernel_release. 1: it has not by the deadline, and the error
 * tells the guest's last words. */
static int vm_wait_up(struct vm_guest *guest, nsec_t deadline_ns, struct vm_result *result,
                      struct error *err)
{
    while (clock_now_ns() < deadline_ns) {
        struct vm_report report;
        int r = vm_guest_serve(guest, deadline_ns, &report, err);
        if (r < 0)
            return error_prefix(err, "the guest did not start");
        if (interrupt_count() > 0)
            return error_set(err, ERROR_INTERRUPTED, "interrupted while the guest was starting");
        if (r > 0)
            continue;
        if (report.kind == VM_REPORT_UP)
            return 0;
        if (report.kind == VM_REPORT_RELEASE)
            snprintf(result->kernel_release, sizeof(result->kernel_release), "%.*s",
                     (int)sizeof(result->kernel_release) - 1, report.text);
        if (report.kind == VM_REPORT_ERROR)
            return error_set(err, ERROR_ENVIRONMENT, "the guest did not start: %s", report.text);
    }
    vm_guest_error(guest, ERROR_ENVIRONMENT, "the guest did not start in time", err);
    return 1;
}

/* Power on and wait until the command starts, again if need be. The caller owns *ret. */
static int vm_start(const struct vm_order *order, struct vm_guest **ret, struct vm_result *result,
                    struct error *err)
{
    unsigned crowd = vm_guests_per_cpu(order->options);
    nsec_t timeout_ns = order->options->boot_timeout_ns;
    nsec_t give_up_ns = clock_now_ns() + (timeout_ns > 0 ? timeout_ns : VM_BOOT_TIMEOUT_NS * crowd);

    for (nsec_t try_ns = VM_FIRST_TRY_NS * crowd;; try_ns *= 2) {
        CLEANUP(vm_guest_freep) struct vm_guest *guest = NULL;
        nsec_t start_ns = clock_now_ns();
        nsec_t deadline_ns = start_ns + try_ns < give_up_ns ? start_ns + try_ns : give_up_ns;

        if (vm_power_on(order, &guest, err) < 0)
            return -1;
        int r = vm_wait_up(guest, deadline_ns, result, err);
        if (r < 0 || (r > 0 && deadline_ns >= give_up_ns))
            return -1;
        if (r == 0) {
            result->boot_ns = clock_now_ns() - start_ns;
            *ret = take_ptr(&guest);
            return 0;
        }
    }
}

/* Wait until the command has ended. */
static int vm_wait_end(struct vm_guest *guest, struct vm_result *result, struct error *err)
{
    nsec_t kill_ns = NSEC_NEVER;

    for (;;) {
        struct vm_report report;
        int r = vm_guest_serve(guest, kill_ns, &report, err);
        if (r < 0)
            return -1;
        if (r == 0 && (report.kind == VM_REPORT_EXIT || report.kind == VM_REPORT_SIGNAL)) {
            result->end.signaled = report.kind == VM_REPORT_SIGNAL;
            result->end.status = report.number;
            if (result->end.signaled)
                vm_guest_last_words(guest, result->last_words, sizeof(result->last_words));
            return 0;
        }
        if (r == 0 && report.kind == VM_REPORT_ERROR)
            return error_set(err, ERROR_INTERNAL, "the guest failed: %s", report.text);

        int interrupts = interrupt_count();
        if (interrupts > 0 && !result->interrupted) {
            result->interrupted = true;
            kill_ns = clock_now_ns() + VM_INTERRUPT_GRACE_NS;
            vm_guest_signal(guest, SIGINT);
        }
        if (interrupts > 1 || clock_now_ns() >= kill_ns)
            return error_set(err, ERROR_INTERRUPTED, "interrupted");
    }
}

/* Start a guest under KVM that does nothing. */
static bool vm_kvm_works(const struct vm_options *options, const struct vm_parts *parts)
{
    char *argv[] = {(char[]){"true"}, NULL};
    struct vm_command command = {.argv = argv};
    struct vm_options test = {.init_path = options->init_path,
                              .memory_bytes = VM_KVM_TEST_MEMORY_BYTES,
                              .accel = VM_ACCEL_KVM};
    struct vm_io silent = {0};
    struct vm_order order = {&test, parts, &command, &silent};
    struct vm_result result = {0};
    CLEANUP(vm_guest_freep) struct vm_guest *guest = NULL;

    if (vm_power_on(&order, &guest, NULL) < 0)
        return false;
    return vm_wait_up(guest, clock_now_ns() + VM_KVM_TEST_TIMEOUT_NS, &result, NULL) == 0;
}

static enum vm_accel vm_choose_accel(const struct vm_options *options, const struct vm_parts *parts)
{
    if (options->accel != VM_ACCEL_AUTO)
        return options->accel;
    if (!vm_accel_kvm_opens())
        return VM_ACCEL_TCG;

    char key[4096];
    vm_accel_key(parts->qemu, parts->kernel.image, key, sizeof(key));
    enum vm_accel accel = vm_accel_recall(key);
    if (accel != VM_ACCEL_AUTO)
        return accel;

    int interrupts = interrupt_count();
    accel = vm_kvm_works(options, parts) ? VM_ACCEL_KVM : VM_ACCEL_TCG;
    if (interrupt_count() == interrupts)
        vm_accel_remember(key, accel);
    return accel;
}

int vm_find_accel(const struct vm_options *options, enum vm_accel *ret, struct error *err)
{
    CLEANUP(vm_parts_done) struct vm_parts parts = {0};
    if (vm_parts_find(options, &parts, err) < 0)
        return -1;
    *ret = vm_choose_accel(options, &parts);
    return 0;
}

int vm_run(const struct vm_options *options, const struct vm_command *command,
           const struct vm_io *io, struct vm_result *ret, struct error *err)
{
    CLEANUP(vm_parts_done) struct vm_parts parts = {0};
    CLEANUP(vm_guest_freep) struct vm_guest *guest = NULL;
    CLEANUP(freep) char *writable_dir = NULL;
    struct vm_options chosen = *options;
    struct vm_command shared = *command;
    struct vm_result result = {0};

    if (vm_parts_find(options, &parts, err) < 0 || vm_check_memory(options, 1, err) < 0)
        return -1;
    if (command->writable_dir != NULL) {
        shared.writable_dir = writable_dir = realpath(command->writable_dir, NULL);
        if (writable_dir == NULL)
            return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot share %s",
                                   command->writable_dir);
    }
    chosen.accel = result.accel = vm_choose_accel(options, &parts);

    struct vm_order order = {&chosen, &parts, &shared, io};
    if (vm_start(&order, &guest, &result, err) < 0 || vm_wait_end(guest, &result, err) < 0)
        return -1;

    *ret = result;
    return 0;
}
