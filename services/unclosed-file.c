/* unclosed-file: a file that is opened for each request and never closed.
 *
 * The second post opens a file in its handler and forgets `defer f.Close()`. What stays is small:
 * the stream and its buffer in the heap, and in the kernel a struct file for the descriptor. The
 * file's own pages are shared and belong to nobody. Long before memory is short `ulimit -n` is.
 *
 *   default  reads the first line, forgets the stream
 *   fixed    the mend: closes it */
#include <stdio.h>
#include <string.h>

#include "common/service.h"

#define SETTINGS_FILE "/etc/passwd" /* there is one everywhere, and everybody may read it */

static bool mended;

static int init(const char *variant)
{
    mended = strcmp(variant, "fixed") == 0;
    return 0;
}

static void settings(const struct request *request, struct response *response)
{
    FILE *file = fopen(SETTINGS_FILE, "re"); /* planted: default */
    char line[256];
    bool found = file && fgets(line, sizeof line, file);

    (void)request;
    if (found)
        response_printf(response, "{\"bytes\":%zu}\n", strlen(line));
    else
        response_fail(response, 503, "cannot read the settings");
    if (file && mended)
        fclose(file); /* the mistake is that this is missing */
}

/* The bounds: a stream of 472 bytes and its buffer of 4 KiB; a struct file of 256 bytes, twice
 * where the file system is an overlay, and what the file system keeps for it. */
static const struct service service = {
    .name = "unclosed-file",
    .truths = {{"default", "leak", "files", "/settings", 4500, 7000, "settings"},
               {"fixed", "clean", "none", "/settings", 0, 0, NULL}},
    .routes = {{"GET", "/settings", settings}},
    .init = init,
};

int main(int argc, char **argv)
{
    return service_main(&service, argc, argv);
}
