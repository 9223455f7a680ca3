/* error-leak: it leaks only when it answers an error.
 *
 * The clean-up is there, at the end of the handler; the early return for "not found" walks past
 * it. Tests ask for what exists. In production every crawler asks for what does not, and memory
 * grows with the 404s and not with the traffic.
 *
 *   default  /item?id=0 is answered 404, and its buffer is lost
 *   fixed    the mend: one way out */
#include <stdlib.h>
#include <string.h>

#include "common/service.h"

enum { QUERY_BYTES = 2000 };

static bool mended;

static int init(const char *variant)
{
    mended = strcmp(variant, "fixed") == 0;
    return 0;
}

static void item(const struct request *request, struct response *response)
{
    char *query = malloc(QUERY_BYTES); /* planted: default */

    if (!query) {
        response_fail(response, 503, "out of memory");
        return;
    }
    memset(query, 'q', QUERY_BYTES);
    if (request_number(request, "id", 0) == 0) {
        response_fail(response, 404, "no such item");
        if (!mended)
            return; /* the mistake: past the free() below */
    } else {
        response_printf(response, "{\"item\":%zu}\n", strnlen(query, QUERY_BYTES));
    }
    free(query);
}

/* The bounds: of a request that is answered 404; the scenario asks for one in three. */
static const struct service service = {
    .name = "error-leak",
    .truths = {{"default", "leak", "heap", "/item?id=0", 2000, 2200, "item"},
               {"fixed", "clean", "none", "/item?id=0", 0, 0, NULL}},
    .routes = {{"GET", "/item", item}},
    .init = init,
};

int main(int argc, char **argv)
{
    return service_main(&service, argc, argv);
}
