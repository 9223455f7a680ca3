/* lost_pointer: the classic leak, for `make bench BENCH=peers`.
 *
 * What leak checkers were made for: malloc, use, and the only pointer goes out of scope. The
 * samples in services/ have none of that kind, for what their posts tell of is memory that
 * somebody still holds. Here it is, so that the checkers are shown at what they are good at.
 *
 *   default  a record of 1 KiB a request, its pointer lost at the end of the handler
 *   fixed    the mend: freed */
#include <stdlib.h>
#include <string.h>

#include "common/service.h"

enum { RECORD_BYTES = 1024 };

static bool mended;

static int init(const char *variant)
{
    mended = strcmp(variant, "fixed") == 0;
    return 0;
}

static void work(const struct request *request, struct response *response)
{
    char *record = malloc(RECORD_BYTES);
    volatile char *text = record; /* or the compiler sees that it can do without */
    unsigned long sum = 0;

    (void)request;
    if (!record) {
        response_fail(response, 503, "out of memory");
        return;
    }
    for (size_t i = 0; i < RECORD_BYTES; i++)
        text[i] = (char)('a' + i % 26);
    for (size_t i = 0; i < RECORD_BYTES; i++)
        sum += (unsigned char)text[i];
    response_printf(response, "{\"sum\":%lu}\n", sum);
    if (mended)
        free(record); /* the mistake is that this is missing */
}

static const struct service service = {
    .name = "lost_pointer",
    .truths = {{"default", "leak", "heap", "/work", 1024, 1200},
               {"fixed", "clean", "none", "/work", 0, 0}},
    .routes = {{"GET", "/work", work}},
    .init = init,
};

int main(int argc, char **argv)
{
    return service_main(&service, argc, argv);
}
