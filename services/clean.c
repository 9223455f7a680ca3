/* clean: the control. It works and keeps nothing.
 *
 * The first two posts spent days on services that only looked leaky: a wavy collector, memory that
 * a runtime held back. A tool that cries leak at a busy, healthy service is of no use, so this one
 * is busy: each request takes blocks of many sizes, fills them, and gives them all back. Whatever
 * still rises here is noise of the measurement, or malloc's arenas filling up, which ends. */
#include <stdlib.h>
#include <string.h>

#include "common/service.h"

enum { BLOCKS = 24 };

static void work(const struct request *request, struct response *response)
{
    char *blocks[BLOCKS];
    size_t taken = 0, bytes = 0;

    (void)request;
    for (; taken < BLOCKS; taken++) {
        size_t size = 24 + taken * taken * 7; /* 24 to 3,727 bytes, 31 KiB in all */

        blocks[taken] = malloc(size);
        if (!blocks[taken])
            break;
        memset(blocks[taken], 'x', size);
        bytes += size;
    }
    response_printf(response, "{\"blocks\":%zu,\"bytes\":%zu}\n", taken, bytes);
    while (taken > 0)
        free(blocks[--taken]);
}

static const struct service service = {
    .name = "clean",
    .truths = {{"default", "clean", "none", "/work", 0, 0, NULL}},
    .routes = {{"GET", "/work", work}},
};

int main(int argc, char **argv)
{
    return service_main(&service, argc, argv);
}
