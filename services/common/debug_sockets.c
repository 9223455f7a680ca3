#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/debug.h"
#include "common/process.h"
#include "common/tally.h"

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

/* One pass over the socket tables. */
struct scan {
    struct tally tally;
    const unsigned long *inodes; /* this process's, sorted */
    size_t inode_count;
    unsigned listening; /* our own port; the kernel lists listeners first. 0 until then */
};

static bool is_own(const struct scan *scan, unsigned long inode)
{
    return bsearch(&inode, scan->inodes, scan->inode_count, sizeof inode, compare_inodes) != NULL;
}

/* Inbound ones have a peer without its port: every client has another. */
static void add_tcp(struct scan *scan, const struct sockaddr_in6 *peer, unsigned local_port,
                    unsigned state)
{
    char label[TALLY_LABEL_MAX], address[INET6_ADDRSTRLEN] = "?";
    bool is_v4 = peer->sin6_family == AF_INET, inbound;

    if (strcmp(state_name(state), "LISTEN") == 0)
        scan->listening = local_port;
    inbound = local_port == scan->listening;
    inet_ntop(peer->sin6_family, is_v4 ? &peer->sin6_addr.s6_addr[12] : peer->sin6_addr.s6_addr,
              address, sizeof address);
    snprintf(label, sizeof label,
             "\"kind\":\"tcp\",\"state\":\"%s\",\"direction\":\"%s\",\"peer\":\"%s%s%s:%u\"",
             state_name(state), inbound ? "in" : "out", is_v4 ? "" : "[", address, is_v4 ? "" : "]",
             inbound ? 0 : peer->sin6_port);
    tally_add(&scan->tally, label);
}

/* A line is "sl local:port remote:port state tx:rx tr:when retrnsmt uid timeout inode", the
 * addresses in hexadecimal as they lie in memory, a word of 32 bits at a time. */
static void scan_tcp(struct scan *scan, const char *line)
{
    struct sockaddr_in6 peer = {.sin6_family = AF_INET};
    unsigned local_port, remote[4] = {0}, remote_port, state;
    unsigned long inode;

    if (sscanf(line, " %*u: %*8x:%x %8x:%x %x %*x:%*x %*x:%*x %*x %*u %*u %lu", &local_port,
               &remote[3], &remote_port, &state, &inode) != 5) {
        peer.sin6_family = AF_INET6;
        if (sscanf(line, " %*u: %*32[0-9A-F]:%x %8x%8x%8x%8x:%x %x %*x:%*x %*x:%*x %*x %*u %*u %lu",
                   &local_port, &remote[0], &remote[1], &remote[2], &remote[3], &remote_port,
                   &state, &inode) != 8)
            return;
    }
    if (!is_own(scan, inode))
        return;
    memcpy(peer.sin6_addr.s6_addr, remote, sizeof remote);
    peer.sin6_port = (in_port_t)remote_port; /* as a number, not as the network has it */
    add_tcp(scan, &peer, local_port, state);
}

/* A line is "address: refcount protocol flags type state inode path"; whom it is connected to is
 * not in it. */
static void scan_unix(struct scan *scan, const char *line)
{
    enum { ACCEPTS = 0x10000, CONNECTED = 3 };
    unsigned flags, state;
    unsigned long inode;
    char label[TALLY_LABEL_MAX];

    if (sscanf(line, "%*[^:]: %*x %*x %x %*x %x %lu", &flags, &state, &inode) != 3 ||
        !is_own(scan, inode))
        return;
    snprintf(label, sizeof label, "\"kind\":\"unix\",\"state\":\"%s\",\"peer\":\"-\"",
             flags & ACCEPTS      ? "LISTEN"
             : state == CONNECTED ? "CONNECTED"
                                  : "UNCONNECTED");
    tally_add(&scan->tally, label);
}

static void scan_table(struct scan *scan, const char *path,
                       void (*scan_line)(struct scan *scan, const char *line))
{
    FILE *file = fopen(path, "re");
    char line[512];

    while (file && fgets(line, sizeof line, file))
        scan_line(scan, line);
    if (file)
        fclose(file);
}

void debug_sockets(const struct request *request, struct response *response)
{
    struct scan scan = {0};
    unsigned long *inodes = own_inodes(&scan.inode_count);

    (void)request;
    if (!inodes) {
        response_fail(response, 500, "no memory for the list of sockets");
        return;
    }
    scan.inodes = inodes;
    scan_table(&scan, "/proc/self/net/tcp", scan_tcp);
    scan_table(&scan, "/proc/self/net/tcp6", scan_tcp);
    scan_table(&scan, "/proc/self/net/unix", scan_unix);
    free(inodes);
    tally_print(&scan.tally, "sockets", response);
}
