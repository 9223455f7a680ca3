/* shmem-growth: shared memory that is never unmapped.
 *
 * A frame of pixels, a message to another process: a memfd or a /dev/shm file is made, mapped,
 * filled, and forgotten. malloc has never heard of it, so no heap tool sees it; RSS counts it as
 * RssShmem, and the cgroup as shmem, which without swap nobody can take back.
 *
 *   default  the descriptor is closed, the mapping stays
 *   open     the mapping goes, the descriptor stays: then the memory is in no process's RSS
 *   fixed    the mend: both go */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/service.h"

enum { FRAME_BYTES = 8192 };

static bool keeps_mapping, keeps_open;

static int init(const char *variant)
{
    keeps_mapping = strcmp(variant, "default") == 0;
    keeps_open = strcmp(variant, "open") == 0;
    return 0;
}

static void frame(const struct request *request, struct response *response)
{
    int fd = memfd_create("frame", MFD_CLOEXEC); /* planted: open */
    int access = PROT_READ | PROT_WRITE;
    void *pixels = MAP_FAILED;

    (void)request;
    if (fd >= 0 && ftruncate(fd, FRAME_BYTES) == 0)
        pixels = mmap(NULL, FRAME_BYTES, access, MAP_SHARED, fd, 0); /* planted: default */
    if (pixels == MAP_FAILED) {
        response_fail(response, 503, "no shared memory");
    } else {
        memset(pixels, 'p', FRAME_BYTES);
        response_printf(response, "{\"bytes\":%d}\n", FRAME_BYTES);
        if (!keeps_mapping)
            munmap(pixels, FRAME_BYTES);
    }
    if (fd >= 0 && !keeps_open)
        close(fd);
}

/* The bounds: the pages, and an inode of 0.7 KiB with its dentry and file. */
static const struct service service = {
    .name = "shmem-growth",
    .truths = {{"default", "leak", "shmem", "/frame", 8192, 10500, "frame"},
               {"open", "leak", "shmem", "/frame", 8192, 10500, "frame"},
               {"fixed", "clean", "none", "/frame", 0, 0, NULL}},
    .routes = {{"GET", "/frame", frame}},
    .init = init,
};

int main(int argc, char **argv)
{
    return service_main(&service, argc, argv);
}
