/* page-cache: a service that reads large files. The kernel keeps their pages, and counts them.
 *
 * memory.current and docker stats show what the service has read as memory it "uses": it rises to
 * the limit and stays there, limits are hit a hundred times, and nothing is wrong. The kernel drops
 * these pages as soon as it needs room. The first post: know which number you look at.
 *
 *   default    reads 12 MiB of files (PAGE_CACHE_FOLDER names the folder; programs otherwise)
 *   forgetful, fixed    tells the kernel that it will not read them again */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/service.h"

enum { FILES_MAX = 256, FILE_MIN_BYTES = 128 * 1024, DATA_BYTES = 12 * 1024 * 1024, FOLDERS = 16 };

static char *files[FILES_MAX];
static size_t n_files, data_bytes;
static bool forgets;

static int add_file(const char *path, const struct stat *stat, int type, struct FTW *place)
{
    (void)place;
    if (type != FTW_F || !S_ISREG(stat->st_mode) || stat->st_size < FILE_MIN_BYTES ||
        stat->st_size > DATA_BYTES / 4 || access(path, R_OK) < 0)
        return 0;
    files[n_files] = strdup(path);
    if (!files[n_files])
        return -1;
    n_files++;
    data_bytes += (size_t)stat->st_size;
    return data_bytes >= DATA_BYTES || n_files == FILES_MAX; /* 1: enough */
}

static int init(const char *variant)
{
    const char *folder = getenv("PAGE_CACHE_FOLDER");

    forgets = strcmp(variant, "default") != 0;
    if (nftw(folder ? folder : "/usr/bin", add_file, FOLDERS, FTW_PHYS) < 0 || n_files == 0) {
        fprintf(stderr, "page-cache: no files to read; PAGE_CACHE_FOLDER names a folder of them\n");
        return -1;
    }
    return 0;
}

static void read_all(const struct request *request, struct response *response)
{
    size_t bytes = 0;
    char buffer[16 * 1024];

    (void)request;
    for (size_t i = 0; i < n_files; i++) {
        int fd = open(files[i], O_RDONLY | O_CLOEXEC);
        ssize_t n;

        while (fd >= 0 && (n = read(fd, buffer, sizeof buffer)) > 0)
            bytes += (size_t)n;
        if (fd >= 0 && forgets)
            posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
        if (fd >= 0)
            close(fd);
    }
    response_printf(response, "{\"files\":%zu,\"bytes\":%zu}\n", n_files, bytes);
}

static const struct service service = {
    .name = "page-cache",
    .truths = {{"default", "lazy-release", "page-cache", "/read", 0, 0, NULL},
               {"forgetful", "clean", "none", "/read", 0, 0, NULL},
               {"fixed", "clean", "none", "/read", 0, 0, NULL}},
    .routes = {{"GET", "/read", read_all}},
    .init = init,
};

int main(int argc, char **argv)
{
    return service_main(&service, argc, argv);
}
