#include "common/process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

ssize_t process_read_file(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t used = 0;

    if (fd < 0)
        return -1;
    while (used < size - 1) {
        ssize_t n = read(fd, text + used, size - 1 - used);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        used += (size_t)n;
    }
    close(fd);
    text[used] = '\0';
    return (ssize_t)used;
}

/* The number behind `key` at the start of a line ("Threads:\t5"), or -1. */
static long number_after(const char *path, const char *key)
{
    char text[4096];
    const char *line = text;
    size_t length = strlen(key);

    if (process_read_file(path, text, sizeof text) < 0)
        return -1;
    while (line && strncmp(line, key, length) != 0) {
        line = strchr(line, '\n');
        if (line)
            line++;
    }
    return line ? strtol(line + length, NULL, 10) : -1;
}

long process_threads(void)
{
    return number_after("/proc/self/status", "Threads:");
}

long process_rss_bytes(void)
{
    long kib = number_after("/proc/self/smaps_rollup", "Rss:");

    return kib < 0 ? -1 : kib * 1024;
}

long process_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    long count = -1; /* the directory's own */
    const struct dirent *entry;

    if (!dir)
        return -1;
    while ((entry = readdir(dir)))
        if (entry->d_name[0] != '.')
            count++;
    closedir(dir);
    return count;
}

void process_raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int process_parse_port(const char *text, uint16_t *ret)
{
    char *end;
    unsigned long port;

    if (text[0] < '0' || text[0] > '9')
        return -1;
    port = strtoul(text, &end, 10);
    if (*end != '\0' || port > UINT16_MAX)
        return -1;
    *ret = (uint16_t)port;
    return 0;
}
