/* oom-restart: a leak so fast that the service is killed before anybody looks.
 *
 * The second post's pods: a saw-tooth in the graph, each tooth a pod that reached its limit and
 * was restarted. Kubernetes says OOMKilled, exit 137, and nothing else; a pod that is merely too
 * small for its load says the same. What tells them apart is whether memory grew with the work
 * before the kill.
 *
 *   default  keeps a thumbnail of 64 KiB for every request
 *   fixed    the mend: the last eight only */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/service.h"

enum { IMAGE_BYTES = 64 * 1024, KEPT = 8 };

struct image {
    struct image *next;
    char pixels[IMAGE_BYTES];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct image *images, *kept[KEPT];
static size_t count;
static bool mended;

static int init(const char *variant)
{
    mended = strcmp(variant, "fixed") == 0;
    return 0;
}

static void thumbnail(const struct request *request, struct response *response)
{
    struct image *image = malloc(sizeof *image); /* planted: default */

    (void)request;
    if (!image) {
        response_fail(response, 503, "out of memory");
        return;
    }
    memset(image->pixels, 'i', IMAGE_BYTES);
    pthread_mutex_lock(&lock);
    image->next = images;
    if (mended) {
        free(kept[count % KEPT]);
        kept[count % KEPT] = image;
    } else {
        images = image; /* the mistake: a cache without a bound */
    }
    response_printf(response, "{\"images\":%zu}\n", ++count);
    pthread_mutex_unlock(&lock);
}

static const struct service service = {
    .name = "oom-restart",
    .truths = {{"default", "leak", "heap", "/thumbnail", 65536, 70000, "thumbnail"},
               {"fixed", "clean", "none", "/thumbnail", 0, 0, NULL}},
    .routes = {{"GET", "/thumbnail", thumbnail}},
    .init = init,
};

int main(int argc, char **argv)
{
    return service_main(&service, argc, argv);
}
