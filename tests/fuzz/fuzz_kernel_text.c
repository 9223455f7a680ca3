/* The kernel's texts: each file of a cgroup that the table of fields names (memory/memory_text.h),
 * /proc/PID/stat, mountinfo and /proc/PID/cgroup; and a process's own words about itself. */
#include <string.h>

#include "base/cleanup.h"
#include "instrument/file_label.h"
#include "memory/cgroup_layout.h"
#include "memory/descriptors.h"
#include "memory/memory_text.h"
#include "memory/process_name.h"
#include "memory/process_stat.h"
#include "memory/runtime.h"
#include "tests/fuzz/fuzz.h"

static void check_memory(const char *text)
{
    const char *last = NULL;
    for (unsigned field = 0; field < MEMORY_CGROUP_FIELD_MAX; field++) {
        struct memory_sample sample = {.present = 0};
        struct error err = {.kind = ERROR_NONE};
        const char *file = memory_field_info[field].file;
        if (last != NULL && strcmp(file, last) == 0)
            continue;
        last = file;
        if (memory_text_parse(file, text, &sample, &err) < 0)
            FUZZ_REQUIRE(strncmp(err.text, file, strlen(file)) == 0);
        for (unsigned other = 0; other < MEMORY_FIELD_MAX; other++)
            if (memory_sample_has(&sample, (enum memory_field)other))
                FUZZ_REQUIRE(strcmp(memory_field_info[other].file, file) == 0);
    }
}

static void check_layout(const char *text)
{
    struct cgroup_layout layout;
    struct error err = {.kind = ERROR_NONE};
    char folder[CGROUP_PATH_MAX];
    cgroup_layout_parse(text, &layout);
    FUZZ_REQUIRE(strlen(cgroup_layout_name(layout.kind)) > 0);
    if (cgroup_layout_own(&layout, text, folder, &err) < 0)
        FUZZ_REQUIRE(err.text[0] != '\0');
    else
        FUZZ_REQUIRE(strlen(folder) < sizeof(folder));
}

static void check_process(const char *text, size_t size)
{
    struct process_stat stat;
    char name[SURVEY_PROCESS_NAME_MAX];
    uint64_t inode = 0;
    if (process_stat_parse(text, &stat))
        FUZZ_REQUIRE(strlen(stat.name) < sizeof(stat.name));
    process_name("python3", text, size, name);
    fuzz_require_name("a process", name);
    process_name(text, text, size, name);
    (void)descriptor_kind_of(text, &inode);
}

static void check_label(const char *text)
{
    char label[FILE_LABEL_MAX];
    for (int is_shmem = 0; is_shmem < 2; is_shmem++) {
        enum file_kind kind = file_label_kind(text, is_shmem == 1);
        FUZZ_REQUIRE(strlen(file_label(kind, text, "/data", label)) < sizeof(label));
        fuzz_require_name("a file", label);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(freep) char *text = fuzz_text(data, size);
    check_memory(text);
    check_layout(text);
    check_process(text, size);
    check_label(text);
    return 0;
}
