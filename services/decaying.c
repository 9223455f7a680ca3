/* decaying: it grows for ever, and ever more slowly. No leak for any use of the word.
 *
 * A dictionary of what has been seen (users, words, paths): new ones become rare, but they never
 * quite stop. Log n of them after n requests: the next MiB always takes six
 * times as many requests as the last one did.
 *
 *   default  one entry of 128 KiB more whenever the number of requests has grown by a quarter:
 *            a logarithm
 *   root     one of 48 KiB at every square number of requests: a square root, which fades more
 *            slowly; 1,000 entries, and that is all there are */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/service.h"

enum { ENTRY_BYTES = 128 * 1024, ROOT_BYTES = 48 * 1024, ENTRIES_MAX = 1000 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *entries[ENTRIES_MAX];
static size_t count, requests, next = 1;
static bool root;

static int init(const char *variant)
{
    root = strcmp(variant, "root") == 0;
    return 0;
}

static int add(void)
{
    size_t size = root ? ROOT_BYTES : ENTRY_BYTES;

    if (count == ENTRIES_MAX)
        return 0;
    entries[count] = malloc(size);
    if (!entries[count])
        return -1;
    memset(entries[count++], 'd', size);
    return 0;
}

static void work(const struct request *request, struct response *response)
{
    int failed = 0;

    (void)request;
    pthread_mutex_lock(&lock);
    if (++requests >= next) {
        failed = add();
        next = root ? (count + 1) * (count + 1) : requests + requests / 4 + 1;
    }
    response_printf(response, "{\"entries\":%zu,\"last\":\"%.1s\"}\n", count,
                    count ? entries[count - 1] : "");
    pthread_mutex_unlock(&lock);
    if (failed)
        response_fail(response, 503, "out of memory");
}

static const struct service service = {
    .name = "decaying",
    .truths = {{"default", "clean", "none", "/work", 0, 0, NULL},
               {"root", "clean", "none", "/work", 0, 0, NULL}},
    .routes = {{"GET", "/work", work}},
    .init = init,
};

int main(int argc, char **argv)
{
    return service_main(&service, argc, argv);
}
