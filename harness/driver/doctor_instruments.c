#include <errno.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "driver/doctor_probe.h"
#include "driver/doctor_report.h"

static void doctor_heaptrack(struct doctor_report *report)
{
    static const char *const patterns[] = {
        "/usr/lib/heaptrack/libheaptrack_preload.so", "/usr/lib*/heaptrack/libheaptrack_preload.so",
        "/usr/lib/*/heaptrack/libheaptrack_preload.so",
        "/usr/local/lib*/heaptrack/libheaptrack_preload.so", NULL};
    char path[512];
    if (doctor_find_file(patterns, path, sizeof(path)))
        doctor_add(report, "heaptrack", DOCTOR_OK, "%s", path);
    else
        doctor_fix(doctor_add(report, "heaptrack", DOCTOR_NOTE,
                              "not installed; to explain heaps malloc is probed then, which slows "
                              "a service down more"),
                   "apt-get install libheaptrack");
}

/* May we have the kernel's events of a whole cgroup? Tried with one of the cheapest. */
static bool doctor_perf_opens(void)
{
    struct perf_event_attr attributes = {
        .type = PERF_TYPE_SOFTWARE,
        .size = sizeof(attributes),
        .config = PERF_COUNT_SW_PAGE_FAULTS,
        .disabled = 1,
    };
    CLEANUP(closep)
    int fd = (int)syscall(SYS_perf_event_open, &attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
    return fd >= 0;
}

static void doctor_perf(struct doctor_report *report)
{
    char paranoid[64] = "";
    if (doctor_perf_opens()) {
        doctor_add(report, "perf events", DOCTOR_OK,
                   "may be opened: who maps, opens and touches memory, here and in the guest");
        return;
    }
    int reason = errno;
    if (!doctor_first_line("/proc/sys/kernel/perf_event_paranoid", paranoid, sizeof(paranoid)))
        snprintf(paranoid, sizeof(paranoid), "not there");
    doctor_fix(doctor_add(report, "perf events", DOCTOR_NOTE,
                          "%s (kernel.perf_event_paranoid is %s): who maps, opens and touches "
                          "memory can be told in the guest, not here",
                          strerror(reason), paranoid),
               "leakcage as root (CAP_PERFMON and CAP_SYS_PTRACE), or the vm driver");
}

void doctor_instruments(struct doctor_report *report)
{
    doctor_heaptrack(report);
    doctor_perf(report);
    doctor_add(report, "runtimes", DOCTOR_OK,
               "heaps of Go, Node, Python and Java are asked for within the service: nothing is "
               "needed here");
}
