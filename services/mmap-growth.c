/* mmap-growth: memory taken from the kernel itself, and never given back.
 *
 * A buffer with a guard page before it, as stacks, JITs and secure allocators make them. It does
 * not come from malloc, so LeakSanitizer, valgrind and heaptrack see nothing. The guard keeps the
 * kernel from merging neighbours: there are two mappings more for each request, and at 65,530 of
 * them (vm.max_map_count) mmap fails, mostly before memory is short.
 *
 *   default  forgets the mapping
 *   fixed    the mend: munmap */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/service.h"

enum { BUFFER_BYTES = 8192, GUARD_BYTES = 4096 };

static bool mended;

static int init(const char *variant)
{
    mended = strcmp(variant, "fixed") == 0;
    return 0;
}

static void work(const struct request *request, struct response *response)
{
    size_t bytes = GUARD_BYTES + BUFFER_BYTES;
    int access = PROT_READ | PROT_WRITE, flags = MAP_PRIVATE | MAP_ANONYMOUS;
    char *guarded = mmap(NULL, bytes, access, flags, -1, 0); /* planted: default */

    (void)request;
    if (guarded == MAP_FAILED || mprotect(guarded, GUARD_BYTES, PROT_NONE) < 0) {
        response_fail(response, 503, "no more mappings");
        return;
    }
    memset(guarded + GUARD_BYTES, 'm', BUFFER_BYTES);
    response_printf(response, "{\"bytes\":%d}\n", BUFFER_BYTES);
    if (mended)
        munmap(guarded, bytes); /* the mistake is that this is missing */
}

/* The bounds: two pages, and two vm_area_structs of 200 bytes with their places in the tree. */
static const struct service service = {
    .name = "mmap-growth",
    .truths = {{"default", "leak", "mappings", "/work", 8192, 9500, "work"},
               {"fixed", "clean", "none", "/work", 0, 0, NULL}},
    .routes = {{"GET", "/work", work}},
    .init = init,
};

int main(int argc, char **argv)
{
    return service_main(&service, argc, argv);
}
