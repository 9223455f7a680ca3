#include "instrument/file_pages.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kernel-page-flags.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

#ifndef MADV_POPULATE_READ /* since 5.14 */
#define MADV_POPULATE_READ 22
#endif

#define CHUNK_BYTES   ((uint64_t)64 << 20)
#define FILE_MAX_SIZE ((uint64_t)1 << 40)
#define ENTRY_BYTES   8
#define PAGES_AT_ONCE 512
#define PFN_MASK      ((UINT64_C(1) << 55) - 1)
#define PRESENT       (UINT64_C(1) << 63)
#define DEPTH_MAX     16

/* A part of the file, mapped. */
struct file_chunk {
    unsigned char *memory;
    size_t pages, page_bytes;
    unsigned char *resident; /* a byte a page */
};

/* The folder and those below it. */
static void file_pages_add_cgroups(struct file_pages *pages, int dir_fd, unsigned depth)
{
    struct stat status;
    if (depth == DEPTH_MAX || pages->n_cgroups == FILE_PAGES_CGROUPS_MAX ||
        fstat(dir_fd, &status) < 0)
        return;
    pages->cgroups[pages->n_cgroups++] = status.st_ino;
    int list_fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = list_fd >= 0 ? fdopendir(list_fd) : NULL;
    if (dir == NULL && list_fd >= 0)
        close(list_fd);
    const struct dirent *entry = NULL;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
            continue;
        CLEANUP(closep)
        int child = openat(dir_fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (child >= 0)
            file_pages_add_cgroups(pages, child, depth + 1);
    }
    if (dir != NULL)
        closedir(dir);
}

void file_pages_init(struct file_pages *pages, const char *cgroup_dir)
{
    *pages = (struct file_pages){
        .pagemap_fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC),
        .kpagecgroup_fd = open("/proc/kpagecgroup", O_RDONLY | O_CLOEXEC),
        .kpageflags_fd = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC),
    };
    CLEANUP(closep)
    int dir = cgroup_dir != NULL ? open(cgroup_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (dir >= 0)
        file_pages_add_cgroups(pages, dir, 0);
}

void file_pages_done(struct file_pages *pages)
{
    closep(&pages->pagemap_fd);
    closep(&pages->kpagecgroup_fd);
    closep(&pages->kpageflags_fd);
    *pages = (struct file_pages){.pagemap_fd = -1, .kpagecgroup_fd = -1, .kpageflags_fd = -1};
}

bool file_pages_tells_owner(const struct file_pages *pages)
{
    return pages->pagemap_fd >= 0 && pages->kpagecgroup_fd >= 0 && pages->n_cgroups > 0;
}

/* What one of the kernel's files says of this page of memory; 0: nothing. */
static uint64_t file_pages_entry(int fd, uint64_t pfn)
{
    uint64_t entry = 0;
    if (fd < 0 || pread(fd, &entry, sizeof(entry), (off_t)(pfn * ENTRY_BYTES)) != sizeof(entry))
        return 0;
    return entry;
}

static bool file_pages_is_ours(const struct file_pages *pages, uint64_t pfn)
{
    uint64_t cgroup = file_pages_entry(pages->kpagecgroup_fd, pfn);
    for (unsigned i = 0; i < pages->n_cgroups; i++)
        if (pages->cgroups[i] == cgroup)
            return true;
    return false;
}

/* Pages first… of the chunk, all of them resident: have them in our page table, without reading any
 * from the disk, and look whose each is. False: it cannot be seen. */
static bool file_pages_count_run(const struct file_pages *pages, const struct file_chunk *chunk,
                                 size_t first, size_t n, struct file_pages_count *ret)
{
    uint64_t entries[PAGES_AT_ONCE];
    unsigned char *start = chunk->memory + first * chunk->page_bytes;
    off_t at = (off_t)((uintptr_t)start / chunk->page_bytes * ENTRY_BYTES);
    /* Not by touching them: the file may be cut meanwhile, which would be SIGBUS. */
    if (madvise(start, n * chunk->page_bytes, MADV_POPULATE_READ) < 0 && errno == EINVAL)
        return false;
    ssize_t got = pread(pages->pagemap_fd, entries, n * ENTRY_BYTES, at);
    for (size_t i = 0; got > 0 && i < (size_t)got / ENTRY_BYTES; i++) {
        uint64_t pfn = entries[i] & PFN_MASK;
        if ((entries[i] & PRESENT) == 0)
            continue;
        if (pfn == 0) /* we may see that it is there, and not which it is */
            return false;
        if (pages->n_cgroups > 0 && pages->kpagecgroup_fd >= 0 && !file_pages_is_ours(pages, pfn))
            continue;
        if (!ret->is_shmem && pages->kpageflags_fd >= 0 && ret->bytes == 0)
            ret->is_shmem =
                (file_pages_entry(pages->kpageflags_fd, pfn) >> KPF_SWAPBACKED & 1) != 0;
        ret->bytes += chunk->page_bytes;
    }
    return true;
}

static void file_pages_count_chunk(const struct file_pages *pages, const struct file_chunk *chunk,
                                   struct file_pages_count *ret)
{
    bool tells = pages->pagemap_fd >= 0;
    for (size_t i = 0; i < chunk->pages;) {
        size_t n = 0;
        while (n < PAGES_AT_ONCE && i + n < chunk->pages && (chunk->resident[i + n] & 1) != 0)
            n++;
        if (n > 0)
            tells = tells && file_pages_count_run(pages, chunk, i, n, ret);
        if (!tells)
            ret->bytes += n * chunk->page_bytes;
        i += n > 0 ? n : 1;
    }
}

int file_pages_measure(const struct file_pages *pages, int fd, struct file_pages_count *ret,
                       struct error *err)
{
    struct stat status;
    *ret = (struct file_pages_count){.bytes = 0};
    if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))
        return 1;
    uint64_t size = (uint64_t)status.st_size;
    struct file_chunk chunk = {.page_bytes = (size_t)sysconf(_SC_PAGESIZE)};
    if (size > FILE_MAX_SIZE)
        return 1;
    chunk.resident = malloc((size_t)(CHUNK_BYTES / chunk.page_bytes));
    if (chunk.resident == NULL)
        return error_out_of_memory(err);
    int result = 0;
    for (uint64_t at = 0; at < size && result == 0; at += CHUNK_BYTES) {
        size_t length = (size_t)(size - at < CHUNK_BYTES ? size - at : CHUNK_BYTES);
        void *memory = mmap(NULL, length, PROT_READ, MAP_SHARED, fd, (off_t)at);
        if (memory == MAP_FAILED) {
            result = 1;
            break;
        }
        chunk.memory = memory;
        chunk.pages = (length + chunk.page_bytes - 1) / chunk.page_bytes;
        (void)madvise(memory, length, MADV_RANDOM); /* no reading ahead */
        if (mincore(memory, length, chunk.resident) == 0)
            file_pages_count_chunk(pages, &chunk, ret);
        else
            result = 1;
        munmap(memory, length);
    }
    free(chunk.resident);
    return result;
}
