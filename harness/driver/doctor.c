#include "driver/doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "driver/container.h"
#include "driver/doctor_probe.h"
#include "driver/doctor_report.h"
#include "driver/registry.h"
#include "driver/vm_accel.h"
#include "driver/vm_kernel.h"
#include "driver/vm_qemu.h"
#include "memory/cgroup.h"
#include "memory/cgroup_layout.h"

/* A service that leaks descriptors should hit its memory limit before this one. */
#define NOFILE_GOOD 65536

struct doctor_check *doctor_add(struct doctor_report *report, const char *name,
                                enum doctor_status status, const char *format, ...)
{
    struct doctor_check *check = &report->checks[report->n_checks];
    if (report->n_checks + 1 < DOCTOR_CHECKS_MAX)
        report->n_checks++;
    *check = (struct doctor_check){.name = name, .status = status};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(check->detail, sizeof(check->detail), format, arguments);
    va_end(arguments);
    return check;
}

void doctor_fix(struct doctor_check *check, const char *fix)
{
    snprintf(check->fix, sizeof(check->fix), "%s", fix);
}

static void doctor_kernel(struct doctor_report *report)
{
    struct utsname names;
    unsigned major = 0;
    unsigned minor = 0;
    if (uname(&names) < 0 || sscanf(names.release, "%u.%u", &major, &minor) != 2) {
        doctor_add(report, "kernel", DOCTOR_NOTE, "its release cannot be told");
        return;
    }
    unsigned version = major * 1000 + minor;
    if (version >= 5019)
        doctor_add(report, "kernel", DOCTOR_OK,
                   "%s %s, has memory.reclaim and memory.peak (since 5.19)", names.sysname,
                   names.release);
    else
        doctor_fix(doctor_add(report, "kernel", DOCTOR_NOTE,
                              "%s %s has no memory.reclaim and memory.peak (since 5.19): "
                              "memory.high is lowered for a moment instead, and peaks are the "
                              "highest of the samples",
                              names.sysname, names.release),
                   "a newer kernel, or the vm driver, which brings its own");
}

static void doctor_delegation(struct doctor_report *report)
{
    struct cgroup_base base;
    struct error why = {.kind = ERROR_NONE};
    if (cgroup_base_open(true, &base, &why) != 0) {
        doctor_add(report, "delegation", DOCTOR_MISSING, "%s", why.text);
        return;
    }
    doctor_add(report, "delegation", base.has_cpu && base.has_pids ? DOCTOR_OK : DOCTOR_NOTE,
               "groups go below %s%s%s%s", base.path,
               base.delegated ? " (ours, by plain files)" : " (the root, by libcgroup)",
               base.has_cpu ? "" : "; no cpu limits", base.has_pids ? "" : "; no pids limits");
}

static void doctor_cgroups(struct doctor_report *report)
{
    struct cgroup_layout layout;
    struct error why = {.kind = ERROR_NONE};
    if (cgroup_layout_read(&layout, &why) < 0) {
        doctor_add(report, "cgroup layout", DOCTOR_MISSING, "%s", why.text);
        return;
    }
    bool v2 = layout.kind == CGROUP_LAYOUT_V2;
    struct doctor_check *check =
        doctor_add(report, "cgroup layout", v2 ? DOCTOR_OK : DOCTOR_MISSING, "%s%s%s%s%s",
                   cgroup_layout_name(layout.kind), layout.v1_memory[0] != '\0' ? " at " : "",
                   layout.v1_memory, layout.v2_mount[0] != '\0' ? ", v2 at " : "", layout.v2_mount);
    if (!v2)
        doctor_fix(check, "boot with cgroup_no_v1=all (systemd.unified_cgroup_hierarchy=1), or "
                          "leave it to the vm driver");

    char path[CGROUP_PATH_MAX + 32] = "";
    char controllers[256] = "";
    snprintf(path, sizeof(path), "%s/cgroup.controllers", layout.v2_mount);
    if (layout.v2_mount[0] != '\0' && doctor_first_line(path, controllers, sizeof(controllers)))
        doctor_add(report, "controllers",
                   strstr(controllers, "memory") != NULL ? DOCTOR_OK : DOCTOR_MISSING, "%s: %s",
                   path, controllers[0] != '\0' ? controllers : "none");

    if (v2)
        doctor_delegation(report);
    else
        doctor_add(report, "delegation", DOCTOR_MISSING, "no group with the memory controller");
}

static void doctor_memory(struct doctor_report *report)
{
    char text[512] = "";
    if (doctor_first_line("/proc/pressure/memory", text, sizeof(text)))
        doctor_add(report, "PSI", DOCTOR_OK, "/proc/pressure/memory can be read");
    else
        doctor_fix(doctor_add(report, "PSI", DOCTOR_NOTE,
                              "/proc/pressure/memory: %s; stalls will be missing from results",
                              strerror(errno)),
                   "boot with psi=1");

    CLEANUP(buffer_done) struct buffer swaps = BUFFER_INIT(65536);
    bool swap = file_read(AT_FDCWD, "/proc/swaps", &swaps, NULL) == 0 &&
                strchr(buffer_text(&swaps), '/') != NULL;
    doctor_add(report, "swap", swap ? DOCTOR_NOTE : DOCTOR_OK, "%s",
               swap ? "on; the instance gets none (memory.swap.max=0)" : "off");

    if (doctor_first_line("/sys/kernel/mm/transparent_hugepage/enabled", text, sizeof(text)))
        doctor_add(report, "huge pages", DOCTOR_OK,
                   "%s; off for the instance unless the scenario says \"system\"", text);
    else
        doctor_add(report, "huge pages", DOCTOR_OK, "this kernel has no transparent huge pages");

    struct rlimit nofile;
    if (getrlimit(RLIMIT_NOFILE, &nofile) == 0) {
        bool good = nofile.rlim_max >= NOFILE_GOOD;
        struct doctor_check *check =
            doctor_add(report, "open files", good ? DOCTOR_OK : DOCTOR_NOTE,
                       "at most %" PRIu64 " (hard), %" PRIu64 " (soft) for each process",
                       (uint64_t)nofile.rlim_max, (uint64_t)nofile.rlim_cur);
        if (!good)
            doctor_fix(check, "ulimit -Hn 1048576, as root, before leakcage");
    }
}

static void doctor_kvm(struct doctor_report *report, const char *qemu, const char *kernel)
{
    if (!vm_accel_kvm_opens()) {
        doctor_fix(doctor_add(report, "KVM", DOCTOR_NOTE,
                              "/dev/kvm cannot be opened (%s); guests are emulated",
                              strerror(errno)),
                   "join the group kvm, or switch virtualization on");
        return;
    }
    char key[1024];
    enum vm_accel known = VM_ACCEL_AUTO;
    if (qemu != NULL && kernel != NULL)
        known = vm_accel_recall(vm_accel_key(qemu, kernel, key, sizeof(key)));
    if (known == VM_ACCEL_KVM)
        doctor_add(report, "KVM", DOCTOR_OK, "guests start under it");
    else if (known == VM_ACCEL_TCG)
        doctor_add(report, "KVM", DOCTOR_NOTE,
                   "/dev/kvm opens, but no guest came up under it; guests are emulated");
    else
        doctor_add(report, "KVM", DOCTOR_NOTE,
                   "/dev/kvm opens; the vm driver tries it when it first runs");
}

static void doctor_vm(const struct driver_options *options, struct doctor_report *report)
{
    struct error why = {.kind = ERROR_NONE};
    char version[256] = "";
    CLEANUP(freep) char *qemu = vm_qemu_find(&why);
    if (qemu != NULL) {
        bool told = doctor_program_version(qemu, version, sizeof(version));
        doctor_add(report, "QEMU", told ? DOCTOR_OK : DOCTOR_NOTE, "%s: %s", qemu,
                   told ? version : "does not tell its version");
    } else {
        struct doctor_check *check = doctor_add(report, "QEMU", DOCTOR_MISSING, "%s", why.text);
        const struct vm_machine *machine = vm_machine_here();
        if (machine != NULL)
            snprintf(check->fix, sizeof(check->fix), "apt-get install %s", machine->package);
    }

    CLEANUP(vm_kernel_done) struct vm_kernel kernel = {.image = NULL};
    if (vm_kernel_find(options->kernel_path, options->modules_dir, &kernel, &why) == 0)
        doctor_add(report, "VM kernel", DOCTOR_OK, "%s", kernel.image);
    else
        doctor_add(report, "VM kernel", DOCTOR_MISSING, "%s", why.text);
    doctor_kvm(report, qemu, kernel.image);
}

/* What podman starts containers with; docker has its own in its daemon. */
static void doctor_podman_parts(struct doctor_check *check)
{
    static const char *const parts[] = {"crun", "conmon"};
    char path[512];
    for (size_t i = 0; i < ARRAY_LENGTH(parts); i++) {
        if (doctor_find_program(parts[i], path, sizeof(path)))
            continue;
        if (i == 0 && doctor_find_program("runc", path, sizeof(path)))
            continue;
        check->status = DOCTOR_NOTE;
        size_t length = strlen(check->detail);
        snprintf(check->detail + length, sizeof(check->detail) - length, "; %s is missing",
                 parts[i]);
        doctor_fix(check, "apt-get install crun conmon");
    }
}

static void doctor_engines(struct doctor_report *report)
{
    static const char *const engines[] = {"podman", "docker"};
    for (size_t i = 0; i < ARRAY_LENGTH(engines); i++) {
        char path[512];
        char version[256] = "";
        if (!doctor_find_program(engines[i], path, sizeof(path))) {
            struct doctor_check *check = doctor_add(report, engines[i], DOCTOR_NOTE,
                                                    "not installed; only for containers (--image)");
            if (i == 0)
                doctor_fix(check, "apt-get install podman crun conmon netavark");
        } else if (doctor_program_version(path, version, sizeof(version))) {
            struct doctor_check *check = doctor_add(report, engines[i], DOCTOR_OK, "%s", version);
            if (i == 0)
                doctor_podman_parts(check);
        } else {
            doctor_add(report, engines[i], DOCTOR_NOTE, "%s does not tell its version", path);
        }
    }
}

static void doctor_allocators(struct doctor_report *report)
{
    static const struct {
        const char *name;
        const char *patterns[5];
        const char *fix;
    } allocators[] = {
        {"jemalloc",
         {"/usr/lib/*/libjemalloc.so.2", "/usr/lib*/libjemalloc.so.2",
          "/usr/local/lib/libjemalloc.so.2"},
         "apt-get install libjemalloc2"},
        {"tcmalloc",
         {"/usr/lib/*/libtcmalloc.so.4", "/usr/lib*/libtcmalloc.so.4",
          "/usr/lib/*/libtcmalloc_minimal.so.4", "/usr/local/lib/libtcmalloc.so.4"},
         "apt-get install libgoogle-perftools4"},
        {"mimalloc",
         {"/usr/lib/*/libmimalloc.so.[23]*", "/usr/lib*/libmimalloc.so.[23]*",
          "/usr/local/lib/libmimalloc.so.[23]*"},
         "apt-get install libmimalloc2.0"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(allocators); i++) {
        char path[512];
        if (doctor_find_file(allocators[i].patterns, path, sizeof(path)))
            doctor_add(report, allocators[i].name, DOCTOR_OK, "%s", path);
        else
            doctor_fix(doctor_add(report, allocators[i].name, DOCTOR_NOTE,
                                  "not installed; only to compare allocators"),
                       allocators[i].fix);
    }
}

static void doctor_drivers(const struct driver_options *options, struct doctor_report *report)
{
    for (const struct driver *const *driver = registry_drivers; *driver != NULL; driver++) {
        struct error why = {.kind = ERROR_NONE};
        bool usable = (*driver)->probe(options, &why) == 0;
        bool images = *driver == &container_driver; /* `auto` takes it for those alone */
        doctor_add(report, "driver",
                   usable   ? DOCTOR_OK
                   : images ? DOCTOR_NOTE
                            : DOCTOR_MISSING,
                   "%s: %s%s", (*driver)->name, usable ? "usable" : why.text,
                   images ? " (for --image; else they run in the guest)" : "");
        if (usable && !images && report->chosen == NULL)
            report->chosen = *driver;
    }
}

int doctor_run(const struct driver_options *options, struct doctor_report *ret, struct error *err)
{
    if (access("/proc/self", F_OK) < 0)
        return error_set_errno(err, ERROR_ENVIRONMENT, errno, "cannot look at /proc");
    *ret = (struct doctor_report){.n_checks = 0};
    doctor_kernel(ret);
    doctor_cgroups(ret);
    doctor_memory(ret);
    doctor_vm(options, ret);
    doctor_engines(ret);
    doctor_allocators(ret);
    doctor_instruments(ret);
    doctor_drivers(options, ret);
    return 0;
}

const char *doctor_status_name(enum doctor_status status)
{
    static const char *const names[] = {"ok", "missing", "note"};
    return names[status];
}

void doctor_print(const struct doctor_report *report, FILE *out)
{
    for (unsigned i = 0; i < report->n_checks; i++) {
        const struct doctor_check *check = &report->checks[i];
        fprintf(out, "%-8s %-14s %s\n", doctor_status_name(check->status), check->name,
                check->detail);
        if (check->fix[0] != '\0')
            fprintf(out, "%-8s %-14s fix: %s\n", "", "", check->fix);
    }
    if (report->chosen != NULL)
        fprintf(out, "\nauto picks driver %s\n", report->chosen->name);
    else
        fprintf(out, "\nauto finds no driver that works\n");
}
