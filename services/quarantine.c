/* quarantine: freed blocks wait in a queue before they may be used again. No leak.
 *
 * What AddressSanitizer does to catch uses after free: a freed block goes to the end of a queue,
 * and only when the queue holds more than its bound (256 MiB there, 16 MiB here) the oldest ones
 * are really freed. Until then memory rises with every request, in a straight line: a test build
 * looks like a leak that the plain build does not have. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/service.h"

enum { BLOCKS = 24, QUARANTINE_BYTES = 16 * 1024 * 1024 };

struct freed {
    struct freed *next;
    size_t size;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct freed *oldest, **end = &oldest;
static size_t held_bytes;

static void quarantine(void *block, size_t size)
{
    struct freed *freed = block;

    freed->next = NULL;
    freed->size = size;
    pthread_mutex_lock(&lock);
    *end = freed;
    end = &freed->next;
    held_bytes += size;
    while (held_bytes > QUARANTINE_BYTES) { /* what keeps this from being a leak */
        struct freed *released = oldest;

        oldest = released->next;
        held_bytes -= released->size;
        free(released);
    }
    pthread_mutex_unlock(&lock);
}

static void work(const struct request *request, struct response *response)
{
    size_t bytes = 0;

    (void)request;
    for (size_t i = 0; i < BLOCKS; i++) {
        size_t size = 24 + i * i * 7; /* 24 to 3,727 bytes, 31 KiB in all */
        char *block = malloc(size);

        if (!block)
            break;
        memset(block, 'q', size);
        bytes += size;
        quarantine(block, size);
    }
    response_printf(response, "{\"bytes\":%zu}\n", bytes);
}

static const struct service service = {
    .name = "quarantine",
    .truths = {{"default", "clean", "none", "/work", 0, 0, NULL}},
    .routes = {{"GET", "/work", work}},
};

int main(int argc, char **argv)
{
    return service_main(&service, argc, argv);
}
