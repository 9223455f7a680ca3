/* log-file: a service that writes its log. The file grows, the memory does not. No leak.
 *
 * On a disk the log's pages are page cache: counted, written back, dropped when room is needed.
 * On a tmpfs (/dev/shm, a container's emptyDir with medium Memory, an overlay in memory) they are
 * memory that nobody can take back, and then the same program truly leaks: shmem, one line per
 * request. So where the file is decides.
 *
 *   default    in the folder that LEAKCAGE_DATA names, the current one when it is not set
 *   tmpfs      in /dev/shm; the file is gone when the service ends */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/service.h"

enum { LINE_BYTES = 1024 };

static int fd;

static int init(const char *variant)
{
    bool in_memory = strcmp(variant, "tmpfs") == 0;
    const char *folder = in_memory ? "/dev/shm" : getenv("LEAKCAGE_DATA");
    char path[4096];

    snprintf(path, sizeof path, "%s/log-file.%d.log", folder ? folder : ".", (int)getpid());
    fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600); /* planted: tmpfs */
    if (fd < 0) {
        perror(path);
        return -1;
    }
    if (in_memory)
        unlink(path);
    return 0;
}

static void work(const struct request *request, struct response *response)
{
    char line[LINE_BYTES];

    memset(line, '.', sizeof line);
    memcpy(line, request->path, strlen(request->path));
    line[LINE_BYTES - 1] = '\n';
    if (write(fd, line, sizeof line) == (ssize_t)sizeof line)
        response_printf(response, "{\"logged\":%d}\n", LINE_BYTES);
    else
        response_fail(response, 503, "cannot write the log");
}

static const struct service service = {
    .name = "log-file",
    .truths = {{"default", "clean", "none", "/work", 0, 0, NULL},
               {"tmpfs", "leak", "shmem", "/work", 1024, 1200, "init"}},
    .routes = {{"GET", "/work", work}},
    .init = init,
};

int main(int argc, char **argv)
{
    return service_main(&service, argc, argv);
}
