#include "common/debug_door.h"

#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/socket.h>

enum { RANDOM_BYTES = 24 };

/* "": it is off. Written before the first thread starts, only read after. */
static char token[DEBUG_TOKEN_MAX + 1];

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static int make_token(const char *name)
{
    unsigned char bytes[RANDOM_BYTES];

    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes) {
        fprintf(stderr, "%s: no random bytes for a token: %s\n", name, strerror(errno));
        return -1;
    }
    for (size_t i = 0; i < sizeof bytes; i++)
        token[i] = alphabet[bytes[i] % (sizeof alphabet - 1)]; /* 64 of them: none is favoured */
    token[sizeof bytes] = '\0';
    fprintf(stderr, "%s: profiles are on, for this machine; token %s\n", name, token);
    return 0;
}

int debug_door_open(const char *name, const char *given)
{
    size_t length;

    if (!given)
        return make_token(name);
    length = strnlen(given, DEBUG_TOKEN_MAX + 1);
    if (length < DEBUG_TOKEN_MIN || length > DEBUG_TOKEN_MAX ||
        strspn(given, alphabet) != length) { /* and not what it is: logs are read by others */
        fprintf(stderr,
                "%s: LEAKCAGE_DEBUG_TOKEN has to be %d to %d letters, digits, '-' and '_'\n", name,
                DEBUG_TOKEN_MIN, DEBUG_TOKEN_MAX);
        return -1;
    }
    memcpy(token, given, length + 1);
    return 0;
}

bool debug_door_is_loopback(const struct sockaddr *address)
{
    if (!address)
        return false;
    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;

        memcpy(&in, address, sizeof in);
        return ntohl(in.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;

        memcpy(&in6, address, sizeof in6);
        return IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr) ||
               (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr) &&
                in6.sin6_addr.s6_addr[12] == IN_LOOPBACKNET);
    }
    return false;
}

bool debug_door_knows(const char *given)
{
    size_t length = strlen(token), n = given ? strlen(given) : 0;
    volatile unsigned char different = length != n; /* volatile: no way out at the first one */

    if (length == 0 || n == 0)
        return false;
    for (size_t i = 0; i < length; i++)
        different |= (unsigned char)(token[i] ^ given[i % n]);
    return different == 0;
}

/* What stands behind "Bearer " in the header; NULL when that is not there. */
static const char *bearer(struct MHD_Connection *connection)
{
    static const char scheme[] = "Bearer ";
    const char *text =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);

    if (!text || strncasecmp(text, scheme, sizeof scheme - 1) != 0)
        return NULL;
    text += sizeof scheme - 1;
    return text + strspn(text, " ");
}

/* ?token=…; NULL when there is none, or a NUL in it. */
static const char *argument(struct MHD_Connection *connection)
{
    const char *text = NULL;
    size_t length = 0;

    if (MHD_lookup_connection_value_n(connection, MHD_GET_ARGUMENT_KIND, "token", strlen("token"),
                                      &text, &length) != MHD_YES)
        return NULL;
    return text && strlen(text) == length ? text : NULL;
}

enum debug_answer debug_door_ask(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *peer;
    const char *given = bearer(connection);

    if (token[0] == '\0')
        return DEBUG_HIDDEN;
    peer = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (!peer || !debug_door_is_loopback(peer->client_addr))
        return DEBUG_HIDDEN;
    if (!given)
        given = argument(connection);
    return debug_door_knows(given) ? DEBUG_WELCOME : DEBUG_UNAUTHORIZED;
}
