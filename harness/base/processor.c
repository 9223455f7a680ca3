#include "base/processor.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

/* Threads that are made meanwhile are met in the next round. */
#define HOLD_ROUNDS 2

#if defined(__aarch64__)
/* No instruction tells. QEMU's "virt" machine has a name of its own, and the processor that it
 * emulates for "max" one that no maker has (implementer 0, part 'Q'). */
static const char *processor_hypervisor_of_arm(void)
{
    CLEANUP(buffer_done) struct buffer text = BUFFER_INIT((size_t)256 * 1024);
    if (file_read(AT_FDCWD, "/proc/device-tree/compatible", &text, NULL) < 0 ||
        memmem(text.data, text.length, "linux,dummy-virt", 16) == NULL)
        return "";
    buffer_clear(&text);
    if (file_read(AT_FDCWD, "/proc/cpuinfo", &text, NULL) < 0)
        return "";
    bool emulated = strstr(buffer_text(&text), "CPU implementer\t: 0x00\n") != NULL &&
                    strstr(buffer_text(&text), "CPU part\t: 0x051\n") != NULL;
    return emulated ? "tcg" : "kvm";
}
#endif

const char *processor_hypervisor(void)
{
#if defined(__x86_64__)
    unsigned eax = 0;
    unsigned signature[4] = {0};
    __cpuid(0x40000000, eax, signature[0], signature[1], signature[2]);
    (void)eax;
    if (memcmp(signature, "TCGTCGTCGTCG", 12) == 0)
        return "tcg";
    if (memcmp(signature, "KVMKVMKVM", 9) == 0)
        return "kvm";
    return "";
#elif defined(__aarch64__)
    return processor_hypervisor_of_arm();
#else
    return "";
#endif
}

bool processor_is_emulated(void)
{
    return strcmp(processor_hypervisor(), "tcg") == 0;
}

bool processor_hold(pid_t pid)
{
    char path[64];
    cpu_set_t last;
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    CPU_ZERO(&last);
    CPU_SET(n > 1 && n <= CPU_SETSIZE ? (size_t)n - 1 : 0, &last);
    snprintf(path, sizeof(path), "/proc/%d/task", pid);
    bool held = false;
    for (unsigned round = 0; round < HOLD_ROUNDS; round++) {
        DIR *dir = opendir(path);
        const struct dirent *entry = NULL;
        while (dir != NULL && (entry = readdir(dir)) != NULL)
            if (entry->d_name[0] != '.')
                held = sched_setaffinity((pid_t)strtol(entry->d_name, NULL, 10), sizeof(last),
                                         &last) == 0 ||
                       held;
        if (dir != NULL)
            closedir(dir);
    }
    return held;
}
