/* thp-steps: memory that moves two megabytes at a time. No leak.
 *
 * With transparent huge pages the kernel answers the first touch of a 2 MiB range with all of it.
 * A heap that walks through its address space, as every allocator does that reuses late, then moves
 * in steps of 2 MiB, though it never holds more than 64 buffers of 12 KiB. The scenario leaves
 * huge pages as the system has them; leakcage otherwise switches them off in the service. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "common/service.h"

enum { BUFFER_BYTES = 12 * 1024, BUFFERS = 4096, HELD = 64 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *area;
static size_t count;

static int init(const char *variant)
{
    (void)variant;
    area = mmap(NULL, (size_t)BUFFERS * BUFFER_BYTES, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (area == MAP_FAILED) {
        perror("thp-steps: mmap");
        return -1;
    }
    return 0;
}

static char *buffer(size_t number)
{
    return area + number % BUFFERS * BUFFER_BYTES;
}

static void work(const struct request *request, struct response *response)
{
    (void)request;
    pthread_mutex_lock(&lock);
    memset(buffer(count), 't', BUFFER_BYTES);
    if (count >= HELD)
        madvise(buffer(count - HELD), BUFFER_BYTES, MADV_DONTNEED);
    response_printf(response, "{\"buffers\":%zu}\n", ++count);
    pthread_mutex_unlock(&lock);
}

static const struct service service = {
    .name = "thp-steps",
    .truths = {{"default", "clean", "none", "/work", 0, 0, NULL},
               {"small", "clean", "none", "/work", 0, 0, NULL}}, /* the same, without huge pages */
    .routes = {{"GET", "/work", work}},
    .init = init,
};

int main(int argc, char **argv)
{
    return service_main(&service, argc, argv);
}
