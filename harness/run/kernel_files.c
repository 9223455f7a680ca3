#include "run/kernel_files.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "memory/cgroup_reclaim.h"

static void kernel_files_note_reclaim(const char *cgroup_dir, struct record *record)
{
    struct record_machine *machine = &record->machine;
    CLEANUP(closep) int fd = open(cgroup_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const char *file = fd >= 0 ? cgroup_reclaim_file(fd) : NULL;
    if (file == NULL)
        return;
    snprintf(machine->reclaim_by, sizeof(machine->reclaim_by), "%s", file);
    if (strcmp(file, "memory.high") == 0)
        record_warn(record, "memory was taken back before floors by lowering memory.high for a "
                            "moment: this kernel has no memory.reclaim (since 5.19)");
}

static void kernel_files_note_peak(const struct memory_sample *memory, struct record *record)
{
    struct record_machine *machine = &record->machine;
    bool has_peak = memory_sample_has(memory, MEMORY_PEAK);
    snprintf(machine->peak_by, sizeof(machine->peak_by), "%s",
             has_peak ? "memory.peak" : "samples");
    if (!has_peak)
        record_warn(record,
                    "peaks are the highest of the samples, and may have been higher between "
                    "two: this kernel has no memory.peak (since 5.19)");
}

void kernel_files_note(const char *cgroup_dir, const struct cycle *cycle, struct record *record)
{
    const struct memory_sample *memory = &cycle->floor.memory;
    if (!memory_sample_has(memory, MEMORY_CURRENT))
        return;
    if (record->machine.peak_by[0] == '\0')
        kernel_files_note_peak(memory, record);
    if (cgroup_dir != NULL && cycle->reclaimed && record->machine.reclaim_by[0] == '\0')
        kernel_files_note_reclaim(cgroup_dir, record);
}
