#include "instrument/descriptor_labels.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

#define NAMESPACES_MAX 8
#define SOCKET_TEXT    256
/* As mkstemp() makes them. */
#define MADE_UP_LENGTH 6

struct labels_namespace {
    char link[64];
    struct socket_table *sockets; /* owned; NULL: may not be read */
};

struct descriptor_labels {
    struct labels_namespace namespaces[NAMESPACES_MAX];
    unsigned n;
};

int descriptor_labels_new(struct descriptor_labels **ret, struct error *err)
{
    struct descriptor_labels *labels = calloc(1, sizeof(*labels));
    if (labels == NULL)
        return error_out_of_memory(err);
    *ret = labels;
    return 0;
}

void descriptor_labels_free(struct descriptor_labels *labels)
{
    if (labels == NULL)
        return;
    for (unsigned i = 0; i < labels->n; i++)
        socket_table_free(labels->namespaces[i].sockets);
    free(labels);
}

void descriptor_labels_freep(struct descriptor_labels **labels)
{
    descriptor_labels_free(*labels);
}

const struct socket_table *descriptor_labels_sockets(struct descriptor_labels *labels,
                                                     int process_fd)
{
    char link[sizeof(labels->namespaces[0].link)];
    ssize_t length = readlinkat(process_fd, "ns/net", link, sizeof(link) - 1);
    if (length < 0)
        return NULL;
    link[length] = '\0';
    for (unsigned i = 0; i < labels->n; i++)
        if (strcmp(labels->namespaces[i].link, link) == 0)
            return labels->namespaces[i].sockets;
    if (labels->n == NAMESPACES_MAX)
        return NULL;
    struct labels_namespace *found = &labels->namespaces[labels->n++];
    struct error ignored = {.kind = ERROR_NONE};
    memcpy(found->link, link, sizeof(link));
    if (socket_table_read(process_fd, 0, &found->sockets, &ignored) != 0)
        found->sockets = NULL;
    return found->sockets;
}

static int character_class(char c)
{
    if (isdigit((unsigned char)c))
        return 0;
    return isupper((unsigned char)c) ? 1 : 2;
}

/* Does a run of letters and digits look as if nobody had chosen it? */
static bool word_is_made_up(const char *word, size_t length)
{
    unsigned changes = 0;
    bool has_digit = false;
    bool is_hexadecimal = true;
    for (size_t i = 0; i < length; i++) {
        has_digit |= isdigit((unsigned char)word[i]) != 0;
        is_hexadecimal &= isxdigit((unsigned char)word[i]) != 0;
        changes += i > 0 && character_class(word[i]) != character_class(word[i - 1]);
    }
    if (length < MADE_UP_LENGTH)
        return false;
    return (is_hexadecimal && has_digit) ||
           (changes >= 3 && (has_digit || length == MADE_UP_LENGTH));
}

static char *label_append(char *at, const char *end, const char *text, size_t length)
{
    size_t room = (size_t)(end - at);
    if (length > room)
        length = room;
    for (size_t i = 0; i < length; i++)
        *at++ = iscntrl((unsigned char)text[i]) ? '?' : text[i];
    *at = '\0';
    return at;
}

/* A word of a path: all of it, or its digits, are "*". */
static char *label_append_word(char *at, const char *end, const char *word, size_t length)
{
    if (word_is_made_up(word, length))
        return label_append(at, end, "*", 1);
    for (size_t i = 0; i < length;) {
        size_t n = 0;
        bool digits = isdigit((unsigned char)word[i]) != 0;
        while (i + n < length && (isdigit((unsigned char)word[i + n]) != 0) == digits)
            n++;
        at = digits ? label_append(at, end, "*", 1) : label_append(at, end, word + i, n);
        i += n;
    }
    return at;
}

static void label_path(const char *what, const char *path, char *text)
{
    const char *end = text + DESCRIPTOR_LABEL_MAX - 2;
    size_t length = strlen(path);
    const char *deleted = " (deleted)";
    bool is_deleted =
        length > strlen(deleted) && strcmp(path + length - strlen(deleted), deleted) == 0;
    length -= is_deleted ? strlen(deleted) : 0;
    char *at = label_append(text, end, "[", 1);
    at = label_append(at, end, what, strlen(what));
    for (size_t i = 0; i < length;) {
        size_t n = 0;
        while (i + n < length && isalnum((unsigned char)path[i + n]))
            n++;
        at = n > 0 ? label_append_word(at, end, path + i, n) : label_append(at, end, path + i, 1);
        i += n > 0 ? n : 1;
    }
    if (is_deleted)
        at = label_append(at, end, ", deleted", strlen(", deleted"));
    label_append(at, text + DESCRIPTOR_LABEL_MAX - 1, "]", 1);
}

/* "ESTABLISHED 127.0.0.1:* on :8080", "CLOSE_WAIT 127.0.0.1:80", "LISTEN 0.0.0.0:80". */
static void label_tcp(const char *socket, char *text)
{
    const char *space = strchr(socket, ' ');
    const char *peer = space == NULL ? "" : space + 1;
    int state = space == NULL ? (int)strlen(socket) : (int)(space - socket);
    const char *accepted = strstr(peer, ":* on ");
    if (strncmp(socket, "LISTEN ", 7) == 0)
        snprintf(text, DESCRIPTOR_LABEL_MAX, "[tcp listening at %s]", peer);
    else if (accepted != NULL)
        snprintf(text, DESCRIPTOR_LABEL_MAX, "[tcp from %.*s at %s, %.*s]", (int)(accepted - peer),
                 peer, accepted + strlen(":* on "), state, socket);
    else
        snprintf(text, DESCRIPTOR_LABEL_MAX, "[tcp to %s, %.*s]", peer, state, socket);
}

static void label_socket(const char *socket, char *text)
{
    if (socket == NULL)
        snprintf(text, DESCRIPTOR_LABEL_MAX, "[socket, not connected]");
    else if (strcmp(socket, "UDP unconnected") == 0)
        snprintf(text, DESCRIPTOR_LABEL_MAX, "[udp, not connected]");
    else if (strncmp(socket, "UDP ", 4) == 0)
        snprintf(text, DESCRIPTOR_LABEL_MAX, "[udp to %.*s]", SOCKET_TEXT, socket + 4);
    else if (strncmp(socket, "unix ", 5) == 0)
        label_path("", socket, text);
    else
        label_tcp(socket, text);
}

/* "anon_inode:[eventfd]", "anon_inode:inotify". */
static void label_anonymous(const char *link, char *text)
{
    const char *name = link + strlen("anon_inode:");
    name += *name == '[';
    label_path("", name, text);
    size_t length = strlen(text);
    if (length > 2 && text[length - 2] == ']') /* its own */
        text[length - 1] = '\0';
}

const char *descriptor_label(const char *link, const char *socket, char *text)
{
    uint64_t inode;
    switch (descriptor_kind_of(link, &inode)) {
    case DESCRIPTOR_SOCKET:
        label_socket(socket, text);
        break;
    case DESCRIPTOR_PIPE:
        snprintf(text, DESCRIPTOR_LABEL_MAX, "[pipe]");
        break;
    case DESCRIPTOR_ANON_INODE:
        label_anonymous(link, text);
        break;
    case DESCRIPTOR_DEVICE:
        label_path("device ", link, text);
        break;
    case DESCRIPTOR_FILE:
        if (strncmp(link, "/memfd:", strlen("/memfd:")) == 0) {
            char name[DESCRIPTOR_LABEL_MAX];
            snprintf(name, sizeof(name), "%s", link + strlen("/memfd:"));
            char *deleted = strstr(name, " (deleted)");
            if (deleted != NULL)
                *deleted = '\0';
            label_path("memfd ", name, text);
        } else {
            label_path("file ", link, text);
        }
        break;
    default:
        label_path("", link, text);
        break;
    }
    return text;
}
