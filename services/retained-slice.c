/* retained-slice: a small view that keeps its big buffer alive.
 *
 * The first post's list of suspects begins with it: `recent = log[len(log)-16:]`. The slice is 16
 * entries long, but it is a window into the array behind it, and while the window lives no entry
 * before it can go. The code looks bounded: it never keeps more than 16. A heap profile shows one
 * large block, allocated by the line that appends.
 *
 *   default  appends to the buffer and moves the view along
 *   fixed    the mend: copies what the view shows into a buffer of its own, and appends there */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/service.h"

enum { ENTRY_BYTES = 2048, VIEW_ENTRIES = 16, FIRST_ENTRIES = 128 };

struct entry {
    char text[ENTRY_BYTES];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct entry *buffer; /* all of it stays while the view points into it */
static size_t used, capacity;
static size_t view; /* the first of the entries that anybody ever reads */
static bool mended;

/* The mend: only what the view shows survives. */
static void copy_view(void)
{
    memmove(buffer, buffer + view, (used - view) * sizeof *buffer);
    used -= view;
    view = 0;
}

static int append(char letter)
{
    if (mended && used > 0 && used == capacity)
        copy_view();
    if (used == capacity) {
        size_t larger = capacity ? capacity * 2 : FIRST_ENTRIES;
        struct entry *moved = realloc(buffer, larger * sizeof *moved); /* planted: default */

        if (!moved)
            return -1;
        buffer = moved;
        capacity = larger;
    }
    memset(buffer[used++].text, letter, ENTRY_BYTES);
    view = used > VIEW_ENTRIES ? used - VIEW_ENTRIES : 0; /* the mistake: not a copy */
    return 0;
}

static int init(const char *variant)
{
    mended = strcmp(variant, "fixed") == 0;
    for (size_t i = 0; i < FIRST_ENTRIES; i++)
        if (append('0') < 0)
            return -1;
    return 0;
}

static void recent(const struct request *request, struct response *response)
{
    int failed;

    (void)request;
    pthread_mutex_lock(&lock);
    failed = append('r');
    response_printf(response, "{\"recent\":%zu}\n", used - view);
    pthread_mutex_unlock(&lock);
    if (failed)
        response_fail(response, 503, "out of memory");
}

static const struct service service = {
    .name = "retained-slice",
    .truths = {{"default", "leak", "heap", "/recent", 1900, 2300, "append"},
               {"fixed", "clean", "none", "/recent", 0, 0, NULL}},
    .routes = {{"GET", "/recent", recent}},
    .init = init,
};

int main(int argc, char **argv)
{
    return service_main(&service, argc, argv);
}
