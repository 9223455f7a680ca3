#include "instrument/process_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "memory/line_reader.h"

/* Of an entry of pagemap. */
#define PAGEMAP_PRESENT   (1ULL << 63)
#define PAGEMAP_SWAPPED   (1ULL << 62)
#define PAGEMAP_FILE      (1ULL << 61)
#define PAGEMAP_EXCLUSIVE (1ULL << 56)

#define ENTRIES_AT_ONCE ((size_t)8 * PROCESS_MEMORY_BLOCK_MAX)

struct memory_walk {
    const struct process_memory_reader *reader;
    int pagemap_fd;
    uint64_t page_bytes;
    uint64_t *entries; /* owned: ENTRIES_AT_ONCE */
    int status;        /* of what was read: 0, or 1: gone */
};

struct memory_range {
    uint64_t start, end;
    bool is_shared;
};

static enum process_page process_page_of(uint64_t entry, bool is_shared)
{
    if ((entry & PAGEMAP_SWAPPED) != 0)
        return is_shared ? PROCESS_PAGE_NONE : PROCESS_PAGE_SWAPPED;
    if ((entry & PAGEMAP_PRESENT) == 0)
        return PROCESS_PAGE_NONE;
    if (is_shared)
        return PROCESS_PAGE_SHARED;
    if ((entry & PAGEMAP_FILE) != 0)
        return PROCESS_PAGE_NONE;
    return (entry & PAGEMAP_EXCLUSIVE) != 0 ? PROCESS_PAGE_ANONYMOUS_OWN : PROCESS_PAGE_ANONYMOUS;
}

static int memory_walk_block(struct memory_walk *walk, const struct memory_range *range,
                             uint64_t address, const uint64_t *entries, size_t n, struct error *err)
{
    enum process_page pages[PROCESS_MEMORY_BLOCK_MAX];
    size_t resident = 0;
    size_t others = 0;
    for (size_t i = 0; i < n; i++) {
        pages[i] = process_page_of(entries[i], range->is_shared);
        resident += pages[i] == PROCESS_PAGE_ANONYMOUS || pages[i] == PROCESS_PAGE_ANONYMOUS_OWN;
        others += pages[i] == PROCESS_PAGE_SHARED || pages[i] == PROCESS_PAGE_SWAPPED;
    }
    if (resident + others == 0)
        return 0;
    struct process_pages_block block = {.address = address,
                                        .pages = pages,
                                        .n = n,
                                        .is_whole = resident == PROCESS_MEMORY_BLOCK_MAX};
    return walk->reader->block(walk->reader->context, &block, err);
}

/* Split at blocks what was read from `address` on. */
static int memory_walk_entries(struct memory_walk *walk, const struct memory_range *range,
                               uint64_t address, size_t n, struct error *err)
{
    uint64_t block_bytes = PROCESS_MEMORY_BLOCK_MAX * walk->page_bytes;
    for (size_t i = 0; i < n;) {
        uint64_t at = address + i * walk->page_bytes;
        size_t room = (size_t)((block_bytes - at % block_bytes) / walk->page_bytes);
        size_t here = n - i < room ? n - i : room;
        if (memory_walk_block(walk, range, at, walk->entries + i, here, err) < 0)
            return -1;
        i += here;
    }
    return 0;
}

static int memory_walk_range(struct memory_walk *walk, const struct memory_range *range,
                             struct error *err)
{
    for (uint64_t at = range->start; at < range->end;) {
        size_t left = (size_t)((range->end - at) / walk->page_bytes);
        size_t n = left < ENTRIES_AT_ONCE ? left : ENTRIES_AT_ONCE;
        ssize_t length = pread(walk->pagemap_fd, walk->entries, n * sizeof(*walk->entries),
                               (off_t)(at / walk->page_bytes * sizeof(*walk->entries)));
        if (length <= 0) { /* 0: its memory is gone */
            walk->status = 1;
            return 0;
        }
        n = (size_t)length / sizeof(*walk->entries);
        if (memory_walk_entries(walk, range, at, n, err) < 0)
            return -1;
        at += n * walk->page_bytes;
    }
    return 0;
}

/* Only the blocks in which there is something that is looked for. */
static int memory_walk_sparse(struct memory_walk *walk, const struct memory_range *range,
                              struct error *err)
{
    CLEANUP(freep) uint64_t *addresses = NULL;
    size_t n = 0;
    uint64_t block_bytes = PROCESS_MEMORY_BLOCK_MAX * walk->page_bytes;
    if (walk->reader->sparse == NULL)
        return 0;
    if (walk->reader->sparse(walk->reader->context, range->start, range->end, &addresses, &n, err) <
        0)
        return -1;
    uint64_t done = range->start;
    for (size_t i = 0; i < n; i++) {
        if (addresses[i] < done)
            continue;
        uint64_t start = addresses[i] - addresses[i] % block_bytes;
        struct memory_range block = {.start = start < done ? done : start,
                                     .end = start + block_bytes,
                                     .is_shared = range->is_shared};
        block.end = block.end > range->end ? range->end : block.end;
        if (memory_walk_range(walk, &block, err) < 0)
            return -1;
        done = block.end;
    }
    return 0;
}

/* Is a shared mapping one of memory, not of a file on a disk? */
static bool memory_path_is_memory(const char *path)
{
    return strncmp(path, "/memfd:", 7) == 0 || strncmp(path, "/dev/shm/", 9) == 0 ||
           strncmp(path, "/dev/zero", 9) == 0 || strncmp(path, "/SYSV", 5) == 0;
}

/* "55d0c9a5e000-55d0c9a7f000 rw-p 00000000 00:00 0    [heap]"; false: nothing to be looked at. */
static bool memory_line_read(const char *line, struct memory_range *ret)
{
    char *end = NULL;
    ret->start = strtoull(line, &end, 16);
    if (*end != '-')
        return false;
    ret->end = strtoull(end + 1, &end, 16);
    if (strnlen(end, 6) < 6 || ret->start >= ret->end)
        return false;
    ret->is_shared = end[4] == 's';
    if (strncmp(end + 1, "---", 3) == 0 && !ret->is_shared)
        return false; /* reserved, or a guard */
    const char *path = strpbrk(end, "/[");
    if (path == NULL)
        return true;
    if (ret->is_shared)
        return memory_path_is_memory(path);
    return strncmp(path, "[v", 2) != 0; /* vdso, vvar, vsyscall */
}

static int memory_walk_line(char *line, void *context, struct error *err)
{
    struct memory_walk *walk = context;
    struct memory_range range;
    if (walk->status != 0 || !memory_line_read(line, &range))
        return 0;
    if (range.end - range.start > PROCESS_MEMORY_WHOLE_MAX)
        return memory_walk_sparse(walk, &range, err);
    return memory_walk_range(walk, &range, err);
}

int process_memory_read(pid_t pid, const struct process_memory_reader *reader, struct error *err)
{
    char path[32];
    snprintf(path, sizeof(path), "/proc/%d", pid);
    CLEANUP(closep) int process_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (process_fd < 0)
        return 1;
    CLEANUP(closep) int pagemap_fd = openat(process_fd, "pagemap", O_RDONLY | O_CLOEXEC);
    if (pagemap_fd < 0)
        return errno == EACCES || errno == EPERM ? 2 : 1;
    CLEANUP(freep) uint64_t *entries = malloc(ENTRIES_AT_ONCE * sizeof(*entries));
    if (entries == NULL)
        return error_out_of_memory(err);
    struct memory_walk walk = {.reader = reader,
                               .pagemap_fd = pagemap_fd,
                               .page_bytes = (uint64_t)sysconf(_SC_PAGESIZE),
                               .entries = entries};
    int status = line_reader_each(process_fd, "maps", memory_walk_line, &walk, err);
    return status != 0 ? status : walk.status;
}
