/* transform: fetch much, transform all of it, append it to a list, then answer.
 *
 * The first post's GetByAPEX: no leak, everything is freed when the request ends, and yet the
 * service dies, because each request in flight holds a whole document and its transformed copy:
 * 2 x 336 rows x 4 KiB = 2.6 MiB. One at a time it needs 2.6 MiB, eight at a time 21 MiB.
 *
 *   default             the whole document, then the whole list, then the answer
 *   streaming, fixed    the post's mend: row by row through one buffer; the same answer
 *
 * Each connection has its own thread, so that n connections are n documents at once. The mmap
 * threshold is fixed: otherwise malloc raises it at the first free of a large block, and from then
 * on the arenas keep what the requests leave. Blocks start above it. ?rows=N makes the documents
 * larger or smaller. */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/service.h"

enum { ROW_BYTES = 4096, ROWS = 336, ROWS_MAX = 1 << 16, STEP_ROWS = 64 };
enum { MMAP_BYTES = 128 * 1024, SLOW_STORE_NS = 60 * 1000 * 1000 };

static bool streaming;

static int init(const char *variant)
{
    streaming = strcmp(variant, "default") != 0;
    mallopt(M_MMAP_THRESHOLD, MMAP_BYTES);
    return 0;
}

static void fetch_row(size_t number, char *row)
{
    memset(row, (int)('a' + number % 26), ROW_BYTES);
}

static unsigned long transform_row(const char *row, char *result)
{
    unsigned long sum = 0;

    for (size_t i = 0; i < ROW_BYTES; i++) {
        result[i] = (char)(row[i] ^ 0x20); /* a to A */
        sum += (unsigned char)result[i];
    }
    return sum;
}

/* The mistake: memory for all rows, twice, until the answer is out. */
static unsigned long transform_all(size_t rows)
{
    char *document = malloc(rows * ROW_BYTES), *list = NULL;
    unsigned long sum = 0;

    for (size_t i = 0; document && i < rows; i++)
        fetch_row(i, document + i * ROW_BYTES);
    for (size_t i = 0; document && i < rows; i++) {
        if (i % STEP_ROWS == 0) {
            char *longer = realloc(list, (i + STEP_ROWS) * ROW_BYTES);

            if (!longer)
                break;
            list = longer;
        }
        sum += transform_row(document + i * ROW_BYTES, list + i * ROW_BYTES);
    }
    nanosleep(&(struct timespec){.tv_nsec = SLOW_STORE_NS}, NULL); /* it takes the list its time */
    free(list);
    free(document);
    return sum;
}

/* The mend: memory for one row. */
static unsigned long transform_each(size_t rows)
{
    char row[ROW_BYTES], result[ROW_BYTES];
    unsigned long sum = 0;

    for (size_t i = 0; i < rows; i++) {
        fetch_row(i, row);
        sum += transform_row(row, result);
    }
    nanosleep(&(struct timespec){.tv_nsec = SLOW_STORE_NS}, NULL);
    return sum;
}

static void transform(const struct request *request, struct response *response)
{
    long asked = request_number(request, "rows", ROWS);
    size_t rows = asked > 0 && asked <= ROWS_MAX ? (size_t)asked : ROWS;

    response_printf(response, "{\"rows\":%zu,\"sum\":%lu}\n", rows,
                    streaming ? transform_each(rows) : transform_all(rows));
}

static const struct service service = {
    .name = "transform",
    .truths = {{"default", "pressure", "transient", "/transform", 0, 0, NULL},
               {"streaming", "clean", "none", "/transform", 0, 0, NULL},
               {"fixed", "clean", "none", "/transform", 0, 0, NULL}},
    .routes = {{"GET", "/transform", transform}},
    .thread_per_connection = true,
    .init = init,
};

int main(int argc, char **argv)
{
    return service_main(&service, argc, argv);
}
