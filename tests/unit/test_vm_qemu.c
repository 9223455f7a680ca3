#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"
#include "driver/vm_qemu.h"
#include "driver/vm_tsc.h"
#include "tests/support/check_main.h"

static struct vm_qemu_spec spec(enum vm_accel accel)
{
    return (struct vm_qemu_spec){
        .machine = vm_machine_named("x86_64"),
        .program = "/usr/bin/qemu",
        .kernel = "/k/vmlinux",
        .initramfs_fd = 9,
        .stream_fds = {10, 11, 12, 13},
        .memory_bytes = 1536ULL << 20,
        .cpus = 2,
        .accel = accel,
        .tsc_khz = 2600000,
    };
}

/* The word is there, or a word that holds it. */
static bool has(const struct vm_qemu_command *command, const char *text)
{
    for (size_t i = 0; i < command->n_words; i++)
        if (strstr(command->argv[i], text) != NULL)
            return true;
    return false;
}

START_TEST(hands_over_streams_by_descriptor)
{
    CLEANUP(vm_qemu_command_done) struct vm_qemu_command command = {0};
    struct vm_qemu_spec tcg = spec(VM_ACCEL_TCG);

    ck_assert_int_eq(vm_qemu_command(&tcg, &command, NULL), 0);
    ck_assert_str_eq(command.argv[0], "/usr/bin/qemu");
    ck_assert_ptr_null(command.argv[command.n_words]);
    ck_assert(has(&command, "/proc/self/fd/9"));
    ck_assert(has(&command, "socket,id=stream0,fd=10"));
    ck_assert(has(&command, "virtserialport,chardev=stream3,nr=3"));
    ck_assert(has(&command, "1536M"));
}
END_TEST

START_TEST(tells_the_counters_rate_in_emulation_only)
{
    CLEANUP(vm_qemu_command_done) struct vm_qemu_command tcg = {0};
    CLEANUP(vm_qemu_command_done) struct vm_qemu_command kvm = {0};
    struct vm_qemu_spec emulated = spec(VM_ACCEL_TCG);
    struct vm_qemu_spec accelerated = spec(VM_ACCEL_KVM);

    ck_assert_int_eq(vm_qemu_command(&emulated, &tcg, NULL), 0);
    ck_assert_int_eq(vm_qemu_command(&accelerated, &kvm, NULL), 0);
    ck_assert(has(&tcg, "tsc_early_khz=2600000"));
    ck_assert(!has(&kvm, "tsc"));
    ck_assert(has(&kvm, "cgroup_no_v1=all"));
}
END_TEST

START_TEST(each_processor_has_a_machine)
{
    CLEANUP(vm_qemu_command_done) struct vm_qemu_command x86 = {0};
    CLEANUP(vm_qemu_command_done) struct vm_qemu_command arm = {0};
    CLEANUP(vm_qemu_command_done) struct vm_qemu_command arm_kvm = {0};
    struct vm_qemu_spec one = spec(VM_ACCEL_TCG);
    ck_assert_int_eq(vm_qemu_command(&one, &x86, NULL), 0);
    ck_assert(has(&x86, "microvm"));
    ck_assert(has(&x86, "console=ttyS0"));

    one.machine = vm_machine_named("aarch64");
    ck_assert_int_eq(vm_qemu_command(&one, &arm, NULL), 0);
    ck_assert(has(&arm, "virt,gic-version=3"));
    ck_assert(has(&arm, "console=ttyAMA0"));
    ck_assert(has(&arm, "cgroup_no_v1=all"));
    ck_assert(has(&arm, "virtio-serial-device"));
    ck_assert(!has(&arm, "tsc"));

    one.accel = VM_ACCEL_KVM;
    ck_assert_int_eq(vm_qemu_command(&one, &arm_kvm, NULL), 0);
    ck_assert(has(&arm_kvm, "virt,gic-version=host"));
    ck_assert_ptr_nonnull(vm_machine_here());
    ck_assert_ptr_null(vm_machine_named("vax"));
}
END_TEST

START_TEST(shares_the_root_read_only_and_one_folder_writable)
{
    CLEANUP(vm_qemu_command_done) struct vm_qemu_command command = {0};
    struct vm_qemu_spec tcg = spec(VM_ACCEL_TCG);

    tcg.writable_dir = "/a,b";
    ck_assert_int_eq(vm_qemu_command(&tcg, &command, NULL), 0);
    ck_assert(
        has(&command, "local,id=root,path=/,security_model=none,multidevs=remap,readonly=on"));
    ck_assert(has(&command, "path=/a,,b,security_model=none,multidevs=remap"));
}
END_TEST

START_TEST(tells_the_rate_from_two_readings)
{
    struct vm_tsc_reading from = {.time_ns = 1000, .ticks = 500};
    struct vm_tsc_reading to = {.time_ns = 1000 + 20 * NSEC_PER_MSEC, .ticks = 500 + 52000000};
    struct vm_tsc_reading soon = {.time_ns = 2000, .ticks = 600};

    ck_assert_uint_eq(vm_tsc_khz(from, to), 2600000);
    ck_assert_uint_eq(vm_tsc_khz(from, soon), 0);
    ck_assert_uint_eq(vm_tsc_khz(to, from), 0);
}
END_TEST

static Suite *vm_qemu_suite(void)
{
    Suite *suite = suite_create("vm_qemu");
    TCase *command = tcase_create("command line");
    tcase_add_test(command, hands_over_streams_by_descriptor);
    tcase_add_test(command, tells_the_counters_rate_in_emulation_only);
    tcase_add_test(command, each_processor_has_a_machine);
    tcase_add_test(command, shares_the_root_read_only_and_one_folder_writable);
    suite_add_tcase(suite, command);
    TCase *counter = tcase_create("time stamp counter");
    tcase_add_test(counter, tells_the_rate_from_two_readings);
    suite_add_tcase(suite, counter);
    return suite;
}

CHECK_MAIN(vm_qemu_suite);
