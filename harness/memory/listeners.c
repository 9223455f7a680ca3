#include "memory/listeners.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "memory/descriptors.h"
#include "memory/socket_table.h"

struct listeners_search {
    const struct socket_table *table;
    struct listeners *found;
};

static void socket_table_freep(struct socket_table **table)
{
    socket_table_free(*table);
}

static bool listeners_is_wildcard(const char *host)
{
    return strcmp(host, "0.0.0.0") == 0 || strcmp(host, "[::]") == 0;
}

/* IPv4 before IPv6, all addresses before one. */
static unsigned listeners_rank(const char *host)
{
    return (strchr(host, ':') == NULL ? 2U : 0U) + (listeners_is_wildcard(host) ? 1U : 0U);
}

static int listeners_descriptor(const struct descriptor *descriptor, void *context,
                                struct error *err)
{
    (void)err;
    const struct listeners_search *search = context;
    struct listeners *found = search->found;
    struct listener listener;
    if (descriptor->kind != DESCRIPTOR_SOCKET ||
        !socket_table_listener(search->table, descriptor->inode, listener.host,
                               sizeof(listener.host), &listener.port))
        return 0;
    for (unsigned i = 0; i < found->n; i++) {
        if (found->items[i].port != listener.port)
            continue;
        if (listeners_rank(listener.host) > listeners_rank(found->items[i].host))
            found->items[i] = listener;
        return 0;
    }
    if (found->n < LISTENERS_MAX)
        found->items[found->n++] = listener;
    return 0;
}

static int listeners_compare(const void *left, const void *right)
{
    const struct listener *a = left;
    const struct listener *b = right;
    return (a->port > b->port) - (a->port < b->port);
}

/* The folder of a process and its network namespace; -1: gone, or not to be read. */
static int listeners_open(int proc_dir_fd, pid_t pid, char *link, size_t size)
{
    char name[16];
    snprintf(name, sizeof(name), "%d", pid);
    CLEANUP(closep) int fd = openat(proc_dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t length = readlinkat(fd, "ns/net", link, size - 1);
    link[length > 0 ? length : 0] = '\0';
    return length > 0 ? take_fd(&fd) : -1;
}

int listeners_find(const struct process_id *processes, size_t n, int proc_dir_fd,
                   struct listeners *ret, struct error *err)
{
    CLEANUP(socket_table_freep) struct socket_table *table = NULL;
    struct listeners found = {.n = 0};
    struct listeners_search search = {.found = &found};
    char first[64] = "";
    for (size_t i = 0; i < n; i++) {
        char link[64];
        CLEANUP(closep)
        int process_fd = listeners_open(proc_dir_fd, processes[i].pid, link, sizeof(link));
        if (process_fd < 0 || (table != NULL && strcmp(link, first) != 0))
            continue;
        if (table == NULL) {
            int status = socket_table_read(process_fd, 0, &table, err);
            if (status < 0)
                return -1;
            if (status > 0)
                continue;
            snprintf(first, sizeof(first), "%s", link);
            search.table = table;
        }
        if (descriptors_each(process_fd, listeners_descriptor, &search, err) < 0)
            return -1;
    }
    qsort(found.items, found.n, sizeof(found.items[0]), listeners_compare);
    *ret = found;
    return 0;
}
