/* arena-creep: malloc keeps what was freed, in an arena for each thread. No leak.
 *
 * Each request takes 7.5 to 8 MiB, fills them, frees them. The first free of such a block teaches
 * glibc to serve the next ones from its arenas instead of mmap (the threshold is dynamic), and from
 * then on every thread's arena keeps the largest it had: 33 MiB resident, none of it in use, and
 * the floor creeps on for a while. The first and the fifth post fought the same in Go: memory that
 * is free and stays. malloc_trim does not help: it leaves the top of every arena but the main one
 * alone. mallinfo2 tells: arena 33 MiB, in use nothing.
 *
 *   default  glibc as it is
 *   fixed    the mend: a fixed threshold (M_MMAP_THRESHOLD), so that large blocks go back at once
 */
#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "common/service.h"

enum { BLOCK_BYTES = 8 * 1024 * 1024, VARIES_BYTES = 512 * 1024, MMAP_BYTES = 128 * 1024 };

static int init(const char *variant)
{
    if (strcmp(variant, "fixed") == 0)
        mallopt(M_MMAP_THRESHOLD, MMAP_BYTES);
    return 0;
}

static void work(const struct request *request, struct response *response)
{
    static atomic_uint requests;
    unsigned scattered = atomic_fetch_add(&requests, 1) * 2654435761U;
    size_t size = BLOCK_BYTES - scattered % VARIES_BYTES;
    char *block = malloc(size);

    (void)request;
    if (!block) {
        response_fail(response, 503, "out of memory");
        return;
    }
    explicit_bzero(block, size); /* a memset before a free is no work to a compiler */
    response_printf(response, "{\"bytes\":%zu}\n", size);
    free(block);
}

static const struct service service = {
    .name = "arena-creep",
    .truths = {{"default", "lazy-release", "allocator", "/work", 0, 0, NULL},
               {"fixed", "clean", "none", "/work", 0, 0, NULL}},
    .routes = {{"GET", "/work", work}},
    .init = init,
};

int main(int argc, char **argv)
{
    return service_main(&service, argc, argv);
}
