#include "memory/socket_table.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "memory/line_reader.h"

#define TCP_STATE_ESTABLISHED 0x01
#define TCP_STATE_TIME_WAIT   0x06
#define TCP_STATE_LISTEN      0x0a
#define UNIX_FLAG_LISTEN      0x10000 /* __SO_ACCEPTCON */

enum socket_sort { SOCKET_TCP, SOCKET_UDP, SOCKET_UNIX };

struct socket_address {
    unsigned char bytes[16];
    bool v6;
    uint16_t port;
};

struct socket_entry {
    uint64_t inode;
    enum socket_sort sort;
    unsigned state; /* TCP's, or SS_UNCONNECTED and so on for unix; LISTEN for both */
    struct socket_address local;
    struct socket_address remote;
    char *path; /* owned; unix sockets with a name in the file system, NULL otherwise */
};

struct socket_table {
    struct socket_entry *entries; /* owned, sorted by inode */
    size_t n_entries;
    size_t capacity;
    uint64_t time_wait;
    uint16_t service_port;
    unsigned char listening[65536 / 8]; /* bit per local TCP port */
    /* while reading */
    const char *file;
    enum socket_sort sort;
    unsigned line;
};

static const char *const tcp_state_names[] = {
    "?",     "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2",    "TIME_WAIT",
    "CLOSE", "CLOSE_WAIT",  "LAST_ACK", "LISTEN",   "CLOSING",   "NEW_SYN_RECV",
};

static const char *const unix_state_names[] = {"FREE", "UNCONNECTED", "CONNECTING", "CONNECTED",
                                               "DISCONNECTING"};

void socket_table_free(struct socket_table *table)
{
    if (table == NULL)
        return;
    for (size_t i = 0; i < table->n_entries; i++)
        free(table->entries[i].path);
    free(table->entries);
    free(table);
}

static void socket_table_freep(struct socket_table **table)
{
    socket_table_free(*table);
}

/* Split a line at blanks into at most `max` words; the last one keeps what follows it. */
static unsigned socket_table_split(char *line, char **words, unsigned max)
{
    unsigned n = 0;
    for (;;) {
        line += strspn(line, " ");
        if (*line == '\0')
            return n;
        words[n++] = line;
        if (n == max)
            return n;
        line += strcspn(line, " ");
        if (*line != '\0')
            *line++ = '\0';
    }
}

/* "0100007F:1F90": 32-bit groups as this machine stores them, and the port. */
static bool socket_table_address(const char *text, struct socket_address *ret)
{
    size_t length = strcspn(text, ":");
    if ((length != 8 && length != 32) || text[length] != ':')
        return false;
    for (size_t group = 0; group < length / 8; group++) {
        char digits[9];
        char *end = NULL;
        memcpy(digits, text + group * 8, 8);
        digits[8] = '\0';
        uint32_t value = (uint32_t)strtoul(digits, &end, 16);
        if (end != digits + 8)
            return false;
        memcpy(ret->bytes + group * 4, &value, 4);
    }
    ret->v6 = length == 32;
    ret->port = (uint16_t)strtoul(text + length + 1, NULL, 16);
    return true;
}

static int socket_table_add(struct socket_table *table, const struct socket_entry *entry,
                            struct error *err)
{
    if (table->n_entries == table->capacity) {
        size_t capacity = table->capacity > 0 ? table->capacity * 2 : 256;
        struct socket_entry *larger =
            reallocarray(table->entries, capacity, sizeof(*table->entries));
        if (larger == NULL)
            return error_out_of_memory(err);
        table->entries = larger;
        table->capacity = capacity;
    }
    table->entries[table->n_entries++] = *entry;
    return 0;
}

static int socket_table_malformed(const struct socket_table *table, struct error *err)
{
    return error_set(err, ERROR_INTERNAL, "%s:%u: not the form this kernel file is known to have",
                     table->file, table->line);
}

static bool socket_table_has_listener(const struct socket_table *table, uint16_t port)
{
    return (table->listening[port / 8] >> port % 8 & 1) != 0;
}

/* A socket in TIME_WAIT belongs to no process; its ports tell whose it was. The peer of the
 * service's port is the load generator. The end that somebody else listens on is that server's: a
 * dependency that closed first. (The kernel lists listeners before all others.) */
static bool socket_table_counts_time_wait(const struct socket_table *table,
                                          const struct socket_entry *entry)
{
    if (table->service_port == 0)
        return true;
    if (entry->remote.port == table->service_port)
        return false;
    return entry->local.port == table->service_port ||
           !socket_table_has_listener(table, entry->local.port);
}

/* sl local remote st tx:rx tr:when retransmits uid timeout inode … */
static int socket_table_inet_line(char *line, void *context, struct error *err)
{
    struct socket_table *table = context;
    if (table->line++ == 0)
        return 0;
    char *words[11];
    struct socket_entry entry = {.sort = table->sort};
    if (socket_table_split(line, words, 11) < 10 || !socket_table_address(words[1], &entry.local) ||
        !socket_table_address(words[2], &entry.remote))
        return socket_table_malformed(table, err);
    entry.state = (unsigned)strtoul(words[3], NULL, 16);
    entry.inode = strtoull(words[9], NULL, 10);

    if (entry.sort == SOCKET_TCP && entry.state == TCP_STATE_TIME_WAIT &&
        socket_table_counts_time_wait(table, &entry))
        table->time_wait++;
    if (entry.sort == SOCKET_TCP && entry.state == TCP_STATE_LISTEN)
        table->listening[entry.local.port / 8] |= (unsigned char)(1 << entry.local.port % 8);
    return entry.inode != 0 ? socket_table_add(table, &entry, err) : 0;
}

/* Num RefCount Protocol Flags Type St Inode [Path] */
static int socket_table_unix_line(char *line, void *context, struct error *err)
{
    struct socket_table *table = context;
    if (table->line++ == 0)
        return 0;
    char *words[8];
    unsigned n = socket_table_split(line, words, 8);
    if (n < 7)
        return socket_table_malformed(table, err);
    struct socket_entry entry = {.sort = SOCKET_UNIX};
    entry.state = (unsigned)strtoul(words[5], NULL, 16);
    if ((strtoul(words[3], NULL, 16) & UNIX_FLAG_LISTEN) != 0)
        entry.state = TCP_STATE_LISTEN;
    entry.inode = strtoull(words[6], NULL, 10);
    if (n == 8 && words[7][0] == '/') {
        entry.path = strdup(words[7]);
        if (entry.path == NULL)
            return error_out_of_memory(err);
    }
    int result = socket_table_add(table, &entry, err);
    if (result < 0)
        free(entry.path);
    return result;
}

static int socket_table_compare(const void *left, const void *right)
{
    const struct socket_entry *a = left;
    const struct socket_entry *b = right;
    return a->inode < b->inode ? -1 : a->inode > b->inode;
}

int socket_table_read(int process_fd, uint16_t service_port, struct socket_table **ret,
                      struct error *err)
{
    static const struct {
        const char *path;
        enum socket_sort sort;
    } sources[] = {
        {"net/tcp", SOCKET_TCP},  {"net/tcp6", SOCKET_TCP},  {"net/udp", SOCKET_UDP},
        {"net/udp6", SOCKET_UDP}, {"net/unix", SOCKET_UNIX},
    };

    CLEANUP(socket_table_freep) struct socket_table *table = calloc(1, sizeof(*table));
    if (table == NULL)
        return error_out_of_memory(err);
    table->service_port = service_port;

    for (size_t i = 0; i < ARRAY_LENGTH(sources); i++) {
        table->file = sources[i].path;
        table->sort = sources[i].sort;
        table->line = 0;
        int result = line_reader_each(process_fd, sources[i].path,
                                      sources[i].sort == SOCKET_UNIX ? socket_table_unix_line
                                                                     : socket_table_inet_line,
                                      table, err);
        if (result == 1 && i > 0) /* a kernel without IPv6 */
            continue;
        if (result != 0)
            return result;
    }
    if (table->n_entries > 0)
        qsort(table->entries, table->n_entries, sizeof(*table->entries), socket_table_compare);
    *ret = take_ptr(&table);
    return 0;
}

/* "127.0.0.1", "[::1]"; an IPv4 address in IPv6's clothes is written as what it is. */
static void socket_table_host(const struct socket_address *address, char *text, size_t size)
{
    static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    char host[INET6_ADDRSTRLEN] = "?";
    if (!address->v6)
        inet_ntop(AF_INET, address->bytes, host, sizeof(host));
    else if (memcmp(address->bytes, mapped, sizeof(mapped)) == 0)
        inet_ntop(AF_INET, address->bytes + 12, host, sizeof(host));
    else
        inet_ntop(AF_INET6, address->bytes, host, sizeof(host));
    bool brackets = strchr(host, ':') != NULL;
    snprintf(text, size, "%s%s%s", brackets ? "[" : "", host, brackets ? "]" : "");
}

static void socket_table_describe_tcp(const struct socket_table *table,
                                      const struct socket_entry *entry, char *text, size_t size)
{
    const char *state =
        entry->state < ARRAY_LENGTH(tcp_state_names) ? tcp_state_names[entry->state] : "?";
    bool listens = entry->state == TCP_STATE_LISTEN;
    const struct socket_address *shown = listens ? &entry->local : &entry->remote;
    char host[INET6_ADDRSTRLEN + 2];
    socket_table_host(shown, host, sizeof(host));

    bool to_us = socket_table_has_listener(table, entry->local.port);
    if (to_us && !listens)
        snprintf(text, size, "%s %s:* on :%u", state, host, entry->local.port);
    else
        snprintf(text, size, "%s %s:%u", state, host, shown->port);
}

static void socket_table_describe_udp(const struct socket_entry *entry, char *text, size_t size)
{
    char host[INET6_ADDRSTRLEN + 2];
    socket_table_host(&entry->remote, host, sizeof(host));
    if (entry->state == TCP_STATE_ESTABLISHED)
        snprintf(text, size, "UDP %s:%u", host, entry->remote.port);
    else
        snprintf(text, size, "UDP unconnected");
}

static void socket_table_describe_unix(const struct socket_entry *entry, char *text, size_t size)
{
    const char *state =
        entry->state < ARRAY_LENGTH(unix_state_names) ? unix_state_names[entry->state] : "?";
    if (entry->state == TCP_STATE_LISTEN)
        state = "LISTEN";
    snprintf(text, size, "unix %s%s%s", state, entry->path != NULL ? " " : "",
             entry->path != NULL ? entry->path : "");
}

static const struct socket_entry *socket_table_find(const struct socket_table *table,
                                                    uint64_t inode)
{
    struct socket_entry key = {.inode = inode};
    return table->n_entries == 0 ? NULL
                                 : bsearch(&key, table->entries, table->n_entries,
                                           sizeof(*table->entries), socket_table_compare);
}

bool socket_table_listener(const struct socket_table *table, uint64_t inode, char *host,
                           size_t size, uint16_t *ret_port)
{
    const struct socket_entry *entry = socket_table_find(table, inode);
    if (entry == NULL || entry->sort != SOCKET_TCP || entry->state != TCP_STATE_LISTEN)
        return false;
    *ret_port = entry->local.port;
    socket_table_host(&entry->local, host, size);
    return true;
}

bool socket_table_describe(const struct socket_table *table, uint64_t inode, char *text,
                           size_t size)
{
    const struct socket_entry *entry = socket_table_find(table, inode);
    if (entry == NULL)
        return false;
    if (entry->sort == SOCKET_TCP)
        socket_table_describe_tcp(table, entry, text, size);
    else if (entry->sort == SOCKET_UDP)
        socket_table_describe_udp(entry, text, size);
    else
        socket_table_describe_unix(entry, text, size);
    return true;
}

uint64_t socket_table_time_wait(const struct socket_table *table)
{
    return table->time_wait;
}
