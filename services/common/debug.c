#include "common/debug.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/process.h"

enum { GROUPS_MAX = 48 };

/* A count per label. What comes after the last free group is counted under "other". */
struct tally {
    size_t groups;
    long total, other;
    struct {
        char label[112];
        long count;
    } group[GROUPS_MAX];
};

static void tally_add(struct tally *tally, const char *label)
{
    size_t i = 0;

    tally->total++;
    while (i < tally->groups && strcmp(tally->group[i].label, label) != 0)
        i++;
    if (i == GROUPS_MAX) {
        tally->other++;
        return;
    }
    if (i == tally->groups) {
        snprintf(tally->group[i].label, sizeof tally->group[i].label, "%s", label);
        tally->groups++;
    }
    tally->group[i].count++;
}

/* Each label is the inside of a JSON object: the fields that make up the group. */
static void tally_print(const struct tally *tally, const char *what, struct response *response)
{
    response_printf(response, "{\"%s\":%ld,\"groups\":[", what, tally->total);
    for (size_t i = 0; i < tally->groups; i++)
        response_printf(response, "%s{\"count\":%ld,%s}", i ? "," : "", tally->group[i].count,
                        tally->group[i].label);
    response_printf(response, "],\"other\":%ld}\n", tally->other);
}

void debug_heap(const struct request *request, struct response *response)
{
    struct mallinfo2 info = mallinfo2();

    if (request_has(request, "full")) {
        size_t size;
        FILE *stream = open_memstream(&response->owned, &size);

        if (!stream) {
            response_fail(response, 500, "no memory for malloc_info");
            return;
        }
        malloc_info(0, stream);
        fclose(stream);
        response->used = size;
        response->type = "application/xml";
        return;
    }
    response_printf(response,
                    "{\"arena_bytes\":%zu,\"in_use_bytes\":%zu,\"free_bytes\":%zu,"
                    "\"mmapped_bytes\":%zu,\"mmapped_blocks\":%zu,\"top_free_bytes\":%zu,"
                    "\"rss_bytes\":%ld}\n",
                    info.arena, info.uordblks, info.fordblks, info.hblkhd, info.hblks,
                    info.keepcost, process_rss_bytes());
}

/* First word of a file of this thread, made safe for JSON; "?" when it cannot be read. */
static void read_word(const char *task, const char *file, char *word, size_t size)
{
    char path[320];

    snprintf(path, sizeof path, "/proc/self/task/%s/%s", task, file);
    if (process_read_file(path, word, size) <= 0)
        snprintf(word, size, "?");
    word[strcspn(word, "\n")] = '\0';
    for (char *c = word; *c; c++)
        if (*c == '"' || *c == '\\' || !isprint((unsigned char)*c))
            *c = '?';
}

void debug_threads(const struct request *request, struct response *response)
{
    struct tally tally = {0};
    DIR *dir = opendir("/proc/self/task");
    const struct dirent *entry;

    (void)request;
    while (dir && (entry = readdir(dir))) {
        char label[112], name[24], where[48];

        if (entry->d_name[0] == '.')
            continue;
        read_word(entry->d_name, "comm", name, sizeof name);
        read_word(entry->d_name, "wchan", where, sizeof where);
        snprintf(label, sizeof label, "\"name\":\"%s\",\"wchan\":\"%s\"", name, where);
        tally_add(&tally, label);
    }
    if (dir)
        closedir(dir);
    tally_print(&tally, "threads", response);
}

static int compare_inodes(const void *a, const void *b)
{
    const unsigned long *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* The socket inodes this process holds, sorted; the caller frees them. NULL when out of memory. */
static unsigned long *own_inodes(size_t *ret_count)
{
    size_t count = 0, room = (size_t)process_descriptors() + 64;
    unsigned long *inodes = calloc(room, sizeof *inodes);
    DIR *dir = opendir("/proc/self/fd");
    const struct dirent *entry;

    while (inodes && dir && count < room && (entry = readdir(dir))) {
        char link[64];
        ssize_t n = readlinkat(dirfd(dir), entry->d_name, link, sizeof link - 1);

        link[n > 0 ? n : 0] = '\0';
        if (sscanf(link, "socket:[%lu]", &inodes[count]) == 1)
            count++;
    }
    if (dir)
        closedir(dir);
    if (inodes)
        qsort(inodes, count, sizeof *inodes, compare_inodes);
    *ret_count = count;
    return inodes;
}

static const char *state_name(unsigned state)
{
    static const char *const names[] = {
        "?",         "ESTABLISHED", "SYN_SENT",   "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2",
        "TIME_WAIT", "CLOSE",       "CLOSE_WAIT", "LAST_ACK", "LISTEN",    "CLOSING",
    };

    return names[state < sizeof names / sizeof names[0] ? state : 0];
}

/* One pass over the socket table. */
struct scan {
    struct tally tally;
    const unsigned long *inodes; /* this process's, sorted */
    size_t inode_count;
    unsigned listening; /* our own port; the kernel lists listeners first. 0 until then */
};

/* A line is "sl local:port remote:port state tx:rx tr:when retrnsmt uid timeout inode", the
 * addresses in hexadecimal as they lie in memory. */
static void scan_line(struct scan *scan, const char *line)
{
    unsigned local_port, remote, remote_port, state;
    unsigned long inode;
    char label[112], address[INET_ADDRSTRLEN];
    bool inbound;

    if (sscanf(line, " %*u: %*x:%x %x:%x %x %*x:%*x %*x:%*x %*x %*u %*u %lu", &local_port, &remote,
               &remote_port, &state, &inode) != 5)
        return;
    if (!bsearch(&inode, scan->inodes, scan->inode_count, sizeof inode, compare_inodes))
        return;
    if (strcmp(state_name(state), "LISTEN") == 0)
        scan->listening = local_port;
    inbound = local_port == scan->listening;
    inet_ntop(AF_INET, &remote, address, sizeof address);
    snprintf(label, sizeof label, "\"state\":\"%s\",\"direction\":\"%s\",\"peer\":\"%s:%u\"",
             state_name(state), inbound ? "in" : "out", address, inbound ? 0 : remote_port);
    tally_add(&scan->tally, label);
}

void debug_sockets(const struct request *request, struct response *response)
{
    struct scan scan = {0};
    unsigned long *inodes = own_inodes(&scan.inode_count);
    FILE *file = fopen("/proc/self/net/tcp", "re");
    char line[256];

    (void)request;
    scan.inodes = inodes;
    while (inodes && file && fgets(line, sizeof line, file))
        scan_line(&scan, line);
    if (file)
        fclose(file);
    free(inodes);
    tally_print(&scan.tally, "sockets", response);
}
